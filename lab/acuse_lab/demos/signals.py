"""End in order when told to: Ctrl-C, SIGTERM and a closed terminal alike, in and out of a loop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final, TypeVar

T = TypeVar("T")

_TOLD: Final = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def interruptible() -> Generator[None, None, None]:
    """Raise KeyboardInterrupt in the block when told to end, as Python does for SIGINT."""
    before = {number: signal.signal(number, _interrupt) for number in _TOLD}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run(play: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end; told to end, cancel it and raise KeyboardInterrupt."""
    try:
        return asyncio.run(_until_told(play))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        # The loop, on closing, has set the defaults.
        for number in _TOLD:
            signal.signal(number, _interrupt)


async def _until_told(play: Coroutine[Any, Any, T]) -> T:
    task = asyncio.ensure_future(play)
    for number in _TOLD:
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return await task


def _interrupt(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise KeyboardInterrupt
