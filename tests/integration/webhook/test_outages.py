"""What is answered 200 is in the database, whatever happens to the database or to the intake."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from acuse.meta.signature import sign
from acuse.monitoring import Health
from acuse_lab.postgres import PostgresServer, temporary_server
from acuse_webhook.run import running
from acuse_webhook.settings import IntakeSettings
from support.databases import Database, chosen_programs, fresh_database
from support.eventually import until
from support.intake import ACME, Intake, intake, message, two_tenants

OK = (200, "ok")


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    with temporary_server(chosen_programs(), durable=True) as server:
        yield server


async def post_until_stopped(server: Intake, worker: int, answered: set[str]) -> None:
    for number in range(1_000_000):
        wamid = f"wamid.{worker}.{number}"
        if await server.post(message(wamid)) != OK:
            return
        answered.add(wamid)


async def test_postgresql_going_away_at_once_loses_nothing_answered_and_is_recovered_from(
    own_server: PostgresServer, tmp_path: Path
) -> None:
    answered: set[str] = set()
    with fresh_database(own_server) as database:
        async with intake(database, two_tenants(tmp_path)) as server:
            load = [asyncio.create_task(post_until_stopped(server, n, answered)) for n in range(8)]
            await until(lambda: len(answered) > 100)
            await asyncio.to_thread(own_server.stop, signal.SIGQUIT)
            await asyncio.gather(*load)

            status, code = await server.post(message("wamid.away"))
            assert (status, code) == (503, "database_unavailable")
            assert not await server.ready()

            await asyncio.to_thread(own_server.start)
            await until(server.ready, within=120)
            assert await server.post(message("wamid.back")) == OK
            stored = {event_id for (event_id,) in server.rows()}

    assert answered | {"wamid.back"} <= stored


async def test_a_commit_that_hangs_is_answered_503_and_sent_again_is_kept_once(
    database: Database, tmp_path: Path
) -> None:
    async with intake(database, two_tenants(tmp_path), intake_flush_timeout=1.0) as server:
        with psycopg.connect(database.owner_url) as lock:
            lock.execute("LOCK TABLE acuse.webhook_events IN ACCESS EXCLUSIVE MODE")
            assert (await server.post(message("wamid.1")))[0] == 503
        answers: list[tuple[int, str]] = []

        async def accepted() -> bool:
            answers.append(await server.post(message("wamid.1")))
            return answers[-1] == OK

        await until(accepted)
        assert server.rows() == [("wamid.1",)]


async def test_more_than_may_wait_is_answered_503_with_a_time_to_come_again(
    database: Database, tmp_path: Path
) -> None:
    limits = {"intake_pending_rows": 1000, "intake_flush_timeout": 20.0}
    async with intake(database, two_tenants(tmp_path), **limits) as server:
        many = message("wamid.0").replace(b'"messages": [', b'"messages": [' + b"{}, " * 900)
        with psycopg.connect(database.owner_url) as lock:
            lock.execute("LOCK TABLE acuse.webhook_events IN ACCESS EXCLUSIVE MODE")
            first = asyncio.create_task(server.post(many))

            async def waiting() -> bool:
                return "901" in await server.metric("acuse_intake_pending")

            await until(waiting)
            headers = {"X-Hub-Signature-256": sign(many, b"secret-acme").decode()}
            second = await server.http.post(ACME, content=many, headers=headers)

        assert (second.status_code, second.json()["code"]) == (503, "intake_overloaded")
        assert int(second.headers["retry-after"]) > 0
        assert await first == OK


class Program:
    """`acuse intake` as a process of its own."""

    def __init__(self, database: Database, folder: Path) -> None:
        environment = {
            "ACUSE_DATABASE_URL": database.url,
            "ACUSE_TENANTS_DIR": str(folder),
            "ACUSE_INTAKE_PORT": "0",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from acuse.cli import main; main()", "intake"],
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])

    def end(self, how: signal.Signals) -> tuple[int, str]:
        """Send a signal; return the exit code and the log."""
        self.process.send_signal(how)
        _, log = self.process.communicate(timeout=60)
        return self.process.returncode, log


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=["kill -9", "stop"])
async def test_an_intake_that_ends_under_load_has_stored_all_that_it_answered(
    database: Database, tmp_path: Path, how: signal.Signals
) -> None:
    two_tenants(tmp_path)
    answered: set[str] = set()
    program = await asyncio.to_thread(Program, database, tmp_path)
    address = f"http://127.0.0.1:{program.port}"
    async with httpx.AsyncClient(base_url=address, timeout=60) as http:
        server = Intake(program.port, 0, http, database)

        async def load(worker: int) -> None:
            with contextlib.suppress(httpx.TransportError):
                await post_until_stopped(server, worker, answered)

        tasks = [asyncio.create_task(load(n)) for n in range(8)]
        await until(lambda: len(answered) > 100)
        code, log = await asyncio.to_thread(program.end, how)
        await asyncio.gather(*tasks)

    assert answered <= {event_id for (event_id,) in server.rows()}
    assert code == (0 if how is signal.SIGTERM else -how)
    assert "5491155550101" not in log
    assert "hola" not in log


async def test_an_intake_is_ready_while_it_runs_and_not_once_it_stops(
    database: Database, tmp_path: Path
) -> None:
    health = Health()
    folder = two_tenants(tmp_path).path
    settings = IntakeSettings(database_url=database.url, tenants_dir=folder, intake_port=0)

    async with running(settings, health):
        while_running = health.ready()

    assert while_running == {}
    assert health.ready() == {"process": "stopping", "inbox": "stopping"}
