"""Hostile, broken and oversized files end with the right code, and leave nothing behind."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from acuse.errors import (
    AcuseError,
    EngineMissing,
    ReadingCrashed,
    ReadingTimedOut,
)
from acuse_lab.documents.catalogue import sample
from acuse_workers.reading import nursing
from acuse_workers.reading.limits import MIB, ReadingLimits
from acuse_workers.reading.nursing import Nursery
from acuse_workers.reading.sandbox import Reader
from support.hostile_files import ENDS, REFUSED
from support.nurseries import nursery_of
from support.processes import own_descendants

# What a document ends with that reached a bound.
BOUNDS = {"reading_timed_out", "reading_crashed"}


def wait_for_a_child(others: set[int]) -> None:
    """Return once there is a nursery besides the others, and a child of it."""
    deadline = time.monotonic() + 30
    while len(own_descendants() - others) < 2:
        assert time.monotonic() < deadline


@pytest.fixture(autouse=True)
def others() -> Iterator[set[int]]:
    """Yield the processes of the whole run; fail a test whose reader left one behind."""
    before = own_descendants()
    yield before
    assert own_descendants() <= before


def test_there_are_ninety_of_them() -> None:
    assert len(REFUSED) + len(ENDS) >= 90


@pytest.mark.parametrize(("make", "error"), REFUSED.values(), ids=REFUSED)
async def test_a_hostile_file_ends_with_its_code(
    make: Callable[[], bytes], error: type[AcuseError], nursery: Nursery, tmp_path: Path
) -> None:
    path = tmp_path / "document.jpg"
    path.write_bytes(make())

    with pytest.raises(error) as caught:
        await Reader(nursery, ReadingLimits(seconds=60)).read(path)

    assert type(caught.value) is error
    assert str(path) not in str(caught.value)


@pytest.mark.parametrize("make", ENDS.values(), ids=ENDS)
async def test_a_hostile_file_that_may_be_read_ends_within_its_bounds(
    make: Callable[[], bytes], nursery: Nursery, tmp_path: Path
) -> None:
    path = tmp_path / "document.pdf"
    path.write_bytes(make())

    try:
        await Reader(nursery, ReadingLimits(seconds=20)).read(path)
        code = "read"
    except AcuseError as exc:
        code = exc.code

    assert code in {"read", "document_broken", "document_too_big", *BOUNDS}


async def test_an_animated_gif_is_read_by_its_first_frame(nursery: Nursery, tmp_path: Path) -> None:
    with Image.open(io.BytesIO(sample("transfer-gif").data)) as first:
        frames = [Image.effect_noise(first.size, 80).convert("P") for _ in range(3)]
        first.save(tmp_path / "moving.gif", save_all=True, append_images=frames)

    reading = await Reader(nursery).read(tmp_path / "moving.gif")

    assert reading.amount is not None
    assert f"{reading.amount.value:.2f}" == sample("transfer-gif").truth["amount"]


async def test_reading_that_takes_too_long_is_ended(nursery: Nursery, tmp_path: Path) -> None:
    path = tmp_path / "ticket.jpg"
    path.write_bytes(sample("ticket").data)

    with pytest.raises(ReadingTimedOut):
        await Reader(nursery, ReadingLimits(seconds=0.05)).read(path)


async def test_a_caller_that_gives_up_takes_the_child_along(
    nursery: Nursery, tmp_path: Path, others: set[int]
) -> None:
    path = tmp_path / "ticket.jpg"
    path.write_bytes(sample("ticket").data)
    reading = asyncio.create_task(Reader(nursery).read(path))
    await asyncio.to_thread(wait_for_a_child, others)

    reading.cancel()

    with pytest.raises(asyncio.CancelledError):
        await reading
    assert len(own_descendants() - others) == 1


async def test_a_document_that_needs_too_much_memory_is_ended(
    nursery: Nursery, tmp_path: Path
) -> None:
    path = tmp_path / "large.png"
    Image.new("L", (6_000, 6_000), 255).save(path)

    with pytest.raises(ReadingCrashed):
        await Reader(nursery, ReadingLimits(memory_bytes=256 * MIB)).read(path)


CHILDREN = {
    "endless loop": ("while True: pass", ReadingTimedOut),
    "endless answer": ("while True: line.sendall(b'x' * 65536)", ReadingCrashed),
    "killed": ("os.kill(os.getpid(), 9)", ReadingCrashed),
    "no answer": ("pass", ReadingCrashed),
    "wrong answer": ("line.sendall(b'{\"reading\": 1}')", ReadingCrashed),
    "grandchildren": (
        "import subprocess, time\nsubprocess.Popen(['sleep', '600'])\ntime.sleep(600)",
        ReadingTimedOut,
    ),
}


@pytest.mark.parametrize(("program", "error"), CHILDREN.values(), ids=CHILDREN)
async def test_a_child_that_was_taken_over_is_contained(
    program: str,
    error: type[AcuseError],
    nursery: Nursery,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(nursing, "_PROGRAM", nursery_of(program))

    with pytest.raises(error):
        await Reader(nursery, ReadingLimits(seconds=1.5)).read(tmp_path / "any")


async def test_the_child_sees_no_secret_of_its_parent(
    nursery: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tmp_path / "seen"
    program = f"open({str(seen)!r}, 'w').write(repr(dict(os.environ)))"
    monkeypatch.setenv("ACUSE_DATABASE_URL", "postgresql://secret")
    monkeypatch.setattr(nursing, "_PROGRAM", nursery_of(program))

    with pytest.raises(ReadingCrashed):
        await Reader(nursery).read(tmp_path / "any")

    assert "secret" not in seen.read_text()


async def test_a_missing_engine_says_what_to_install(
    nursery: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ticket.jpg"
    path.write_bytes(sample("ticket").data)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(EngineMissing, match="tesseract-ocr-spa"):
        await Reader(nursery).read(path)


async def test_a_missing_language_says_what_to_install(
    nursery: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ticket.jpg"
    path.write_bytes(sample("ticket").data)
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))

    with pytest.raises(EngineMissing, match="tesseract-ocr-spa"):
        await Reader(nursery).read(path)
