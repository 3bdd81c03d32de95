"""Reads each untrusted file in a child process of its own, with bounded memory and time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import stat
import sys
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
from acuse_workers.reading.child import EXPLAINED, Request
from acuse_workers.reading.engines.keeping import INSTALL, Recogniser, is_installed, open_recogniser
from acuse_workers.reading.limits import MIB, ReadingLimits

_CHILD = (sys.executable, "-I", "-m", "acuse_workers.reading.child")
# What Tesseract and the loader need of the parent's environment; no secret is among them.
_KEPT = ("PATH", "TESSDATA_PREFIX", "LD_LIBRARY_PATH")
_LONGEST_ANSWER = 8 * MIB
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
    """What a child writes: one of the two."""

    reading: DocumentReading | None = None
    error: _Failure | None = None


class Reader:
    """Reads documents; every call has its own child process, gone when the call ends."""

    def __init__(
        self, limits: ReadingLimits | None = None, *, recogniser: Recogniser | None = None
    ) -> None:
        """Without a recogniser Tesseract reads alone."""
        self._limits = limits or ReadingLimits()
        self._recogniser = recogniser

    async def read(
        self, path: Path, *, policy: OcrPolicy = "Auto", explain_to: Path | None = None
    ) -> DocumentReading:
        """Return what the document says; draw it onto its pages as well where that is asked for.

        Raises MediaTypeUnsupported, DocumentBroken, DocumentProtected, DocumentTooBig,
        ReadingTimedOut or ReadingCrashed, which no retry can mend, or EngineMissing.
        """
        if policy == "PPOCR" and self._recogniser is None:
            raise EngineMissing(f"PP-OCR is not installed: {INSTALL}")
        async with contextlib.AsyncExitStack() as stack:
            line: socket.socket | None = None
            if self._recogniser is not None and policy != "Tesseract":
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
                None if line is None else line.fileno(),
            )
            reading = _result(*await self._run(request, folder))
            if explain_to is not None:
                await asyncio.to_thread(_hand_out, Path(folder) / EXPLAINED, explain_to)
            return reading

    async def _run(self, request: Request, folder: str) -> tuple[bytes, int]:
        """Return what the child answered and its exit code; the whole process group is ended."""
        child = await asyncio.create_subprocess_exec(
            *_CHILD,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=_environment(folder),
            cwd=folder,
            pass_fds=() if request.recogniser is None else (request.recogniser,),
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(self._limits.seconds):
                answer = await _exchange(child, msgspec.json.encode(request) + b"\n")
                return answer, await child.wait()
        except TimeoutError as exc:
            raise ReadingTimedOut(f"reading took over {self._limits.seconds:g} seconds") from exc
        finally:
            await _end(child)


@asynccontextmanager
async def open_reader(limits: ReadingLimits | None = None) -> AsyncGenerator[Reader, None]:
    """Open a reader with all engines that are installed, until the block ends."""
    if not is_installed():
        yield Reader(limits)
        return
    async with open_recogniser() as kept:
        yield Reader(limits, recogniser=kept)


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


async def _exchange(child: asyncio.subprocess.Process, request: bytes) -> bytes:
    """Write the request and return the answer; a child that talks too much has crashed."""
    if child.stdin is None or child.stdout is None:
        raise ReadingCrashed("the child process has no pipes")
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        child.stdin.write(request)
        await child.stdin.drain()
    answer = bytearray()
    while block := await child.stdout.read(64 * 1024):
        answer += block
        if len(answer) > _LONGEST_ANSWER:
            raise ReadingCrashed("the child process answered too much")
    return bytes(answer)


async def _end(child: asyncio.subprocess.Process) -> None:
    """Kill whatever is left of the child's process group and wait for the child."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    await child.wait()


def _environment(folder: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {
        **kept,
        "HOME": folder,
        "TMPDIR": folder,
        "LANG": "C.UTF-8",
        "OMP_THREAD_LIMIT": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _result(answer: bytes, exit_code: int) -> DocumentReading:
    """Return the child's reading, or raise the error that it reported or its end stands for."""
    if exit_code == -signal.SIGXCPU:
        raise ReadingTimedOut("reading used up its processor time")
    try:
        result = msgspec.json.decode(answer, type=_Answer)
    except msgspec.DecodeError as exc:
        raise ReadingCrashed(f"the child process ended with code {exit_code}") from exc
    if result.reading is not None:
        return result.reading
    failure = result.error or _Failure("reading_crashed", "the child process did not answer")
    raise _ERRORS.get(failure.code, ReadingCrashed)(failure.message)
