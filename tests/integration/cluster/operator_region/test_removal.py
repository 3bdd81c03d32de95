"""A tenant that leaves a region leaves nothing there, and that is looked up and said."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from acuse.audit.trail import Kept, list_entries
from acuse.data.pool import open_pool, transaction
from acuse.resources.names import TENANT, slug
from acuse.tenants.tenant import tenant_id
from acuse_cluster.kinds import (
    DEPLOYMENTS,
    HPAS,
    HTTPROUTES,
    NETWORKPOLICIES,
    PDBS,
    PLACEMENTS,
    SECRETS,
    SERVICEACCOUNTS,
    Ref,
)
from acuse_operator.region import removal
from support.databases import Database
from support.eventually import until
from support.placements import KEY
from support.region_world import RegionWorld
from support.tcp_proxy import proxy_to

MADE = (HTTPROUTES, SERVICEACCOUNTS, SECRETS, NETWORKPOLICIES, DEPLOYMENTS, HPAS, PDBS)


async def until_made(world: RegionWorld) -> None:
    async def made() -> bool:
        return await world.there(MADE) == {kind.kind for kind in MADE}

    await until(made)


async def gone(world: RegionWorld) -> bool:
    return await world.placement() is None


def left(world: RegionWorld) -> list[str]:
    """Return what has the tenant's label, of every kind that may be in a namespace."""
    kinds = world.plane.kubectl(
        "api-resources", "--namespaced", "--verbs=list", "--output=name"
    ).split()
    found: list[str] = []
    for namespace in (world.tenants, world.settings.release_namespace):
        text = world.plane.kubectl(
            *("get", ",".join(k for k in kinds if not k.startswith("events"))),
            *("-n", namespace, "-l", f"{TENANT}={slug(KEY)}", "--output=name"),
        )
        found += text.split()
    return found


async def test_what_was_taken_down_is_listed_and_said(world: RegionWorld) -> None:
    async with world.running():
        await world.hand_over()
        await until_made(world)
        with capture_logs() as lines:
            await world.api.delete(Ref(PLACEMENTS, KEY, world.tenants))
            await until(lambda: gone(world))

    # What the hub wrote is the hub's to take.
    assert {name for name in left(world) if not name.endswith(".sealed")} == set()
    [said] = world.told.messages("Removed")
    for kind in MADE:
        assert f"{kind.kind} {slug(KEY)}" in said
    assert "Nothing is left: asked for by label, of " in said
    [line] = [line for line in lines if line["event"] == "tenant_removed"]
    assert line["tenant"] == KEY
    assert line["left"] == 0
    assert sorted(line["removed"]) == sorted(f"{kind.kind} {slug(KEY)}" for kind in MADE)
    assert set(line["listed"]) >= {kind.kind for kind in MADE}
    assert not world.told.messages("LeftBehind")


async def test_what_somebody_elses_finalizer_holds_is_not_said_to_be_gone(
    world: RegionWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removal, "_PATIENCE", 3.0)
    where = Ref(NETWORKPOLICIES, slug(KEY), world.tenants)
    async with world.running():
        await world.hand_over()
        await until_made(world)
        held = json.dumps({"metadata": {"finalizers": ["example.com/held"]}})
        world.plane.kubectl(
            *("patch", "networkpolicy", slug(KEY), "-n", world.tenants, "--type=merge", "-p", held)
        )
        try:
            await world.api.delete(Ref(PLACEMENTS, KEY, world.tenants))

            await until(lambda: gone(world))

            [said] = world.told.messages("LeftBehind")
            assert f"NetworkPolicy {slug(KEY)}" in said
            assert world.told.messages("Removed") == []
        finally:
            await world.api.merge_patch(where, {"metadata": {"finalizers": None}})


async def entries(database: Database) -> Sequence[Kept]:
    async with (
        open_pool(database.url, "acuse_admin", size=1, name="t") as pool,
        transaction(pool) as conn,
    ):
        return await list_entries(conn, tenant_id=tenant_id(KEY), code=None, limit=9)


async def test_the_audit_trail_has_what_was_taken_down_before_the_placement_is_gone(
    world: RegionWorld, database: Database
) -> None:
    async with proxy_to(_port(database)) as proxy:
        url = database.url.replace(f":{_port(database)}/", f":{proxy.port}/")
        world.settings = replace(world.settings, database_url=url)
        proxy.refusing = True
        async with world.running():
            await world.hand_over()
            await until_made(world)
            with capture_logs() as lines:
                await world.api.delete(Ref(PLACEMENTS, KEY, world.tenants))
                await until(lambda: "audit_delayed" in {line["event"] for line in lines})
                assert await world.placement() is not None, "it waits for its database"
                proxy.refusing = False
                await until(lambda: gone(world))

    [entry] = await entries(database)
    said = (entry.region, entry.code, entry.actor)
    assert said == (world.settings.region, "tenant.removed", "acuse-region")
    assert entry.detail["tenant"] == KEY
    assert entry.detail["left"] == []
    assert sorted(entry.detail["removed"]) == sorted(f"{kind.kind} {slug(KEY)}" for kind in MADE)
    assert set(entry.detail["listed"]) >= {kind.kind for kind in MADE}
    assert not world.told.messages("NotAudited")


async def test_a_removal_does_not_wait_for_ever_for_a_database_that_is_gone(
    world: RegionWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removal, "_TRAIL_PATIENCE", 3.0)
    world.settings = replace(world.settings, database_url="postgresql://u:pw@127.0.0.1:1/x")
    async with world.running():
        await world.hand_over()
        await until_made(world)
        await world.api.delete(Ref(PLACEMENTS, KEY, world.tenants))
        await until(lambda: gone(world))

    [said] = world.told.messages("NotAudited")
    assert "OperationalError" in said
    assert "pw" not in said


def _port(database: Database) -> int:
    port = urlsplit(database.url).port
    assert port is not None
    return port
