"""Places that tenants take in turn: one tenant's many documents do not stand before another's."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID


class Turns:
    """A number of places; of those who wait, tenants are served in rotation, each in its order."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: OrderedDict[UUID, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def turn(self, tenant_id: UUID) -> AsyncGenerator[None, None]:
        """Wait for a place and hold it while the block runs."""
        await self._enter(tenant_id)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, tenant_id: UUID) -> None:
        if self._free > 0:
            self._free -= 1
            return
        called = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(tenant_id, deque()).append(called)
        try:
            await called
        except asyncio.CancelledError:
            # Called in the same moment: the place goes to whoever is next.
            if called.done() and not called.cancelled():
                self._leave()
            raise

    def _leave(self) -> None:
        """Give the place to the next tenant's first, or leave it free."""
        while self._waiting:
            tenant_id, line = self._waiting.popitem(last=False)
            called = line.popleft()
            if line:
                self._waiting[tenant_id] = line
            if not called.done():
                called.set_result(None)
                return
        self._free += 1
