"""Reads each untrusted file in a child process of its own, with bounded memory and time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import stat
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from acuse.errors import (
    AcuseError,
    DocumentBroken,
    DocumentProtected,
    DocumentTooBig,
    EngineMissing,
    MediaTypeUnsupported,
    ReadingCrashed,
    ReadingTimedOut,
)
from acuse.reading.values import DocumentReading
from acuse.tenants.tenant import OcrPolicy
from acuse_workers.metrics import STAGE_SECONDS
from acuse_workers.reading.engines.keeping import INSTALL, Recogniser, is_installed, open_recogniser
from acuse_workers.reading.limits import MIB, ReadingLimits
from acuse_workers.reading.nursing import Nursery, open_nursery
from acuse_workers.reading.request import EXPLAINED, Request
from acuse_workers.reading.stages import Seconds, Stage, Stopwatch

_LARGEST_DRAWING = 64 * MIB
_ERRORS: dict[str, type[AcuseError]] = {
    error.code: error
    for error in (
        DocumentBroken,
        DocumentProtected,
        DocumentTooBig,
        EngineMissing,
        MediaTypeUnsupported,
        ReadingCrashed,
    )
}


class _Failure(msgspec.Struct, frozen=True):
    """The error that a child reports."""

    code: str
    message: str


class _Answer(msgspec.Struct, frozen=True):
    """What a child writes: a reading and how many seconds its stages took, or an error."""

    reading: DocumentReading | None = None
    stages: dict[Stage, Seconds] = {}
    error: _Failure | None = None


class Reader:
    """Reads documents; every call has its own child process, gone when the call ends."""

    def __init__(
        self,
        nursery: Nursery,
        limits: ReadingLimits | None = None,
        *,
        recogniser: Recogniser | None = None,
    ) -> None:
        """Without a recogniser Tesseract reads alone."""
        self._nursery = nursery
        self._limits = limits or ReadingLimits()
        self._recogniser = recogniser

    async def read(
        self, path: Path, *, policy: OcrPolicy = "Auto", explain_to: Path | None = None
    ) -> DocumentReading:
        """Return what the document says; draw it onto its pages as well where that is asked for.

        Raises MediaTypeUnsupported, DocumentBroken, DocumentProtected, DocumentTooBig,
        ReadingTimedOut or ReadingCrashed, which no retry can mend; EngineMissing or
        ReaderUnavailable, which are no fault of the file.
        """
        if policy == "PPOCR" and self._recogniser is None:
            raise EngineMissing(f"PP-OCR is not installed: {INSTALL}")
        stopwatch = Stopwatch()
        async with contextlib.AsyncExitStack() as stack:
            line: socket.socket | None = None
            if self._recogniser is not None and policy != "Tesseract":
                with stopwatch.time("wait"):
                    await stack.enter_async_context(self._recogniser.room)
                    line = stack.enter_context(await self._recogniser.lend())
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="acuse-read-"))
            request = Request(
                os.path.abspath(os.fsencode(path)),  # noqa: PTH100, ASYNC240 - names are bytes here
                os.fsencode(folder),
                self._limits,
                datetime.now(UTC).date(),
                explain_to is not None,
                policy,
            )
            reading = _result(*await self._run(request, line, stopwatch), stopwatch)
            for stage, seconds in stopwatch.seconds.items():
                STAGE_SECONDS.labels(stage).observe(seconds)
            if explain_to is not None:
                await asyncio.to_thread(_hand_out, Path(folder) / EXPLAINED, explain_to)
            return reading

    async def _run(
        self, request: Request, recogniser: socket.socket | None, stopwatch: Stopwatch
    ) -> tuple[bytes, int | None]:
        """Return what the child answered and its exit code; the whole process group is ended."""
        async with contextlib.AsyncExitStack() as stack:
            with stopwatch.time("wait"):
                child = await stack.enter_async_context(self._nursery.child(recogniser))
            try:
                async with asyncio.timeout(self._limits.seconds):
                    answer = await child.answer(msgspec.json.encode(request) + b"\n")
                    return answer, await child.exit_code()
            except TimeoutError as exc:
                raise ReadingTimedOut(
                    f"reading took over {self._limits.seconds:g} seconds"
                ) from exc


@asynccontextmanager
async def open_reader(limits: ReadingLimits | None = None) -> AsyncGenerator[Reader, None]:
    """Open a reader with all engines that are installed, until the block ends."""
    async with contextlib.AsyncExitStack() as stack:
        nursery = await stack.enter_async_context(open_nursery())
        recogniser: Recogniser | None = None
        if is_installed():
            recogniser = await stack.enter_async_context(open_recogniser())
        yield Reader(nursery, limits, recogniser=recogniser)


def _hand_out(drawn: Path, to: Path) -> None:
    """Copy what a child drew: a file of its own, of a bounded size, and nothing it points to."""
    try:
        descriptor = os.open(drawn, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as exc:
        raise ReadingCrashed("the child process drew nothing") from exc
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ReadingCrashed("the child process drew no file")
        content = file.read(_LARGEST_DRAWING + 1)
    if len(content) > _LARGEST_DRAWING:
        raise ReadingCrashed("the child process drew too much")
    to.write_bytes(content)


def _result(answer: bytes, exit_code: int | None, stopwatch: Stopwatch) -> DocumentReading:
    """Return the child's reading, or raise the error that it reported or its end stands for.

    What it says of its stages goes to the stopwatch.
    """
    if exit_code == -signal.SIGXCPU:
        raise ReadingTimedOut("reading used up its processor time")
    try:
        result = msgspec.json.decode(answer, type=_Answer)
    except msgspec.DecodeError as exc:
        raise ReadingCrashed(f"the child process ended with code {exit_code}") from exc
    if result.reading is not None:
        stopwatch.seconds = result.stages | stopwatch.seconds
        return result.reading
    failure = result.error or _Failure("reading_crashed", "the child process did not answer")
    raise _ERRORS.get(failure.code, ReadingCrashed)(failure.message)
