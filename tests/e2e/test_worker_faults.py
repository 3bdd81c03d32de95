"""Promises 1, 2 and 10: a worker killed in any step loses nothing and does nothing twice."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest

from acuse_lab.documents.catalogue import sample
from acuse_lab.graph import inbound
from acuse_lab.graph.contract import MediaModes, Person, SendFault
from acuse_lab.postgres import PostgresServer
from acuse_lab.running.program import Program
from acuse_lab.running.tenants import LabTenant
from support.world import World, running_world, until

ANA = Person()
STATE = "SELECT status, step, attempt FROM acuse.webhook_events WHERE event_id = %s"
WAITING = """
    SELECT count(*) FROM pg_stat_activity
     WHERE application_name = 'acuse-worker' AND wait_event_type = 'Lock'
"""
# A lock in this test's session holds the worker inside the one transaction that needs the table.
LOCKS: dict[str, LiteralString] = {
    "accept": "LOCK TABLE acuse.senders IN ACCESS EXCLUSIVE MODE",
    "match": "LOCK TABLE acuse.transactions IN ACCESS EXCLUSIVE MODE",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """A photographed ticket on its way."""

    message_id: str
    media_id: str


async def send_ticket(world: World, *, modes: MediaModes | None = None) -> Sent:
    ticket = sample("ticket")
    number = world.tenant.phone_number_id
    media = await world.lab.add_media(number, ticket.data, mime_type=ticket.mime)
    if modes is not None:
        await world.lab.set_media_modes(media.id, modes)
    sent = await world.lab.send(number, ANA, inbound.image(media))
    return Sent(sent.message_ids[0], media.id)


def state(world: World, sent: Sent) -> tuple[str, str | None, int]:
    rows = world.rows(STATE, sent.message_id)
    return rows[0] if rows else ("absent", None, 0)


@contextmanager
def locked(world: World, lock: LiteralString) -> Generator[None, None, None]:
    with psycopg.connect(world.owner_url) as conn:
        conn.execute(lock)
        yield
        conn.rollback()


async def killed_behind_a_lock(world: World, worker: Program, step: str) -> Sent:
    with locked(world, LOCKS[step]):
        sent = await send_ticket(world)
        await until(lambda: world.rows(WAITING)[0][0] > 0, what=f"the worker waits in {step}")
        worker.kill()
    return sent


async def killed_in(world: World, worker: Program, step: str, sent: Sent) -> None:
    await until(
        lambda: state(world, sent)[:2] == ("processing", step), what=f"the worker is in {step}"
    )
    worker.kill()


async def killed_in_accept(world: World, worker: Program) -> Sent:
    return await killed_behind_a_lock(world, worker, "accept")


async def killed_in_fetch(world: World, worker: Program) -> Sent:
    sent = await send_ticket(world, modes=MediaModes(chunk_delay=0.5, chunk_size=1024))
    await killed_in(world, worker, "fetch", sent)
    await world.lab.set_media_modes(sent.media_id, MediaModes())
    return sent


async def killed_in_read(world: World, worker: Program) -> Sent:
    sent = await send_ticket(world)
    await killed_in(world, worker, "read", sent)
    return sent


async def killed_in_match(world: World, worker: Program) -> Sent:
    return await killed_behind_a_lock(world, worker, "match")


async def killed_while_sending(world: World, worker: Program) -> Sent:
    number = world.tenant.phone_number_id
    await world.lab.script(number, SendFault(how="hang_after_accept"))
    sent = await send_ticket(world)
    await world.lab.wait_for_messages(1, number_id=number, within=240)
    worker.kill()
    return sent


KILLS: dict[str, Callable[[World, Program], Awaitable[Sent]]] = {
    "accept": killed_in_accept,
    "fetch": killed_in_fetch,
    "read": killed_in_read,
    "match": killed_in_match,
    "send": killed_while_sending,
}


def processes_of_session(session: int) -> list[int]:
    """Return the processes that a program, started as its session's leader, has left behind."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.getsid(int(entry.name)) == session:
                    found.append(int(entry.name))
            except ProcessLookupError:
                continue
    return found


