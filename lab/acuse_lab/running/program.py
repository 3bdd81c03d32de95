"""One program as a process of its own: started, found ready, stopped by its pid."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from acuse.errors import Unavailable
from acuse_lab.ports import free_port

# Machines with busy disks and two cores take long; nothing here is a verdict on speed.
READY_DEADLINE = 120.0
STOP_DEADLINE = 60.0


def clean_environment() -> dict[str, str]:
    """Return what a program needs of our environment; its settings are given, not inherited."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")
    return {name: os.environ[name] for name in kept if name in os.environ}


@dataclass(slots=True)
class Program:
    """`acuse COMMAND…` with its settings; its log is a file."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    monitoring_port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Return the running process's id; raise Unavailable when it does not run."""
        if self._process is None or self._process.poll() is not None:
            raise Unavailable(f"{self.name} is not running: {self.last_words()}")
        return self._process.pid

    @property
    def monitoring_url(self) -> str:
        """Return where the program shows its metrics and health."""
        return f"http://127.0.0.1:{self.monitoring_port}"

    def start(self) -> None:
        """Start the process; `wait_ready` says when it can work."""
        settings = {
            **clean_environment(),
            **self.environment,
            "ACUSE_MONITORING_HOST": "127.0.0.1",
            "ACUSE_MONITORING_PORT": str(self.monitoring_port),
        }
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "acuse", *self.command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=settings,
                # A Ctrl-C for the demo is the demo's to handle.
                start_new_session=True,
            )

    def wait_ready(self, *, deadline: float = READY_DEADLINE) -> None:
        """Return once /readyz says so; raise Unavailable if the program ends or takes too long."""
        until = time.monotonic() + deadline
        while True:
            try:
                if httpx.get(f"{self.monitoring_url}/readyz", timeout=5.0).is_success:
                    return
            except httpx.TransportError:
                pass
            if self.ended() or time.monotonic() > until:
                raise Unavailable(f"{self.name} did not become ready: {self.last_words()}")
            time.sleep(0.05)

    def ended(self) -> bool:
        """Tell whether the process has come to an end."""
        return self._process is None or self._process.poll() is not None

    def kill(self) -> None:
        """End it at once, as a crash would (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> int:
        """End it in order (SIGTERM); return its exit code."""
        if self._process is None:
            return 0
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(timeout=STOP_DEADLINE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._process = None
        return code

    def last_words(self) -> str:
        """Return the last lines of the program's log."""
        if not self.log.exists():
            return "no log"
        return " | ".join(self.log.read_text(errors="replace").splitlines()[-5:])
