"""A network that can be cut: a TCP proxy on loopback, in this event loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Proxy:
    """Passes bytes both ways until told otherwise."""

    target: int
    port: int = 0
    # Connections that were made, since the beginning.
    made: int = 0
    refusing: bool = False
    # Seconds by which what the target says comes later.
    lag: float = 0.0
    _open: set[asyncio.Task[None]] = field(default_factory=set["asyncio.Task[None]"])
    _passing: asyncio.Event = field(default_factory=asyncio.Event)

    def cut(self) -> None:
        """Hang up on everybody."""
        for task in self._open:
            task.cancel()

    def silence(self) -> None:
        """Keep every connection, and pass nothing on."""
        self._passing.clear()

    def speak(self) -> None:
        """Pass on again."""
        self._passing.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Connect one client with the target."""
        task = asyncio.current_task()
        assert task is not None
        if self.refusing:
            writer.close()
            return
        self.made += 1
        self._open.add(task)
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
            try:
                back = self._pass(far_reader, writer, is_late=True)
                await asyncio.gather(self._pass(reader, far_writer), back)
            finally:
                far_writer.close()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            self._open.discard(task)

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_late: bool = False
    ) -> None:
        loop, due = asyncio.get_running_loop(), 0.0
        while data := await reader.read(65536):
            await self._passing.wait()
            # Each piece is as late as the others, and none overtakes one before it.
            due = max(due, loop.time() + (self.lag if is_late else 0.0))
            if due > loop.time():
                loop.call_at(due, writer.write, data)
            else:
                writer.write(data)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def proxy_to(port: int) -> AsyncGenerator[Proxy, None]:
    """Yield a proxy to a port of loopback."""
    proxy = Proxy(port)
    proxy.speak()
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        proxy.cut()
        with contextlib.suppress(asyncio.CancelledError):
            await server.wait_closed()
