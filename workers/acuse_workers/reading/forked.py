"""One child that the nursery forked, as its worker sees it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Final

import msgspec

from acuse.errors import ReaderUnavailable, ReadingCrashed
from acuse_workers.reading.births import LONGEST_NEWS, Born, Ended, News, Order, Unborn
from acuse_workers.reading.ending import end_group
from acuse_workers.reading.limits import MIB

_BLOCK: Final = 64 * 1024
_LONGEST_ANSWER: Final = 8 * MIB


class Child:
    """A child of its own for one document: it is asked once, and ended in every case."""

    def __init__(self, pid: int, *, line: socket.socket, news: socket.socket) -> None:
        self._pid = pid
        self._line = line
        # A task of its own: whoever waits may give up, and the news must not be lost with him.
        self._ended = asyncio.create_task(receive_news(news))
        self._news = news

    async def answer(self, request: bytes) -> bytes:
        """Return what it answers until it hangs up; one that talks too much has crashed."""
        loop = asyncio.get_running_loop()
        answer = bytearray()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            await loop.sock_sendall(self._line, request)
        with contextlib.suppress(ConnectionResetError):
            while block := await loop.sock_recv(self._line, _BLOCK):
                answer += block
                if len(answer) > _LONGEST_ANSWER:
                    raise ReadingCrashed("the child process answered too much")
        return bytes(answer)

    async def exit_code(self) -> int | None:
        """Return how it ended, once it has; None where the nursery went before it."""
        news = await asyncio.shield(self._ended)
        return news.code if isinstance(news, Ended) else None

    async def end(self) -> int | None:
        """Kill whatever is left of it, and return how it ended once it is dead.

        Its id is nobody else's before the line for news is closed, unless the nursery is gone.
        """
        try:
            end_group(self._pid)
            return await self.exit_code()
        finally:
            self._line.close()
            self._ended.cancel()
            self._ended.add_done_callback(lambda _: self._news.close())


async def order_child(control: socket.socket, recogniser: socket.socket | None) -> Child:
    """Return a new child of the nursery that listens at `control`.

    Raises OSError where that one has ended, ReaderUnavailable where the system gives no process.
    """
    with contextlib.ExitStack() as stack:
        line, theirs = (stack.enter_context(each) for each in socket.socketpair())
        # Each message comes whole or not at all.
        news, told = (
            stack.enter_context(each)
            for each in socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        )
        line.setblocking(False)
        news.setblocking(False)
        given = [each.fileno() for each in (theirs, told, recogniser) if each is not None]
        order = msgspec.json.encode(Order(has_recogniser=recogniser is not None))
        socket.send_fds(control, [order], given)
        told.close()
        theirs.close()
        first = await receive_news(news)
        if isinstance(first, Unborn):
            raise ReaderUnavailable(f"no process to read with: {first.reason}")
        if not isinstance(first, Born):
            raise ConnectionResetError("the nursery ended")
        stack.pop_all()
        return Child(first.pid, line=line, news=news)


async def receive_news(news: socket.socket) -> News | None:
    """Return the next news of a child; None where there will be none."""
    try:
        said = await asyncio.get_running_loop().sock_recv(news, LONGEST_NEWS)
    except ConnectionResetError:
        return None
    return msgspec.json.decode(said, type=News) if said else None
