"""The object store over a folder: whole objects or none."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from acuse.errors import InvalidSettings, NotFound
from acuse.media.objects import open_objects

BIG = 6 * 1024 * 1024


async def chunks(*parts: bytes, then: BaseException | None = None) -> AsyncGenerator[bytes, None]:
    for part in parts:
        yield part
    if then is not None:
        raise then


def files(folder: Path) -> list[Path]:
    return [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]


async def test_what_is_kept_comes_back_and_goes_away(tmp_path: Path) -> None:
    objects = open_objects(f"file:{tmp_path}/media")
    size = await objects.put_stream("tenants/a/media/b", chunks(b"one", b"", b"two"))

    assert size == await objects.size("tenants/a/media/b") == 6
    assert [piece async for piece in objects.read("tenants/a/media/b")] == [b"onetwo"]
    await objects.fetch_to("tenants/a/media/b", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"onetwo"

    await objects.delete("tenants/a/media/b")
    await objects.delete("tenants/a/media/b")
    assert await objects.size("tenants/a/media/b") is None
    with pytest.raises(NotFound):
        await objects.fetch_to("tenants/a/media/b", tmp_path / "other")


async def test_a_large_object_is_kept_and_read_in_pieces(tmp_path: Path) -> None:
    objects = open_objects(f"file:{tmp_path}")
    await objects.put_stream("big", chunks(*(bytes([n]) * BIG for n in range(3))))

    pieces = [piece async for piece in objects.read("big")]

    assert b"".join(pieces) == b"".join(bytes([n]) * BIG for n in range(3))
    assert len(pieces) > 3


async def test_an_empty_object_is_an_object(tmp_path: Path) -> None:
    objects = open_objects(f"file:{tmp_path}")
    await objects.put_stream("empty", chunks())

    assert await objects.size("empty") == 0


@pytest.mark.parametrize("size", [10, BIG], ids=["small", "large"])
async def test_a_stream_that_fails_leaves_nothing(tmp_path: Path, size: int) -> None:
    objects = open_objects(f"file:{tmp_path}")

    with pytest.raises(KeyError):
        await objects.put_stream("half", chunks(b"x" * size, b"x" * size, then=KeyError()))

    assert await objects.size("half") is None
    assert files(tmp_path) == []


async def test_a_stream_that_fails_leaves_what_was_there_before(tmp_path: Path) -> None:
    objects = open_objects(f"file:{tmp_path}")
    await objects.put_stream("key", chunks(b"before"))

    with pytest.raises(KeyError):
        await objects.put_stream("key", chunks(b"x" * BIG, b"x" * BIG, then=KeyError()))

    assert (tmp_path / "key").read_bytes() == b"before"


async def test_a_cancelled_upload_leaves_nothing(tmp_path: Path) -> None:
    objects = open_objects(f"file:{tmp_path}")
    under_way = asyncio.Event()

    async def endless() -> AsyncGenerator[bytes, None]:
        for _ in range(3):
            yield b"x" * BIG
        under_way.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(objects.put_stream("half", endless()))
    await under_way.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert files(tmp_path) == []


@pytest.mark.parametrize("url", ["", "media", "http://x/y", "ftp://x", "s3:/bucket", "memory:///"])
def test_a_url_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(InvalidSettings):
        open_objects(url)


ENDS_AT_ONCE = """
import asyncio, sys
from acuse.media.objects import open_objects

async def body():
    yield b"x" * 6_000_000

async def main():
    objects = open_objects("file:" + sys.argv[1])
    await objects.put_stream("key", body())
    print(sum([len(piece) async for piece in objects.read("key")]))

asyncio.run(main())
"""


def test_a_process_that_ends_right_after_a_call_ends_well(tmp_path: Path) -> None:
    runs = [
        subprocess.run(
            [sys.executable, "-c", ENDS_AT_ONCE, tmp_path / str(n)],
            capture_output=True,
            check=False,
            text=True,
        )
        for n in range(5)
    ]

    assert [(run.returncode, run.stdout) for run in runs] == [(0, "6000000\n")] * 5
