"""A write of the region's that is refused, put off or slow is done in the end, and alone waits."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime

import pytest

from acuse.resources.names import REGION_FINALIZER, labels, slug
from acuse_cluster.kinds import (
    DEPLOYMENTS,
    HPAS,
    HTTPROUTES,
    NETWORKPOLICIES,
    PDBS,
    PLACEMENTS,
    REGIONS,
    SECRETS,
    SERVICEACCOUNTS,
    Kind,
    Ref,
)
from acuse_operator.conditions import conditions_of, find
from acuse_operator.region.role import REGION_KEY
from support.admission_faults import LATER, Fault, Faults, admission_faults, refusals, until_refused
from support.eventually import until
from support.placements import KEY, placement_object
from support.region_world import HUB, RegionWorld

OTHER = "retail.kiosco"
CHILDREN = (HTTPROUTES, SERVICEACCOUNTS, SECRETS, NETWORKPOLICIES, DEPLOYMENTS, HPAS, PDBS)
ALL = {kind.kind for kind in CHILDREN}


@dataclass(slots=True)
class Faulty:
    """A region whose writes about one tenant meet faults."""

    world: RegionWorld
    faults: Faults

    def lay(self, resource: str, **how: object) -> Fault:
        """Let the region's writes of one of the tenant's objects meet a fault."""
        is_placement = resource.startswith(PLACEMENTS.plural)
        return self.faults.lay(resource, KEY if is_placement else slug(KEY), **how)

    async def hand_over_both(self) -> None:
        """Hand over the tenant, and another one."""
        await self.world.hand_over()
        wanted = placement_object(
            tenant={"namespace": "retail", "name": "kiosco", "uid": "0c8f"},
            region=self.world.settings.region,
            workers={"mode": "Shared"},
        )
        where = {"namespace": self.world.tenants}
        wanted["metadata"] = {**where, "name": OTHER, "labels": labels("placement", key=OTHER)}
        await self.world.api.apply(wanted, manager=HUB)

    async def other_has_route(self) -> bool:
        """Tell whether the other tenant is carried out."""
        ref = Ref(HTTPROUTES, slug(OTHER), self.world.settings.release_namespace)
        return await self.world.api.get(ref) is not None

    async def until_all_made(self) -> None:
        """Return once the tenant has all that it is to have, and its placement says so."""

        async def made() -> bool:
            return await self.made() == ALL

        await until(made)
        await self.world.until_condition("SecretReady", "True", "SecretPresent")
        await self.world.until_condition("Progressing", "True")

    async def made(self) -> set[str]:
        """Return the kinds of which the tenant has an object."""
        return await self.world.there(CHILDREN)

    def refused(self, code: int) -> list[datetime]:
        """Return when the region was refused with this code."""
        agents = self.world.agents
        return refusals(self.world.plane, code, whose=lambda e: e["userAgent"] in agents)


@pytest.fixture
async def faulty(world: RegionWorld) -> AsyncGenerator[Faulty, None]:
    """Yield a region that nothing runs in yet, and what may go wrong with its writes."""
    where = (world.tenants, world.settings.release_namespace)
    async with admission_faults(world.plane, *where, users=["admin"]) as faults:
        yield Faulty(world, faults)


@pytest.mark.parametrize("how", LATER)
@pytest.mark.parametrize(
    "kind", [HTTPROUTES, SECRETS, DEPLOYMENTS, PDBS], ids=lambda kind: kind.kind
)
async def test_an_object_that_is_put_off_is_made_in_the_end_and_no_other_tenant_waits(
    faulty: Faulty, kind: Kind, how: dict[str, int]
) -> None:
    fault = faulty.lay(kind.plural, **how)
    await faulty.hand_over_both()
    async with faulty.world.running():
        await until(faulty.other_has_route)
        await until(lambda: fault.met >= 2)
        assert not await faulty.world.has(kind)
        fault.over = True
        await faulty.until_all_made()


async def test_an_object_that_somebody_refuses_for_long_is_named_and_all_others_are_made(
    faulty: Faulty,
) -> None:
    world, fault = faulty.world, faulty.lay("serviceaccounts", code=409)
    await faulty.hand_over_both()
    async with world.running():
        await world.until_condition("Ready", "False", "ApplyRefused")
        assert await faulty.made() == ALL - {"ServiceAccount"}
        said = find(conditions_of(await world.placement()), "Ready") or {}
        assert "a test asked for 409" in said["message"]
        fault.over = True
        await faulty.until_all_made()
        await world.until_condition("Ready", "False", "Waiting")


@pytest.mark.parametrize("how", LATER)
@pytest.mark.parametrize("resource", ["tenantplacements", "tenantplacements/status"])
async def test_a_placement_that_cannot_be_written_is_carried_out_in_the_end(
    faulty: Faulty, resource: str, how: dict[str, int]
) -> None:
    await faulty.hand_over_both()
    fault = faulty.lay(resource, **how)
    async with faulty.world.running():
        await until(faulty.other_has_route)
        await until(lambda: fault.met >= 2)
        # Nothing is made of a placement that is not held.
        assert (await faulty.made() == set()) == (resource == "tenantplacements")
        fault.over = True
        await faulty.until_all_made()


async def test_an_object_that_is_refused_again_and_again_is_tried_ever_more_seldom(
    faulty: Faulty,
) -> None:
    fault = faulty.lay("poddisruptionbudgets", code=409)
    await faulty.hand_over_both()

    async def is_ever_more_seldom() -> bool:
        # It is tried at once whenever one of the others is heard of; then only after a while.
        tries = await until_refused(lambda: faulty.refused(409), 5)
        gaps = [(b - a).total_seconds() for a, b in itertools.pairwise(tries)]
        return gaps[-1] > max(0.5, gaps[-2])

    async with faulty.world.running():
        await until(is_ever_more_seldom)
        fault.over = True
        await faulty.until_all_made()


async def test_an_api_server_that_asks_for_patience_is_given_as_much(faulty: Faulty) -> None:
    fault = faulty.lay("deployments", code=429, retry_after=2)
    await faulty.hand_over_both()
    async with faulty.world.running():
        await until(lambda: fault.met >= 3)
        fault.over = True
        await faulty.until_all_made()

    for one, next_one in itertools.pairwise(faulty.refused(429)):
        assert (next_one - one).total_seconds() >= 2.0


async def test_writes_of_five_seconds_each_make_their_tenant_late_and_no_other(
    faulty: Faulty,
) -> None:
    other_is_served = asyncio.Event()
    for resource in ("httproutes", "secrets", "deployments", "tenantplacements/status"):
        faulty.lay(resource, delay=5.0, gate=other_is_served)
    await faulty.hand_over_both()
    async with faulty.world.running():
        await until(faulty.other_has_route)
        assert await faulty.made() == set()
        other_is_served.set()
        await faulty.until_all_made()


@pytest.mark.parametrize(
    ("resource", "operation", "how"),
    [
        ("deployments", "DELETE", {"code": 409}),
        ("deployments", "DELETE", {"code": 429, "retry_after": 2}),
        ("httproutes", "DELETE", {"code": 409}),
        ("tenantplacements", "UPDATE", {"code": 409}),
        # A policy's no looks like that of a patch whose test fails, and no watch tells of its end.
        ("tenantplacements", "UPDATE", {"code": 422}),
    ],
)
async def test_a_placement_whose_removal_is_put_off_goes_in_the_end_and_leaves_nothing(
    faulty: Faulty, resource: str, operation: str, how: dict[str, int]
) -> None:
    world = faulty.world
    async with world.running() as role:
        await faulty.hand_over_both()
        await faulty.until_all_made()
        await world.until_settled(role)
        fault = faulty.lay(resource, operation=operation, **how)
        await world.api.delete(Ref(PLACEMENTS, KEY, world.tenants))
        await until(lambda: fault.met >= 2)
        placement = await world.placement()
        assert placement is not None
        assert REGION_FINALIZER in placement["metadata"]["finalizers"]
        fault.over = True

        async def gone() -> bool:
            return await world.placement() is None

        await until(gone)
        assert await faulty.other_has_route()
    assert await faulty.made() == set()


async def test_an_object_of_the_regions_own_that_fails_is_said_and_tenants_are_served(
    faulty: Faulty,
) -> None:
    world = faulty.world
    fault = faulty.faults.lay("networkpolicies", "acuse-default-deny", code=500)
    await faulty.hand_over_both()
    async with world.running() as role:
        await faulty.until_all_made()

        async def says(reason: str) -> bool:
            region = await world.api.get(Ref(REGIONS, world.settings.region))
            said = find(conditions_of(region or {}), "DatabaseReady") or {}
            return said.get("reason") == reason

        await until(lambda: says("RegionIncomplete"))
        fault.over = True
        # As it is again every fifteen seconds.
        role.enqueue(REGION_KEY)

        async def is_complete() -> bool:
            return not await says("RegionIncomplete")

        await until(is_complete)
