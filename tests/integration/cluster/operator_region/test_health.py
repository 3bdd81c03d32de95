"""How a region is said to be: by its intake's public address and by its database."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import psycopg
import pytest
from aiohttp import web

from acuse.resources.region import RegionSpec
from acuse.tenants.tenant import tenant_id
from acuse_operator.region.health import by_key, database_condition, intake_condition
from acuse_operator.trust import intake_trust
from support.databases import Database
from support.placements import KEY, REGION_SPEC


@asynccontextmanager
async def answering(response: web.Response) -> AsyncGenerator[RegionSpec, None]:
    """Answer every request with this; yield a Region whose intake is there."""

    async def answer(request: web.Request) -> web.Response:
        del request
        return web.Response(body=response.body, status=response.status)

    app = web.Application()
    app.router.add_get("/{rest:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port: int = runner.addresses[0][1]
        yield RegionSpec.parse({**REGION_SPEC, "intakeURL": f"http://127.0.0.1:{port}"})
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("body", "status", "key", "said"),
    [
        (b'{"code":"verification_failed"}', 403, KEY, ("True", "Answers")),
        (b"default backend - 404", 404, KEY, ("False", "NotTheIntake")),
        (b"no healthy upstream", 503, KEY, ("False", "NotTheIntake")),
        (b"not found", 404, None, ("Unknown", "NoRoute")),
    ],
    ids=["intake", "somebody-else", "no-pods", "no-tenants"],
)
async def test_the_intake_is_known_by_how_it_refuses(
    body: bytes, status: int, key: str | None, said: tuple[str, str]
) -> None:
    async with answering(web.Response(body=body, status=status)) as spec:
        found = await intake_condition(spec, key=key, trust=intake_trust(""))

    assert (found.status, found.reason) == said


@pytest.mark.parametrize(
    ("key", "said"),
    [(KEY, ("False", "NoAnswer")), (None, ("Unknown", "NoRoute"))],
    ids=["with-tenants", "no-tenants"],
)
async def test_an_intake_that_does_not_answer_is_named_once_somebody_needs_it(
    key: str | None, said: tuple[str, str]
) -> None:
    spec = RegionSpec.parse({**REGION_SPEC, "intakeURL": "http://127.0.0.1:1"})

    found = await intake_condition(spec, key=key, trust=intake_trust(""))

    assert (found.status, found.reason) == said


async def test_the_database_says_whose_work_waits(database: Database) -> None:
    tenant = tenant_id(KEY)
    with psycopg.connect(database.owner_url) as conn:
        row = conn.execute("SELECT tenant_id, items FROM acuse.backlogs('ar-1')").fetchone()
        assert row is None

    found, backlogs = await database_condition(database.url, region="ar-1")

    assert (found.status, found.reason) == ("True", "Answers")
    assert by_key(backlogs, [KEY]) == {KEY: 0}
    assert by_key({str(tenant): 3}, [KEY, "other.tenant"]) == {KEY: 3, "other.tenant": 0}


async def test_a_database_that_is_away_is_named_without_its_address() -> None:
    found, _ = await database_condition("postgresql://u:pw@127.0.0.1:1/x", region="ar-1")

    assert (found.status, found.reason) == ("False", "NoAnswer")
    assert "pw" not in found.message
    assert "127.0.0.1" not in found.message
