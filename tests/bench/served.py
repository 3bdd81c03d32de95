"""A server process of a bench: started on a free port, found to listen, stopped by its pid."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from acuse_lab.running.program import READY_DEADLINE, STOP_DEADLINE, clean_environment
from bench.load import HOST
from bench.result import InvalidMeasurement

_TESTS = Path(__file__).resolve().parents[1]


@contextmanager
def served(
    command: Sequence[str | Path], environment: Mapping[str, str], *, port: int, log: Path
) -> Generator[int, None, None]:
    """Run a server while the block runs; yield its pid once it takes connections."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env={**clean_environment(), "PYTHONPATH": str(_TESTS), **environment},
            cwd=os.sep,
            start_new_session=True,
        )
    try:
        _wait(process, port=port, log=log)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(timeout=STOP_DEADLINE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], *, port: int, log: Path) -> None:
    until = time.monotonic() + READY_DEADLINE
    while True:
        try:
            socket.create_connection((HOST, port), timeout=1.0).close()
        except OSError as exc:
            if process.poll() is not None or time.monotonic() > until:
                words = " | ".join(log.read_text(errors="replace").splitlines()[-5:])
                raise InvalidMeasurement(f"a server did not start: {words}") from exc
            time.sleep(0.05)
        else:
            return
