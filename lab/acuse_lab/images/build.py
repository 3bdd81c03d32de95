"""Builds all images, or finds them built: unchanged input is never built again."""

from __future__ import annotations

import fcntl
import json
import shutil
import tarfile
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from acuse import __version__
from acuse.errors import InvalidSettings
from acuse.settings import cache_dir
from acuse_lab.images.image import IMAGES, Image, image_name
from acuse_lab.images.inputs import CHECKOUT, copy_inputs, image_hash
from acuse_lab.images.running import Say
from acuse_lab.images.trial import fill_trial
from acuse_lab.images.wheels import EPOCH, fill_context
from acuse_lab.images.workshop import Workshop, open_workshop

# So many builds are kept; each takes about 300 MB.
_KEPT: Final = 4


def build_images(say: Say, *, fresh: bool = False, source: Path = CHECKOUT) -> dict[str, Image]:
    """Return the image of each program in a checkout, built now unless it was.

    `fresh` builds it anyway, with Debian's newest packages. Raises InvalidSettings where images
    cannot be built, or when a build fails.
    """
    with alone() as place:
        version = image_hash(source)
        if fresh or not (place / version).is_dir():
            version = _build(source, place, say, fresh=fresh)
            _forget_old(place)
        (place / version).touch()
    return _images(version, place / version)


@contextmanager
def alone() -> Generator[Path, None, None]:
    """Wait until nobody else builds images, and keep others waiting; give the images' folder."""
    place = cache_dir() / "images"
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        # Two at once: the second waits and finds them built.
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield place


def built_images() -> dict[str, Image] | None:
    """Return the images of this checkout as it is; None if they were not built yet."""
    version = image_hash()
    folder = cache_dir() / "images" / version
    return _images(version, folder) if folder.is_dir() else None


def image_reference(program: str, version: str) -> str:
    """Return the name and tag of an image that was built here."""
    return f"{image_name(program)}:dev-{version}"


def _build(source: Path, place: Path, say: Say, *, fresh: bool) -> str:
    """Build all images into a folder of `place`; return its name, the hash of what was built."""
    started = time.monotonic()
    say("building the images; the first time takes about two minutes, after a change half of one")
    with tempfile.TemporaryDirectory(prefix="acuse-images-") as copied:
        context = Path(copied)
        copy_inputs(source, to=context)
        version = image_hash(context)
        log = place / f"{version}.log"
        log.unlink(missing_ok=True)
        workshop = open_workshop(log, say, epoch=EPOCH)
        fill_context(workshop.runner, context, say)
        fill_trial(context)
        partial = place / f"{version}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        for program in IMAGES:
            say(f"building acuse-{program}")
            # Layers that all share are made anew for the first one only.
            anew = fresh and program == IMAGES[0]
            _build_one(workshop, program, version, into=partial, context=context, fresh=anew)
    shutil.rmtree(place / version, ignore_errors=True)
    partial.rename(place / version)
    say(f"built {len(IMAGES)} images in {time.monotonic() - started:.0f} s")
    return version


def _build_one(
    workshop: Workshop, program: str, version: str, *, into: Path, context: Path, fresh: bool
) -> None:
    tag = f"{image_name(program)}:newest"
    # The content's hash stands for a commit: the same files give the same image in any commit.
    arguments = {"VERSION": __version__, "REVISION": version}
    workshop.build(f"acuse-{program}", tag, context=context, arguments=arguments, fresh=fresh)
    workshop.export(tag, into / f"{program}.tar", image_reference(program, version))


def _forget_old(folder: Path) -> None:
    builds = [path for path in folder.iterdir() if path.is_dir()]
    builds.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for old in builds[_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
        old.with_suffix(".log").unlink(missing_ok=True)


def _images(version: str, folder: Path) -> dict[str, Image]:
    return {
        program: Image(
            reference=image_reference(program, version),
            digest=_digest(folder / f"{program}.tar"),
            archive=folder / f"{program}.tar",
        )
        for program in IMAGES
    }


def _digest(archive: Path) -> str:
    with tarfile.open(archive) as tar:
        index = tar.extractfile("index.json")
        if index is None:
            raise InvalidSettings(f"{archive} is no OCI archive")
        digest: str = json.loads(index.read())["manifests"][0]["digest"]
    return digest
