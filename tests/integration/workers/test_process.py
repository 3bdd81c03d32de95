"""`acuse worker` as a process: ready, measured, quiet about people, stopped in order."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from acuse_lab.running.program import Program
from support.databases import Database
from support.events import add_events, query
from support.workers import image, text

PERSON = {"user_id": "AR.13491208655302741918", "wa_id": "5491150000001", "name": "Ana Sosa"}
WAMID = "wamid.HBgLNTQ5MTE1MDAwMDAwMQ"
MANIFEST = {
    "apiVersion": "acuse.dev/v1alpha1",
    "kind": "Tenant",
    "metadata": {"name": "test", "namespace": "shop"},
    "spec": {
        "displayName": "Shop",
        "whatsapp": {
            "numbers": [
                {
                    "phoneNumberId": "100",
                    "wabaId": "900",
                    "graphVersion": "v26.0",
                    "secretRef": {"name": "number"},
                }
            ]
        },
        "placement": {"home": "local"},
    },
}


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until something is so; the run's own timeout ends a wait that never does."""
    while not condition():
        time.sleep(0.05)


@pytest.fixture
def worker(database: Database, tmp_path: Path) -> Iterator[Program]:
    secret = tmp_path / "tenants" / "secrets" / "shop" / "number"
    secret.mkdir(parents=True)
    for name in ("appSecret", "verifyToken", "accessToken"):
        (secret / name).write_text("x" * 32)
    (tmp_path / "tenants" / "shop.yaml").write_text(yaml.safe_dump(MANIFEST))
    program = Program(
        "worker",
        ("worker",),
        {
            "ACUSE_DATABASE_URL": database.url,
            "ACUSE_TENANTS_DIR": str(tmp_path / "tenants"),
            # Nobody listens there: every call of the Graph API fails at once.
            "ACUSE_GRAPH_URL": "http://127.0.0.1:1",
            "ACUSE_OBJECT_STORE": f"file:{tmp_path / 'media'}",
            "ACUSE_WORKER_MAX_TRIES": "1",
        },
        tmp_path / "worker.log",
    )
    program.start()
    program.wait_ready()
    yield program
    program.stop()


def test_it_works_is_measured_keeps_people_out_of_its_logs_and_stops(
    worker: Program, database: Database
) -> None:
    add_events(
        database.owner_url,
        [
            text(f"{WAMID}A", "un secreto", person=PERSON),
            image(f"{WAMID}B", caption="otro secreto", person=PERSON, at=1),
        ],
    )
    ended = "SELECT count(*) FROM acuse.webhook_events WHERE status IN ('processed', 'dead')"
    wait_until(lambda: worker.ended() or query(database.owner_url, ended) == [(2,)])
    assert not worker.ended(), worker.last_words()

    metrics = httpx.get(f"{worker.monitoring_url}/metrics").text
    assert worker.stop() == 0

    assert 'acuse_worker_events_total{kind="message.text",outcome="processed"} 1.0' in metrics
    assert 'acuse_worker_events_total{kind="message.image",outcome="dead"} 1.0' in metrics
    assert 'acuse_worker_step_seconds_count{step="accept"} 2.0' in metrics
    log = worker.log.read_text()
    assert "event_died" in log
    assert "worker_stopped" in log
    assert not re.search(r"secreto|Ana|5491150000001|HBgL|13491208655302741918|xxxx", log)
    assert "dropped_keys" not in log
    assert query(database.owner_url, "SELECT key, display_name FROM acuse.tenants") == [
        ("shop.test", "Shop")
    ]


def test_it_does_not_start_as_the_owner_of_the_database(database: Database, tmp_path: Path) -> None:
    (tmp_path / "tenants").mkdir()
    program = Program(
        "worker",
        ("worker",),
        {
            "ACUSE_DATABASE_URL": database.owner_url,
            "ACUSE_TENANTS_DIR": str(tmp_path / "tenants"),
            "ACUSE_OBJECT_STORE": f"file:{tmp_path / 'media'}",
        },
        tmp_path / "worker.log",
    )
    program.start()
    try:
        wait_until(program.ended)
    finally:
        program.kill()

    assert "unsafe_database_role" in program.log.read_text()