@pytest.mark.parametrize("step", KILLS)
async def test_a_worker_killed_in_a_step_is_taken_over_and_nothing_is_done_twice(
    durable_postgres: PostgresServer, tmp_path: Path, tenant: LabTenant, step: str
) -> None:
    async with running_world(
        durable_postgres,
        "acuse",
        tmp_path,
        tenants=[tenant],
        names=("intake", "worker-1"),
        settings={"ACUSE_WORKER_LEASE": "2"},
    ) as world:
        first = world.installation.programs["worker-1"]
        session = first.pid
        sent = await KILLS[step](world, first)
        await until(lambda: processes_of_session(session) == [], what="its children are gone")
        second = world.installation.program("worker-2")
        world.installation.programs["worker-2"] = second
        second.start()
        await until(lambda: state(world, sent)[0] == "processed", what="the event is processed")
        messages = await world.lab.wait_for_messages(1, within=240)
        # Statuses tell the outbox what became of a message whose answer never came.
        await until(
            lambda: world.rows("SELECT status FROM acuse.outbox") == [("sent",)],
            what="the reply is known to be sent",
        )
        counted = world.rows(
            "SELECT (SELECT count(*) FROM acuse.messages), (SELECT count(*) FROM acuse.media),"
            " (SELECT count(*) FROM acuse.receipts), (SELECT count(*) FROM acuse.outbox),"
            " (SELECT count(*) FROM acuse.webhook_events WHERE kind = 'message.image')"
        )
        report = await asyncio.to_thread(
            world.installation.command, "events", "reconcile", "--wait", "60"
        )
        final = len(await world.lab.messages())

    assert counted == [(1, 1, 1, 1, 1)]
    assert (len(messages), final) == (1, 1)
    assert report.returncode == 0, report.stdout + report.stderr


async def test_many_killed_workers_and_a_crashed_database_process_each_event_once(
    durable_postgres: PostgresServer, tmp_path: Path, tenant: LabTenant
) -> None:
    """Kill all there is, again and again, under load; then count events, replies and messages."""
    people = [
        Person(name=f"P{i}", wa_id=f"549115555{i:04}", user_id=f"AR.9{i:04}") for i in range(20)
    ]
    number = tenant.phone_number_id
    async with running_world(
        durable_postgres,
        "acuse",
        tmp_path,
        tenants=[tenant],
        names=("intake", "worker-1", "worker-2"),
        settings={"ACUSE_WORKER_LEASE": "2"},
    ) as world:
        programs = world.installation.programs
        sent: list[str] = []
        for chaos in (
            programs["worker-1"].kill,
            programs["worker-2"].kill,
            programs["intake"].kill,
            partial(durable_postgres.stop, signal.SIGQUIT),
        ):
            for person in people:
                answer = await world.lab.send(number, person, inbound.text("hola"))
                sent += answer.message_ids
            await asyncio.to_thread(chaos)
            if durable_postgres.pid is None:
                await asyncio.to_thread(durable_postgres.start)
            for program in programs.values():
                if program.ended():
                    program.start()
        for program in programs.values():
            await asyncio.to_thread(program.wait_ready)
        # Meta tries again what was not answered 200: the fake's clock is moved to its next tries.
        await world.lab.advance(3600)
        await until(
            lambda: (
                world.rows(
                    "SELECT count(*) FROM acuse.webhook_events"
                    " WHERE kind = 'message.text' AND status = 'processed'"
                )
                == [(len(sent),)]
            ),
            what="every message is processed",
        )
        report = await asyncio.to_thread(
            world.installation.command, "events", "reconcile", "--wait", "120"
        )
        await until(
            lambda: (
                world.rows(
                    "SELECT count(*) FROM acuse.outbox WHERE status IN ('pending', 'sending')"
                )
                == [(0,)]
            ),
            what="every reply has ended",
        )
        replies = world.rows("SELECT cause, count(*) FROM acuse.outbox GROUP BY cause")
        messages = world.rows("SELECT count(*) FROM acuse.messages")
        said = [m.body["biz_opaque_callback_data"] for m in await world.lab.messages(number)]

    assert sorted(cause for cause, _ in replies) == sorted(sent)
    assert {count for _, count in replies} == {1}
    assert messages == [(len(sent),)]
    assert len(said) == len(set(said)), "a reply was sent twice"
    assert report.returncode == 0, report.stdout + report.stderr
