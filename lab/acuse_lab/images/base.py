"""A minimal Debian bookworm, made by debootstrap once, that stands where a registry's image would.

Nothing of it is in an image as such (see the Containerfile), so it may know the machine's mirrors.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from acuse.settings import cache_dir
from acuse_lab.images.running import Runner, Say

_RELEASE: Final = "bookworm"
_FORMAT: Final = "$(REPO_URI) $(RELEASE) $(COMPONENT) $(CREATED_BY)"
_CERTIFICATES: Final = Path("/etc/ssl/certs/ca-certificates.crt")


@dataclass(frozen=True, slots=True)
class Source:
    """One line of apt's sources: where packages come from."""

    uri: str
    release: str
    component: str


def base_folder(runner: Runner, say: Say) -> Path:
    """Return the folder that the base is built from, made now if it never was."""
    folder = cache_dir() / f"base-{_RELEASE}"
    if folder.exists():
        return folder
    say("making a Debian base with debootstrap, once; about half a minute")
    partial = folder.with_suffix(".partial")
    partial.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="acuse-base-") as scratch:
        root = Path(scratch) / "root"
        sources = parse_sources(_apt("apt-get", "indextargets", "--format", _FORMAT))
        mirror = [source.uri for source in sources if source.release == _RELEASE][:1]
        runner.run(
            ["debootstrap", "--variant=minbase", _RELEASE, root, *mirror], doing="debootstrap"
        )
        _use_machine_apt(root, sources)
        with tarfile.open(partial / "root.tar", "w") as tar:
            tar.add(root, arcname=".")
    (partial / "Containerfile").write_text("FROM scratch\nADD root.tar /\n")
    partial.rename(folder)
    return folder


def parse_sources(listing: str) -> tuple[Source, ...]:
    """Return the sources of bookworm's packages among apt's targets, each once."""
    rows = re.findall(r"^(\S+) (\S+) (\S+) Packages$", listing, re.MULTILINE)
    found = (Source(*row) for row in rows if re.match(rf"{_RELEASE}(-|/|$)", row[1]))
    return tuple(dict.fromkeys(found))


def proxy_settings(dump: str) -> str:
    """Return the lines of `apt-config dump` by which this machine reaches its mirrors."""
    wanted = re.compile(r"Acquire::(https?::|Check-|Retries|ForceIPv)")
    return "".join(f"{line}\n" for line in dump.splitlines() if wanted.match(line))


def _use_machine_apt(root: Path, sources: Iterable[Source]) -> None:
    """Let apt inside the base use the mirrors and the proxy that this machine uses."""
    lines = [f"deb {each.uri} {each.release} {each.component}\n" for each in sources]
    if lines:
        (root / "etc/apt/sources.list").write_text("".join(lines))
    settings = root / "etc/apt/apt.conf.d/90machine"
    settings.write_text(proxy_settings(_apt("apt-config", "dump")))
    if any("https:" in line for line in lines) and _CERTIFICATES.exists():
        inside = root / _CERTIFICATES.relative_to("/")
        inside.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(_CERTIFICATES, inside)


def _apt(*command: str) -> str:
    """Return what apt says of this machine; nothing where there is no apt."""
    if shutil.which(command[0]) is None:
        return ""
    said = subprocess.run(  # noqa: S603 - our own arguments
        command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    return said.stdout
