"""Keeps one recogniser running, and gives each child a line to it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import Final

import msgspec
import structlog

from acuse_workers.reading.engines.pixels import Orders
from acuse_workers.reading.limits import MIB

log = structlog.get_logger()

INSTALL: Final = "install acuse[ppocr]"

_PROGRAM: Final = (sys.executable, "-I", "-m", "acuse_workers.reading.engines.recogniser")
_KEPT: Final = ("PATH", "LD_LIBRARY_PATH")
# One heap for all threads (glibc), which keeps what a picture took for the next one: handing it
# back and being given it anew, 16,000 pages for each, takes a twentieth of the time. Bytes.
_MALLOC: Final = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(1024 * MIB),
    "MALLOC_TRIM_THRESHOLD_": str(1024 * MIB),
}
_MEMORY: Final = 1024 * MIB
# One picture takes a second or two; on a slow machine ten times that.
_SECONDS: Final = 40.0
# Documents that are read at a time: one is recognised while the other is decoded.
_AT_ONCE: Final = 2


class Recogniser:
    """A process that is started when it is first wanted, and anew when it has ended."""

    def __init__(self) -> None:
        # Whoever waits here has not begun yet: reading is bounded in time, and a document must not
        # be refused because others came before it.
        self.room = asyncio.Semaphore(_AT_ONCE)
        self._process: asyncio.subprocess.Process | None = None
        self._control: socket.socket | None = None
        self._lock = asyncio.Lock()

    async def lend(self) -> socket.socket:
        """Return a line to it, for one child: whoever gets it closes it."""
        async with self._lock:
            with contextlib.ExitStack() as unless_lent:
                ours, theirs = socket.socketpair()
                unless_lent.enter_context(ours)
                with theirs:
                    try:
                        _hand_over(theirs, await self._ready())
                    except OSError:
                        # It ended just now.
                        await self._end()
                        _hand_over(theirs, await self._ready())
                unless_lent.pop_all()
            return ours

    async def close(self) -> None:
        """End it."""
        async with self._lock:
            await self._end()

    async def _ready(self) -> socket.socket:
        process = self._process
        if process is not None and process.returncode is not None:
            log.warning("recogniser_ended", code=str(process.returncode))
            await self._end()
        if self._control is None:
            self._control = await self._start()
        return self._control

    async def _start(self) -> socket.socket:
        with contextlib.ExitStack() as unless_started:
            ours, theirs = (unless_started.enter_context(each) for each in socket.socketpair())
            ours.settimeout(5.0)
            self._process = await asyncio.create_subprocess_exec(
                *_PROGRAM,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                env={name: os.environ[name] for name in _KEPT if name in os.environ} | _MALLOC,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
            orders = Orders(theirs.fileno(), _MEMORY, _SECONDS)
            theirs.close()
            if self._process.stdin is not None:
                # It is kept open: when it ends, so does the process.
                self._process.stdin.write(msgspec.json.encode(orders) + b"\n")
            unless_started.pop_all()
        return ours

    async def _end(self) -> None:
        control, process = self._control, self._process
        self._control = self._process = None
        if control is not None:
            control.close()
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _hand_over(line: socket.socket, control: socket.socket) -> None:
    socket.send_fds(control, [b"+"], [line.fileno()])


def is_installed() -> bool:
    """Tell whether PP-OCR can be had here."""
    return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None


@asynccontextmanager
async def open_recogniser() -> AsyncGenerator[Recogniser, None]:
    """Keep a recogniser for as long as the block runs."""
    kept = Recogniser()
    try:
        yield kept
    finally:
        await kept.close()
