"""An intake that is replaced drops no request: what is in flight or still comes is answered."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg
import pytest

from acuse.meta.signature import sign
from acuse_lab.ports import free_port
from acuse_lab.running.program import Program
from support.databases import Database
from support.eventually import until
from support.intake import ACME, message, two_tenants
from support.raw_http import converse, head
from support.tcp_proxy import proxy_to


def intake(database: Database, folder: Path, log: Path) -> Program:
    """Return an intake, not started yet; its name is its port."""
    port = free_port()
    return Program(
        str(port),
        ("intake",),
        {
            "ACUSE_DATABASE_URL": database.url,
            "ACUSE_INTAKE_PORT": str(port),
            "ACUSE_TENANTS_DIR": str(folder),
            "ACUSE_INTAKE_BODY_TIMEOUT": "120",
            # Longer than the test: the second signal ends it.
            "ACUSE_INTAKE_DRAIN": "600",
        },
        log,
    )


@pytest.fixture
def program(database: Database, tmp_path: Path) -> Iterator[Program]:
    folder = two_tenants(tmp_path / "tenants")
    made = intake(database, folder.path, tmp_path / "intake.log")
    made.start()
    made.wait_ready()
    yield made
    made.kill()


def request(wamid: str) -> bytes:
    body = message(wamid)
    signature = sign(body, b"secret-acme").decode()
    return head(ACME, f"Content-Length: {len(body)}", f"X-Hub-Signature-256: {signature}") + body


async def unready(program: Program) -> bool:
    async with httpx.AsyncClient(timeout=60, trust_env=False) as http:
        answer = await http.get(f"{program.monitoring_url}/readyz")
    return bool(answer.json()["failing"] == {"process": "stopping"})


async def answer_of(reader: asyncio.StreamReader) -> bytes:
    """Return all that comes until the server hangs up."""
    return (await reader.read()).lower()


async def test_requests_in_flight_and_those_that_still_come_are_answered_and_let_go(
    program: Program,
) -> None:
    port = int(program.name)
    whole = request("wamid.half")
    idle_reader, idle_writer = await asyncio.open_connection("127.0.0.1", port)
    half_reader, half_writer = await asyncio.open_connection("127.0.0.1", port)
    last_reader, last_writer = await asyncio.open_connection("127.0.0.1", port)
    # One has had an answer and keeps its connection; the others have sent half of a request.
    idle_writer.write(request("wamid.first"))
    assert b"200 ok" in (await idle_reader.readuntil(b"\r\n\r\n")).lower()
    half_writer.write(whole[:-100])
    last_writer.write(request("wamid.last")[:-100])
    await half_writer.drain()

    os.kill(program.pid, signal.SIGTERM)
    await until(lambda: unready(program))

    # Unready, and yet: what was in flight, a connection that was kept, and a new one.
    half_writer.write(whole[-100:])
    idle_writer.write(request("wamid.kept"))
    answers = [
        await answer_of(half_reader),
        await answer_of(idle_reader),
        (await converse(port, request("wamid.new"))).lower(),
    ]
    assert all(answer.startswith(b"http/1.1 200 ") for answer in answers)
    assert all(b"connection: close" in answer for answer in answers)

    os.kill(program.pid, signal.SIGTERM)

    async def closed() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return True
        writer.close()
        return False

    await until(closed)
    last_writer.write(request("wamid.last")[-100:])
    assert (await answer_of(last_reader)).startswith(b"http/1.1 200 ")
    await until(program.ended)
    assert program.stop() == 0
    for writer in (idle_writer, half_writer, last_writer):
        writer.close()


@dataclass(slots=True)
class Load:
    """Clients that post one message after another on connections that they keep."""

    url: str
    answered: list[set[str]] = field(default_factory=lambda: [set[str]() for _ in range(8)])
    others: list[str] = field(default_factory=list[str])
    stop: bool = False

    async def run(self) -> None:
        await asyncio.gather(*(self._post(number) for number in range(len(self.answered))))

    async def _post(self, client: int) -> None:
        async with httpx.AsyncClient(base_url=self.url, timeout=120, trust_env=False) as http:
            while not self.stop:
                wamid = f"wamid.{client}.{len(self.answered[client])}"
                body = message(wamid)
                signed = {"X-Hub-Signature-256": sign(body, b"secret-acme").decode()}
                try:
                    answer = await http.post(ACME, content=body, headers=signed)
                except httpx.TransportError as exc:
                    self.others.append(type(exc).__name__)
                    return
                if answer.status_code != 200:
                    self.others.append(str(answer.status_code))
                    return
                self.answered[client].add(wamid)

    async def goes_on(self, *, by: int = 3) -> None:
        """Return once every client has had so many more answers, or one has had a bad one."""
        goals = [len(done) + by for done in self.answered]

        def reached() -> bool:
            done = (len(d) >= goal for d, goal in zip(self.answered, goals, strict=True))
            return all(done) or bool(self.others)

        await until(reached, within=240)


async def test_a_replacement_under_load_loses_not_one_request(
    program: Program, database: Database, tmp_path: Path
) -> None:
    successor = intake(database, tmp_path / "tenants", tmp_path / "successor.log")
    async with proxy_to(int(program.name)) as router:
        load = Load(f"http://127.0.0.1:{router.port}")
        running = asyncio.create_task(load.run())
        try:
            await load.goes_on()
            successor.start()
            await asyncio.to_thread(successor.wait_ready)
            # As in a cluster: it is told to stop before the routers know.
            os.kill(program.pid, signal.SIGTERM)
            await load.goes_on()
            router.target = int(successor.name)
            await load.goes_on()
            os.kill(program.pid, signal.SIGTERM)
            await until(program.ended)
            await load.goes_on()
        finally:
            load.stop = True
            await running
            successor.kill()

    with psycopg.connect(database.owner_url) as conn:
        rows = conn.execute("SELECT event_id FROM acuse.webhook_events").fetchall()
    assert load.others == []
    assert {row[0] for row in rows} == set().union(*load.answered)
