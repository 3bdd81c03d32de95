"""The images of this checkout, built once for the run, and unpacked where one is run."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from acuse_lab.images import PROGRAMS, Image, build_images
from acuse_lab.images.inputs import CHECKOUT, copy_inputs
from acuse_lab.images.workshop import missing_parts
from support.containers import Bundle, OciArchive, bundle


def say(line: str) -> None:
    """Tell whoever watches the run that images are being built."""
    sys.__stderr__.write(f"images: {line}\n") if sys.__stderr__ else None


@pytest.fixture(scope="session")
def image_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy what images are made from: who edits the checkout meanwhile does not change the test."""
    if missing := missing_parts():
        pytest.skip(missing)
    source = tmp_path_factory.mktemp("image-source")
    copy_inputs(CHECKOUT, to=source)
    return source


@pytest.fixture(scope="session")
def images(image_source: Path) -> dict[str, Image]:
    """Build the images, or find them built."""
    return build_images(say, source=image_source)


@pytest.fixture(scope="session")
def archives(images: dict[str, Image]) -> dict[str, OciArchive]:
    """Open each program's archive."""
    return {program: OciArchive(images[program].archive) for program in PROGRAMS}


@pytest.fixture(scope="session")
def unpacked(archives: dict[str, OciArchive]) -> Iterator[Callable[[str], Bundle]]:
    """Return a program's image ready to be run; what was unpacked is removed afterwards."""
    if shutil.which("runc") is None:
        pytest.skip("running an image needs runc: apt-get install runc")
    with tempfile.TemporaryDirectory(prefix="acuse-bundles-") as folder:

        @cache
        def unpack(program: str) -> Bundle:
            return bundle(archives[program], Path(folder) / program)

        yield unpack
