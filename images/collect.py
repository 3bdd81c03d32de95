"""Copies from this Debian what the images need of it: OUT/system for all, OUT/ocr for the workers.

A package is named, or comes because something copied is linked against its library. Documents,
translations and tools stay behind, copyright notices and package lists (for scanners) do not.
"""  # noqa: INP001 - a script of the image's build, no module

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = (
    *("base-files", "ca-certificates", "dash", "libc6", "libgcc-s1", "libstdc++6"),
    *("libpython3.11-minimal", "libpython3.11-stdlib", "media-types"),
    *("python3-minimal", "python3.11-minimal", "tini", "zlib1g"),
)
OCR = ("tesseract-ocr", "tesseract-ocr-eng", "tesseract-ocr-spa")

# Made when packages are configured, so in no package's list of files.
MADE = ("/etc/ssl/certs/ca-certificates.crt", "/usr/lib/locale/C.utf8/LC_CTYPE")

LEFT_OUT = re.compile(
    r"^/[^/]+$"
    r"|^/usr/share/(?!common-licenses|tesseract-ocr/|doc/[^/]+/copyright$)"
    r"|^/(var|boot|home|root|srv|media|mnt|opt)/"
    r"|^/etc/(alternatives|apt|debian_version|default|dpkg|init\.d|issue|logcheck|motd|profile|update)"
    r"|^/usr/lib/[^/]+/(gconv|audit|libmemusage|libpcprofile|libthread_db|libc_malloc_debug)"
    r"|^/usr/(sbin|lib/(debug|lsb|valgrind))"
    # Modules of the standard library that need a terminal, a database of Berkeley's, or NIS.
    r"|/lib-dynload/(_?curses|_curses_panel|_dbm|nis|readline|_sqlite3)[._]"
    r"|^/usr/lib/python3\.11/(curses|dbm|ensurepip|idlelib|lib2to3|pydoc_data|sqlite3|test|turtledemo|venv)/"
    r"|^/usr/bin/(ambiguous_words|classifier_tester|cntraining|combine_|dawg2wordlist|lstm|merge_uni|mftraining"
    r"|set_unicharset|shapeclustering|text2image|tini-static|unicharset_|wordlist2dawg|py3|pydoc|update-ca)"
)
USERS = "root:x:0:0:root:/root:/sbin/nologin\nacuse:x:65532:65532:Acuse:/tmp:/sbin/nologin\n"


def main(out: Path) -> None:
    """Fill OUT/system and OUT/ocr."""
    root, ocr = out / "system", out / "ocr"
    for name in ("bin", "lib", "lib64", "sbin"):
        (root / "usr" / name).mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(f"usr/{name}")
    shared = collect(ROOT, root, without=frozenset())
    for name in MADE:
        copy(Path(name), root)
    _finish(root)
    collect(OCR, ocr, without=shared)


def collect(packages: Iterable[str], out: Path, *, without: frozenset[str]) -> frozenset[str]:
    """Copy the packages and every library they are linked against; return what is there then."""
    there = set(without)
    wanted = [path for name in packages for path in _files(name)]
    while wanted:
        path = _canonical(wanted.pop())
        if str(path) in there or LEFT_OUT.search(str(path)) or not _is_file(path):
            continue
        there.add(str(path))
        copy(path, out)
        _register(path, out)
        if path.is_symlink():
            wanted.append(str(path.resolve()))
        else:
            wanted += _libraries(path)
    return frozenset(there)


def copy(path: Path, out: Path) -> None:
    """Copy one file or link to the same place under `out`, without a set-user-id bit."""
    to = out / path.relative_to("/")
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(path, to, follow_symlinks=False)
    if not to.is_symlink():
        to.chmod(to.stat().st_mode & 0o755)


def _finish(root: Path) -> None:
    """Write the few files and folders that no package brings."""
    (root / "etc/passwd").write_text(USERS)
    (root / "etc/group").write_text("root:x:0:\nacuse:x:65532:\n")
    (root / "etc/nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files dns\n")
    (root / "tmp").mkdir()
    (root / "tmp").chmod(0o1777)
    for name in ("dev", "proc", "sys", "run", "var/tmp", "usr/local/bin"):
        (root / name).mkdir(parents=True, exist_ok=True)
    # Where OpenSSL looks for authorities; the link is of a package with OpenSSL's command.
    (root / "usr/lib/ssl").mkdir()
    (root / "usr/lib/ssl/cert.pem").symlink_to(MADE[0])
    stdlib = root / "usr/lib/python3.11"
    compiling = (sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash")
    subprocess.run(  # noqa: S603 - our own arguments
        [*compiling, "-s", root, "-p", "/", stdlib], check=True
    )


def _is_file(path: Path) -> bool:
    return path.is_symlink() or path.is_file()


def _canonical(name: str) -> Path:
    """Return the path with its folder's links followed: /lib is /usr/lib."""
    path = Path(name)
    return path.parent.resolve() / path.name


def _files(package: str) -> list[str]:
    return _said("dpkg-query", "-L", package).splitlines()


def _libraries(path: Path) -> list[str]:
    """Return the libraries that a program or library is linked against, none for other files."""
    with path.open("rb") as file:
        if file.read(4) != b"\x7fELF":
            return []
    linked = subprocess.run(  # noqa: S603 - Debian's own files
        ["/usr/bin/ldd", path], capture_output=True, text=True, check=False
    )
    return re.findall(r"(/\S+) \(0x", linked.stdout)


_owners: dict[str, str] = {}


def _register(path: Path, out: Path) -> None:
    """Note the package that owns `path`, for those who look for known vulnerabilities."""
    package = _owner(path)
    if package is None:
        return
    note = out / "var/lib/dpkg/status.d" / package.split(":")[0]
    if not note.exists():
        note.parent.mkdir(parents=True, exist_ok=True)
        status = _said("dpkg-query", "-s", package)
        note.write_text(status)
        notice = Path("/usr/share/doc") / note.name / "copyright"
        if notice.is_file():
            copy(notice.resolve(), out) if notice.is_symlink() else copy(notice, out)


def _owner(path: Path) -> str | None:
    if not _owners:
        for listing in Path("/var/lib/dpkg/info").glob("*.list"):
            for name in listing.read_text().splitlines():
                _owners.setdefault(name, listing.name.removesuffix(".list"))
    name = str(path)
    return _owners.get(name) or _owners.get(name.removeprefix("/usr"))


def _said(*command: str) -> str:
    return subprocess.run(  # noqa: S603 - our own arguments
        command, capture_output=True, text=True, check=True
    ).stdout


if __name__ == "__main__":
    main(Path(sys.argv[1]))
