"""How long each part of reading one document takes."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from time import perf_counter
from typing import Annotated, Literal, TypeAlias

import msgspec

Stage: TypeAlias = Literal["wait", "decode", "codes", "recognise", "interpret", "draw"]
# They come from a process that a stranger's file may have taken over.
Seconds: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=3600)]


class Stopwatch:
    """Seconds of one document by stage; a stage that comes again is added to."""

    def __init__(self) -> None:
        self.seconds: dict[Stage, float] = {}

    @contextmanager
    def time(self, stage: Stage) -> Generator[None]:
        """Count the block's time to a stage, also where it raises."""
        started = perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + perf_counter() - started
