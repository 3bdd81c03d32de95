"""Runs the programs that build images: what they say goes to a file, its end into the error."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from acuse.errors import InvalidSettings

Say = Callable[[str], None]
_SAY_EVERY: Final = 15.0
_TAIL: Final = 1500


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs commands one after the other; `log` keeps what they said."""

    log: Path
    say: Say
    environment: Mapping[str, str] = field(default_factory=dict[str, str])

    def run(self, command: Sequence[str | Path], *, doing: str) -> None:
        """Run a command to its end, saying now and then that it runs.

        Raises InvalidSettings if it fails.
        """
        started = time.monotonic()
        with self.log.open("ab") as log:
            running = subprocess.Popen(  # noqa: S603 - our own arguments
                command,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            try:
                while running.poll() is None:
                    try:
                        running.wait(timeout=_SAY_EVERY)
                    except subprocess.TimeoutExpired:
                        self.say(f"{doing}: {time.monotonic() - started:.0f} s")
            finally:
                if running.poll() is None:
                    running.terminate()
                    running.wait()
        if running.returncode != 0:
            raise InvalidSettings(f"{doing} failed, see {self.log}: {self._end_of_log()}")

    def _end_of_log(self) -> str:
        return self.log.read_bytes()[-_TAIL:].decode(errors="replace").strip()
