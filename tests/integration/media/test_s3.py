"""The object store over a real S3 server."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator

import pytest

from acuse.errors import InvalidSettings, NotFound, ObjectStoreUnavailable
from acuse.media.objects import open_objects
from acuse_lab.s3 import S3Server, running_s3

PIECE = 3 * 1024 * 1024


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    try:
        with running_s3() as server:
            yield server
    except InvalidSettings as exc:
        pytest.skip(str(exc))


@pytest.fixture
def s3(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    return server


async def pieces(count: int, *, fails: bool = False) -> AsyncGenerator[bytes, None]:
    for n in range(count):
        yield bytes([n]) * PIECE
    if fails:
        raise KeyError


async def test_a_large_object_is_kept_in_parts_and_comes_back(s3: S3Server) -> None:
    objects = open_objects(f"{s3.url}/some/prefix")

    size = await objects.put_stream("tenants/a/media/b", pieces(5))

    assert size == await objects.size("tenants/a/media/b") == 5 * PIECE
    found = b"".join([piece async for piece in objects.read("tenants/a/media/b")])
    assert found == b"".join(bytes([n]) * PIECE for n in range(5))


async def test_small_and_empty_objects_are_kept_and_removed(s3: S3Server) -> None:
    objects = open_objects(s3.url)

    async def small() -> AsyncGenerator[bytes, None]:
        yield b"small"

    assert await objects.put_stream("small", small()) == 5
    assert await objects.put_stream("empty", pieces(0)) == 0
    assert [await objects.size(key) for key in ("small", "empty", "none")] == [5, 0, None]
    for key in ("small", "small", "empty"):
        await objects.delete(key)
    assert await objects.size("small") is None
    with pytest.raises(NotFound):
        await anext(objects.read("small"))


async def test_a_stream_that_fails_leaves_neither_object_nor_upload(s3: S3Server) -> None:
    objects, bucket = open_objects(s3.url), s3.folder / s3.bucket
    before = {path for path in bucket.rglob("*") if path.is_file()}

    with pytest.raises(KeyError):
        await objects.put_stream("half", pieces(4, fails=True))

    assert await objects.size("half") is None
    assert {path for path in bucket.rglob("*") if path.is_file()} == before


async def test_a_refused_key_and_a_dead_server_are_unavailable(
    s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")
    refused = open_objects(s3.url)
    monkeypatch.setenv("AWS_ENDPOINT", "http://127.0.0.1:9")
    away = open_objects(s3.url)

    for objects in (refused, away):
        with pytest.raises(ObjectStoreUnavailable):
            await objects.put_stream("key", pieces(1))
        with pytest.raises(ObjectStoreUnavailable):
            await objects.size("key")
