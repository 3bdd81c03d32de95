"""Keeps one nursery running, and gets a child from it for each document."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import structlog

from acuse.errors import ReaderUnavailable
from acuse_workers.reading.forked import Child, order_child

log = structlog.get_logger()

_PROGRAM: Final = (sys.executable, "-I", "-m", "acuse_workers.reading.nursery")
# What Tesseract and the loader need of the worker's environment; no secret is among them.
_KEPT: Final = ("PATH", "TESSDATA_PREFIX", "LD_LIBRARY_PATH")
# Libraries must start no thread: it would be missing in a child, with what it held.
_SET: Final = {"LANG": "C.UTF-8", "OMP_THREAD_LIMIT": "1", "OPENBLAS_NUM_THREADS": "1"}
# It takes half a second to be ready, on a slow machine twenty times that.
_READY_SECONDS: Final = 60.0
_LEAVING_SECONDS: Final = 10.0
_TRIES: Final = 2
# So ends a child whose memory was written to by somebody who guesses where things are. All children
# of a nursery have the same places, so the next one gets others.
_BROKEN_INTO: Final = frozenset(
    -number
    for number in (signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGABRT, signal.SIGTRAP,
                   signal.SIGSYS)
)  # fmt: skip


class Nursery:
    """A process that is started when it is first wanted, and anew when it has ended."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._control: socket.socket | None = None
        # It ends when its last child has.
        self._leaving: list[asyncio.subprocess.Process] = []
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def child(self, recogniser: socket.socket | None) -> AsyncGenerator[Child, None]:
        """Have a child for the block, ended with its process group when that is left.

        Raises ReaderUnavailable.
        """
        async with self._lock:
            child, control = await self._order(recogniser)
        try:
            yield child
        finally:
            if await child.end() in _BROKEN_INTO:
                await self._replace(control)

    async def close(self) -> None:
        """End it, and return when it is gone."""
        async with self._lock:
            self._let_go()
            for process in self._leaving:
                await _gone(process)
            self._leaving.clear()

    async def _order(self, recogniser: socket.socket | None) -> tuple[Child, socket.socket]:
        for _ in range(_TRIES):
            control = await self._ready()
            try:
                async with asyncio.timeout(_READY_SECONDS):
                    return await order_child(control, recogniser), control
            except OSError:
                # It ended just now, or answers no more.
                await self._end()
        raise ReaderUnavailable("the nursery could not be started")

    async def _ready(self) -> socket.socket:
        process = self._process
        if process is not None and process.returncode is not None:
            await self._end()
        if self._control is None:
            self._control = await self._start()
        return self._control

    async def _start(self) -> socket.socket:
        # Each order comes whole or not at all.
        with contextlib.ExitStack() as unless_started:
            ours, theirs = (
                unless_started.enter_context(each)
                for each in socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            )
            ours.setblocking(False)
            self._process = await asyncio.create_subprocess_exec(
                *_PROGRAM,
                stdin=theirs.fileno(),
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                env={name: os.environ[name] for name in _KEPT if name in os.environ} | _SET,
                start_new_session=True,
            )
            theirs.close()
            unless_started.pop_all()
        return ours

    async def _end(self) -> None:
        """Be rid of one that ended by itself, or does not answer."""
        process = self._process
        self._let_go()
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            log.warning("nursery_ended", code=str(await process.wait()))

    async def _replace(self, control: socket.socket) -> None:
        async with self._lock:
            if control is self._control:
                log.warning("nursery_replaced")
                self._let_go()

    def _let_go(self) -> None:
        self._leaving = [each for each in self._leaving if each.returncode is None]
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._leaving.append(self._process)
        self._control = self._process = None


async def _gone(process: asyncio.subprocess.Process) -> None:
    try:
        async with asyncio.timeout(_LEAVING_SECONDS):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@asynccontextmanager
async def open_nursery() -> AsyncGenerator[Nursery, None]:
    """Keep a nursery for as long as the block runs."""
    kept = Nursery()
    try:
        yield kept
    finally:
        await kept.close()
