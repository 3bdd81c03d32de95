"""A worker that is replaced gives its jobs to the next one at once, not when its leases run out."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from acuse.tenants.tenant import tenant_id
from acuse_lab.running.program import Program
from support.databases import Database
from support.events import add_events, query
from support.eventually import until
from support.tenant_folder import TenantFolder
from support.workers import image

STATE = "SELECT status, attempt, retries, lost_leases FROM acuse.webhook_events"


@pytest.fixture
def silent_graph() -> Iterator[str]:
    """Listen as a Graph API that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def worker(database: Database, folder: Path, graph: str, name: str) -> Program:
    return Program(
        name,
        ("worker",),
        {
            "ACUSE_DATABASE_URL": database.url,
            "ACUSE_TENANTS_DIR": str(folder / "tenants"),
            "ACUSE_GRAPH_URL": graph,
            "ACUSE_GRAPH_TIMEOUT": "600",
            "ACUSE_OBJECT_STORE": f"file:{folder / 'media'}",
            # Nobody could have an event by waiting for this lease.
            "ACUSE_WORKER_LEASE": "3600",
            "ACUSE_WORKER_GRACE": "0",
        },
        folder / f"{name}.log",
    )


async def test_a_job_in_progress_is_handed_back_and_taken_at_once(
    database: Database, tmp_path: Path, silent_graph: str
) -> None:
    TenantFolder(tmp_path / "tenants").tenant("test", ("100", "900"))
    old = worker(database, tmp_path, silent_graph, "old")
    new = worker(database, tmp_path, silent_graph, "new")

    def is_in_progress(attempt: int) -> bool:
        return query(database.owner_url, STATE) == [("processing", attempt, 0, 0)]

    try:
        old.start()
        old.wait_ready()
        event = replace(image("wamid.A"), tenant=tenant_id("shops.test"))
        add_events(database.owner_url, [event])
        await until(lambda: is_in_progress(1))

        assert old.stop() == 0
        assert query(database.owner_url, STATE) == [("received", 1, 0, 0)]
        assert "event_not_handed_back" not in old.log.read_text()

        new.start()
        await until(lambda: is_in_progress(2))
    finally:
        old.kill()
        new.kill()
