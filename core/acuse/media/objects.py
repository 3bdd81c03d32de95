"""The object store: a folder, S3, Google Cloud Storage or Azure, as its URL says.

An object is seen whole or not at all: a folder gets it by a rename, the others by completing an
upload. A stream that fails on the way leaves nothing that can be read.

obstore's blocking calls run in threads of our own. Its coroutines are left alone: their runtime
calls into Python from threads that nothing stops, and a process that ends soon after one of them
dies of SIGABRT about every second time (obstore 0.12.1; PyO3/pyo3-async-runtimes#40).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar
from uuid import UUID

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

from acuse.errors import InvalidSettings, NotFound, ObjectStoreUnavailable

if TYPE_CHECKING:
    # For type checkers alone: obstore does not define them at run time.
    from obstore import WritableFile
    from obstore.store import ObjectStore, RetryConfig

P = ParamSpec("P")
T = TypeVar("T")

# One part of an upload, and how many are under way: what one upload may hold in memory. S3 asks
# for at least 5 MiB in all parts but the last.
_PART: Final = 5 * 1024 * 1024
_PARTS_AT_ONCE: Final = 2
_READ: Final = 1024 * 1024
_THREADS: Final = 16
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
            # No client_options: they would replace those that obstore reads from the environment.
            return Objects(from_url(url, retry_config=_retries()))
    except (BaseError, OSError, ValueError) as exc:
        raise InvalidSettings("the object store's URL cannot be used") from exc
    raise InvalidSettings("the object store is none of file:, s3://, gs://, az://")


class Objects:
    """Reads and writes whole objects by key; raises NotFound and ObjectStoreUnavailable."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        # Not the loop's own threads: names are resolved in those.
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="objects")

    async def put_stream(self, key: str, chunks: AsyncIterator[bytes]) -> int:
        """Keep what the stream yields and return its size; whatever it raises leaves no object."""
        size = 0
        file = obstore.open_writer(
            self._store, key, buffer_size=_PART, max_concurrency=_PARTS_AT_ONCE
        )
        try:
            async for chunk in chunks:
                await self._run(file.write, chunk)
                size += len(chunk)
        except BaseException as exc:
            # A store that is away cannot be told; unfinished uploads are its lifecycle's to remove.
            with suppress(ObjectStoreUnavailable):
                await self._run(_give_up, file, exc)
            raise
        await self._run(file.close)
        return size

    async def read(self, key: str) -> AsyncGenerator[bytes, None]:
        """Yield an object's bytes in pieces of about 1 MiB."""
        found = await self._run(obstore.get, self._store, key)
        pieces: Iterator[bytes] = iter(found.stream(min_chunk_size=_READ))
        while (piece := await self._run(_next, pieces)) is not None:
            yield piece

    async def fetch_to(self, key: str, path: Path) -> None:
        """Copy an object into a new file."""
        with await asyncio.to_thread(path.open, "xb") as file:
            async for piece in self.read(key):
                await asyncio.to_thread(file.write, piece)

    async def size(self, key: str) -> int | None:
        """Return an object's size in bytes; None when there is no such object."""
        try:
            return (await self._run(obstore.head, self._store, key))["size"]
        except NotFound:
            return None

    async def delete(self, key: str) -> None:
        """Remove an object; one that is not there is fine."""
        try:
            await self._run(obstore.delete, self._store, key)
        except NotFound:
            return

    async def _run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Make a blocking call in a thread; a cancelled one has ended before this returns."""
        with _translated():
            work = self._threads.submit(call, *args, **kwargs)
            future = asyncio.wrap_future(work)
            try:
                return await asyncio.shield(future)
            except asyncio.CancelledError:
                # A writer that is still in use cannot be given up.
                await asyncio.wait({future})
                future.exception()
                raise


def _next(pieces: Iterator[bytes]) -> bytes | None:
    # A StopIteration cannot cross a future.
    return next(pieces, None)


def _give_up(file: WritableFile, exc: BaseException) -> None:
    """Leave the writer as a `with` block does that fails: the upload is not completed."""
    block = ExitStack()
    block.push(file)
    block.__exit__(type(exc), exc, exc.__traceback__)


def _retries() -> RetryConfig:
    return {"max_retries": 3, "retry_timeout": timedelta(seconds=30)}


@contextmanager
def _translated() -> Generator[None, None, None]:
    """Turn obstore's errors into ours; their text names hosts, so it stays behind."""
    try:
        yield
    except FileNotFoundError as exc:
        raise NotFound("there is no such object") from exc
    except (BaseError, OSError) as exc:
        raise ObjectStoreUnavailable("the object store refused or did not answer") from exc
