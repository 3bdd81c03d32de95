"""Wait for what must come true, however slow the machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def until(holds: Callable[[], bool], *, within: float = 60.0) -> None:
    """Return once `holds()`; raise TimeoutError when it does not within `within` seconds."""
    async with asyncio.timeout(within):
        while not holds():  # noqa: ASYNC110 - what is waited for happens outside this loop
            await asyncio.sleep(0.02)
