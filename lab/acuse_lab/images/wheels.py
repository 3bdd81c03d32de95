"""What an image is made of besides sources: wheels, third-party and our own, and the revision."""

from __future__ import annotations

import hashlib
import platform
import shutil
import sys
from pathlib import Path
from typing import Final

from acuse.settings import cache_dir
from acuse_lab.images.inputs import REQUIREMENTS, hash_of, image_hash
from acuse_lab.images.running import Runner, Say

# The images' Python is Debian bookworm's, whichever one runs this.
_PYTHON: Final = "3.11"
_NEWEST_GLIBC: Final = 36
# The oldest time that a zip file can say.
EPOCH: Final = "315532800"


def fill_context(runner: Runner, context: Path, say: Say) -> None:
    """Lay what the context's Containerfile copies besides sources into build/.

    build/wheels, build/own, and build/revision with the hash of all that images are made from.
    """
    wheels, own = context / "build/wheels", context / "build/own"
    for folder in (wheels, own):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(_third_party(runner, context, say), wheels)
    own.mkdir()
    _own(runner, context, own)
    (context / "build/revision").write_text(f"{image_hash(context)}\n")


def _third_party(runner: Runner, context: Path, say: Say) -> Path:
    """Return the folder of the pinned wheels, downloaded now if it never was."""
    folder = cache_dir() / "wheels" / hash_of(REQUIREMENTS, context)
    if not folder.is_dir():
        say("downloading the images' wheels, about 85 MB")
        partial = folder.with_suffix(".partial")
        for name in REQUIREMENTS:
            where = ("-d", str(partial), "-r", str(context / name))
            runner.run((*_download(), *where), doing="downloading wheels")
        partial.rename(folder)
    return folder


def _own(runner: Runner, source: Path, folder: Path) -> None:
    """Build Acuse's wheel into `folder`, with the requirement that names it by its hash."""
    building = (*_pip("wheel"), "--no-deps", "--no-build-isolation", "-w", str(folder), str(source))
    runner.run(building, doing="building Acuse's wheel")
    (wheel,) = folder.glob("*.whl")
    name, version, _ = wheel.name.split("-", 2)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (folder / "image-own.txt").write_text(f"{name}=={version} --hash=sha256:{digest}\n")


def _download() -> tuple[str, ...]:
    machine = platform.machine()
    tags = [f"manylinux_2_{minor}_{machine}" for minor in range(_NEWEST_GLIBC, 4, -1)]
    tags += [f"manylinux2014_{machine}", f"manylinux1_{machine}", f"linux_{machine}"]
    return (
        *(*_pip("download"), "--no-deps", "--require-hashes", "--only-binary=:all:"),
        *("--python-version", _PYTHON, "--implementation", "cp"),
        *("--abi", "cp311", "--abi", "abi3", "--abi", "none"),
        *(part for tag in tags for part in ("--platform", tag)),
    )


def _pip(command: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "pip", command, "--quiet", "--disable-pip-version-check")
