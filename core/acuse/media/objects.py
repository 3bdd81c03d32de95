"""The object store: a folder, S3, Google Cloud Storage or Azure, as its URL says.

An object is seen whole or not at all: a folder gets it by a rename, the others by completing an
upload. A stream that fails on the way leaves nothing that can be read.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

from acuse.errors import InvalidSettings, NotFound, ObjectStoreUnavailable

if TYPE_CHECKING:
    # A name for type checkers alone: obstore does not define it at run time.
    from obstore.store import ObjectStore

# One part of an upload, and how many are under way: what one upload may hold in memory. S3 asks
# for at least 5 MiB in all parts but the last.
_PART: Final = 5 * 1024 * 1024
_PARTS_AT_ONCE: Final = 2
_READ: Final = 1024 * 1024
_SCHEMES: Final = ("s3://", "gs://", "az://")


def media_key(tenant_id: UUID, media_id: UUID) -> str:
    """Return the key that a tenant's media is kept at."""
    return f"tenants/{tenant_id}/media/{media_id}"


def open_objects(url: str) -> Objects:
    """Return the object store at `file:PATH`, `s3://…`, `gs://…` or `az://…`."""
    try:
        if url.startswith("file:"):
            path = Path(url.removeprefix("file:").removeprefix("//")).absolute()
            return Objects(LocalStore(path, mkdir=True))
        if url.startswith(_SCHEMES):
            return Objects(
                from_url(
                    url,
                    client_options={"timeout": "60s", "connect_timeout": "5s"},
                    retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=30)},
                )
            )
    except (BaseError, OSError, ValueError) as exc:
        raise InvalidSettings("the object store's URL cannot be used") from exc
    raise InvalidSettings("the object store is none of file:, s3://, gs://, az://")


class Objects:
    """Reads and writes whole objects by key; raises NotFound and ObjectStoreUnavailable."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put_stream(self, key: str, chunks: AsyncIterator[bytes]) -> int:
        """Keep what the stream yields and return its size; whatever it raises leaves no object."""
        size = 0
        writer = obstore.open_writer_async(
            self._store, key, buffer_size=_PART, max_concurrency=_PARTS_AT_ONCE
        )
        with _translated():
            async with writer as file:
                async for chunk in chunks:
                    await file.write(chunk)
                    size += len(chunk)
        return size

    async def read(self, key: str) -> AsyncGenerator[bytes, None]:
        """Yield an object's bytes in pieces of about 1 MiB."""
        with _translated():
            found = await obstore.get_async(self._store, key)
            async for piece in found.stream(min_chunk_size=_READ):
                yield bytes(piece)

    async def fetch_to(self, key: str, path: Path) -> None:
        """Copy an object into a new file."""
        with await asyncio.to_thread(path.open, "xb") as file:
            async for piece in self.read(key):
                await asyncio.to_thread(file.write, piece)

    async def size(self, key: str) -> int | None:
        """Return an object's size in bytes; None when there is no such object."""
        try:
            with _translated():
                return (await obstore.head_async(self._store, key))["size"]
        except NotFound:
            return None

    async def delete(self, key: str) -> None:
        """Remove an object; one that is not there is fine."""
        try:
            with _translated():
                await obstore.delete_async(self._store, key)
        except NotFound:
            return


@contextmanager
def _translated() -> Generator[None, None, None]:
    """Turn obstore's errors into ours; their text names hosts, so it stays behind."""
    try:
        yield
    except FileNotFoundError as exc:
        raise NotFound("there is no such object") from exc
    except (BaseError, OSError) as exc:
        raise ObjectStoreUnavailable("the object store refused or did not answer") from exc
