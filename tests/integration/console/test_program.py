"""`acuse api` as a process: it serves, says how it is, counts, and stops when asked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any

import httpx
import pytest

from support.api import client
from support.databases import Database
from support.receipts import ACME


class Program:
    """A process whose log lines can be waited for."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._new: Queue[str | None] = Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._new.put(line)
        self._new.put(None)

    def said(self, event: str) -> dict[str, Any]:
        """Return the next log line of this event; the test ends if the process does first."""
        while (line := self._new.get(timeout=120)) is not None:
            self.lines.append(line)
            found: dict[str, Any] = json.loads(line)
            if found["event"] == event:
                return found
        raise AssertionError("".join(self.lines))

    def ended(self) -> str:
        """Return what it wrote last, once it has ended by itself."""
        self.process.wait(120)
        while (line := self._new.get(timeout=120)) is not None:
            self.lines.append(line)
        return self.lines[-1]

    def close(self) -> None:
        """Let go of the process's output."""
        self._reader.join()
        assert self.process.stderr is not None
        self.process.stderr.close()


@contextmanager
def program(database: Database, folder: Path, **settings: str) -> Generator[Program, None, None]:
    tenants = folder / "tenants"
    tenants.mkdir(exist_ok=True)
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("ACUSE_")},
        "ACUSE_DATABASE_URL": database.url,
        "ACUSE_API_PORT": "0",
        "ACUSE_TENANTS_DIR": str(tenants),
        "ACUSE_OBJECT_STORE": f"file:{folder / 'media'}",
        **settings,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "acuse", "api"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
    )
    running = Program(process)
    try:
        yield running
    finally:
        process.kill()
        process.wait()
        running.close()


def test_it_serves_and_counts_and_stops_when_asked(database: Database, tmp_path: Path) -> None:
    with program(database, tmp_path) as api:
        monitor = f"http://127.0.0.1:{api.said('monitoring_listening')['port']}"
        address = f"http://127.0.0.1:{api.said('api_listening')['port']}"
        with client(address, database, ACME) as acme:
            assert acme.get("/health").json()["status"] == "ok"
            assert acme.get("/receipts").status_code == 200
            assert acme.get("/receipts/none").status_code == 404
        assert httpx.get(f"{monitor}/readyz").json() == {"ok": True, "failing": {}}
        counted = httpx.get(f"{monitor}/metrics").text
        token = acme.headers["Authorization"].removeprefix("Bearer ")

        api.process.send_signal(signal.SIGTERM)
        assert api.said("stopping")["signal"] == "SIGTERM"
        api.said("api_stopped")
        assert api.process.wait(60) == 0

    want = 'acuse_api_requests_total{method="GET",route="/api/v1/receipts",status="200"} 1.0'
    assert want in counted
    assert 'route="none",status="404"} 1.0' in counted
    assert 'acuse_api_request_seconds_count{route="/api/v1/receipts"} 1.0' in counted
    assert token not in "".join(api.lines)


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"ACUSE_TENANTS_DIR": "nowhere"}, "invalid_settings"),
        ({"ACUSE_OBJECT_STORE": "ftp://x"}, "invalid_settings"),
        ({"ACUSE_API_HOST": "203.0.113.1"}, "invalid_settings"),
        ({"ACUSE_API_PORT": "x"}, "invalid_settings"),
    ],
    ids=["tenants", "store", "address", "port"],
)
def test_what_it_cannot_use_is_said_and_ends_it(
    database: Database, tmp_path: Path, settings: dict[str, str], code: str
) -> None:
    with program(database, tmp_path, **settings) as api:
        last = api.ended()

    assert api.process.returncode == 1
    assert last.startswith(f"error: {code}:")
