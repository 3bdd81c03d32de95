"""Promise 1, at the edge: what was answered 200 is in the database, whatever dies when."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from acuse_lab.postgres import PostgresServer
from acuse_lab.running.tenants import LabTenant
from support.load import Load
from support.world import World, running_world, until

STORED = "SELECT event_id FROM acuse.webhook_events WHERE kind = 'message.text'"


def stored(world: World) -> set[str]:
    return {row[0] for row in world.rows(STORED)}


def edge(
    postgres: PostgresServer, folder: Path, tenant: LabTenant
) -> AbstractAsyncContextManager[World]:
    return running_world(postgres, "acuse", folder, tenants=[tenant], names=("intake",))


async def enough(load: Load, count: int) -> None:
    await until(lambda: len(load.acknowledged) >= count, what=f"{count} acknowledgements")


async def test_killing_the_intake_under_load_loses_nothing_acknowledged(
    durable_postgres: PostgresServer, tmp_path: Path, tenant: LabTenant
) -> None:
    async with edge(durable_postgres, tmp_path, tenant) as world:
        intake = world.installation.programs["intake"]
        load = Load(world.installation.webhook_url(tenant), tenant)
        running = asyncio.create_task(load.run(connections=16))
        for kill in range(3):
            await enough(load, 300 * (kill + 1))
            intake.kill()
            intake.start()
            await asyncio.to_thread(intake.wait_ready)
        await enough(load, 1200)
        load.stop()
        await running

        kept = stored(world)

    assert load.acknowledged - kept == set()
    assert load.cut > 0, "no request was under way when the intake was killed"


async def test_crashing_postgresql_under_load_loses_nothing_acknowledged_and_intake_recovers(
    durable_postgres: PostgresServer, tmp_path: Path, tenant: LabTenant
) -> None:
    async with edge(durable_postgres, tmp_path, tenant) as world:
        intake = world.installation.programs["intake"]
        pid = intake.pid
        load = Load(world.installation.webhook_url(tenant), tenant)
        running = asyncio.create_task(load.run(connections=16))
        await enough(load, 500)
        await asyncio.to_thread(durable_postgres.stop, signal.SIGQUIT)
        await until(lambda: 503 in load.refused, what="the intake says 503")
        await asyncio.to_thread(durable_postgres.start)
        await enough(load, len(load.acknowledged) + 500)
        load.stop()
        await running

        kept = stored(world)
        same = intake.pid

    assert load.acknowledged - kept == set()
    assert set(load.refused) == {503}
    assert same == pid, "the intake was to recover by itself"


async def test_a_stopping_intake_answers_what_it_took(
    durable_postgres: PostgresServer, tmp_path: Path, tenant: LabTenant
) -> None:
    async with edge(durable_postgres, tmp_path, tenant) as world:
        intake = world.installation.programs["intake"]
        load = Load(world.installation.webhook_url(tenant), tenant)
        running = asyncio.create_task(load.run(connections=16))
        await enough(load, 300)
        code = await asyncio.to_thread(intake.stop)
        load.stop()
        await running

        kept = stored(world)

    assert code == 0
    assert load.acknowledged - kept == set()
    assert load.refused == {} or set(load.refused) == {503}
