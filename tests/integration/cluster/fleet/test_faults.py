"""What a hub does when regions are slow, dead, shut or locked, and when hubs are one too many."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from datetime import timedelta

from acuse_cluster.kinds import SECRETS, TENANTS, Ref
from acuse_operator.hub.differences import epoch_of
from support.eventually import until
from support.fleet_world import FarRegion, FleetWorld, numbers
from support.operator_rights import grant
from support.short_lived import valid_for


async def two_tenants(fleet: FleetWorld, first: FarRegion, second: FarRegion) -> None:
    """Register both regions and place a tenant in each: `acme` and `blue`."""
    for far in (first, second):
        await fleet.register(far)
    await fleet.hub.put_secret()
    await fleet.hub.apply("acme", placement={"home": first.name})
    await fleet.hub.apply("blue", placement={"home": second.name}, **numbers("200"))


async def test_a_region_that_falls_silent_is_unknown_and_delays_no_other(
    fleet: FleetWorld, first: FarRegion, second: FarRegion
) -> None:
    async with fleet.hub.running():
        await two_tenants(fleet, first, second)
        for tenant in ("acme", "blue"):
            await fleet.hub.until_condition("Ready", "True", tenant=tenant)

        await fleet.until_reachable(first, "True", "Answers")
        # Packets are dropped: nobody hangs up, and nobody answers.
        first.proxy.silence()
        await fleet.hub.apply("acme", displayName="Later SA", placement={"home": first.name})
        blue = numbers("200") | {"displayName": "Now SA", "placement": {"home": second.name}}
        await fleet.hub.apply("blue", **blue)
        await until(lambda: fleet.named(second, "blue", "Now SA"))
        assert await fleet.reachable(first) == ("True", "Answers"), "it was not that slow"

        await fleet.until_reachable(first, "Unknown", "Unreachable")
        await fleet.until_phase(first, "Unknown")
        await fleet.hub.until_condition("Ready", "Unknown", "RegionUnreachable")
        assert await fleet.hub.condition("Ready", "blue") != {}
        await fleet.hub.until_condition("Ready", "True", tenant="blue")

        first.proxy.speak()
        await until(lambda: fleet.named(first, "acme", "Later SA"))
        await fleet.until_reachable(first, "True", "Answers")
        await fleet.hub.until_condition("Ready", "True")


async def test_a_slow_region_slows_nobody(
    fleet: FleetWorld, first: FarRegion, second: FarRegion
) -> None:
    first.proxy.lag = 5.0
    async with fleet.hub.running():
        await two_tenants(fleet, first, second)
        await fleet.hub.until_condition("Ready", "True", tenant="blue")
        assert not await first.has(fleet.hub.key("acme")), "each answer takes seconds"
        # It is slow, and no more than that.
        await until(lambda: first.has(fleet.hub.key("acme")), within=120.0)
        await fleet.until_reachable(first, "True", "Answers")


async def test_an_operator_that_stopped_in_its_region_is_silent_whatever_its_clock_says(
    fleet: FleetWorld, first: FarRegion, second: FarRegion
) -> None:
    first.skew, second.skew = timedelta(hours=3), timedelta(hours=-3)
    async with fleet.hub.running():
        for far in (first, second):
            await fleet.register(far)
        for far in (first, second):
            await fleet.until_reachable(far, "True", "Answers")
        first.is_beating = False
        await fleet.until_reachable(first, "Unknown", "Silent")
        assert await fleet.reachable(second) == ("True", "Answers")
        # Its clock was set right meanwhile: an earlier time is a beat as any other.
        first.skew, first.is_beating = timedelta(0), True
        await fleet.until_reachable(first, "True", "Answers")


async def test_credentials_are_rotated_revoked_and_missing_without_a_restart(
    fleet: FleetWorld, first: FarRegion
) -> None:
    hub = fleet.hub

    async def rename(name: str) -> None:
        await hub.apply(displayName=name, placement={"home": first.name})
        await until(lambda: fleet.named(first, "acme", name))

    async with hub.running():
        await fleet.register(first)
        await hub.put_secret()
        await hub.apply(placement={"home": first.name})
        await hub.until_condition("Ready", "True")

        # Missing: what it said last is used on.
        await hub.api.delete(Ref(SECRETS, f"region-{first.name}", hub.settings.release_namespace))
        await rename("Without SA")

        # Others: the account changes under a hub that runs.
        rotated = f"{first.user}-rotated"
        grant(first.plane, rotated, "link", tenants=first.namespace, release="default")
        await fleet.hand_kubeconfig(first, first.kubeconfig(rotated))
        first.plane.kubectl("delete", "rolebinding", first.user, "--namespace", first.namespace)
        first.user = rotated

        async def by_the_new_account() -> bool:
            return first.hub_writes() != []

        await rename("Rotated SA")
        await until(by_the_new_account)

        # Revoked.
        words = ("delete", "rolebinding", rotated, "--namespace", first.namespace)
        first.plane.kubectl(*words)
        await fleet.until_reachable(first, "Unknown", "Unauthorized")
        await hub.until_condition("Ready", "Unknown", "RegionUnauthorized")
        grant(first.plane, rotated, "link", tenants=first.namespace, release="default")
        await fleet.until_reachable(first, "True", "Answers")
        await hub.until_condition("Ready", "True")


async def test_a_certificate_that_expires_shuts_the_hub_out_until_there_is_another(
    fleet: FleetWorld, first: FarRegion
) -> None:
    hub = fleet.hub
    soon = valid_for(first.kubeconfig(), first.plane, first.user, timedelta(seconds=20))
    async with hub.running():
        await fleet.register(first)
        await fleet.hand_kubeconfig(first, soon)
        await hub.put_secret()
        await hub.apply(placement={"home": first.name})
        await hub.until_condition("Ready", "True")

        await fleet.until_reachable(first, "Unknown", "Unauthorized")
        await hub.until_condition("Ready", "Unknown", "RegionUnauthorized")
        assert await first.has(hub.key())

        await fleet.hand_kubeconfig(first, first.kubeconfig())
        await fleet.until_reachable(first, "True", "Answers")
        await hub.apply(displayName="Later SA", placement={"home": first.name})
        await until(lambda: fleet.named(first, "acme", "Later SA"))
        await hub.until_condition("Ready", "True")


async def test_a_region_that_is_removed_while_it_is_down_is_let_go(
    fleet: FleetWorld, first: FarRegion, second: FarRegion
) -> None:
    async with fleet.hub.running():
        await two_tenants(fleet, first, second)
        for tenant in ("acme", "blue"):
            await fleet.hub.until_condition("Ready", "True", tenant=tenant)
        first.proxy.refusing = True
        first.proxy.cut()
        await fleet.until_reachable(first, "Unknown", "Unreachable")

        await fleet.deregister(first)
        await fleet.hub.until_condition("Ready", "False", "UnknownRegion")
        await fleet.hub.until_condition("Ready", "True", tenant="blue")
        first.proxy.refusing = False
        await fleet.register(first)
        await fleet.hub.until_condition("Ready", "True")


async def test_a_hub_that_was_set_back_in_time_takes_nothing_away(
    fleet: FleetWorld, first: FarRegion
) -> None:
    """Its Tenants are missing, and its epoch is one that the region has seen the end of."""
    hub = fleet.hub
    async with hub.running(epoch=7):
        await fleet.register(first)
        await hub.put_secret()
        await hub.apply("acme", placement={"home": first.name})
        await hub.apply("blue", placement={"home": first.name}, **numbers("200"))
        for tenant in ("acme", "blue"):
            await hub.until_condition("Ready", "True", tenant=tenant)

        async def floored() -> bool:
            return await first.floor() == "7"

        await until(floored)

    # What etcd's older copy has not: the Tenant, its finalizer, and word of its deletion.
    ref = Ref(TENANTS, "blue", hub.namespace)
    await hub.api.merge_patch(ref, {"metadata": {"finalizers": None}})
    await hub.api.delete(ref)
    before = len(first.hub_writes())
    async with hub.running(epoch=3):
        await hub.apply("acme", displayName="Old SA", placement={"home": first.name})
        await hub.until_condition("RegionsSynced", "False", "NewerHub")
        assert await first.placements() == [hub.key("acme"), hub.key("blue")]
        assert first.hub_writes()[before:] == []

    async with hub.running(epoch=8):
        await until(lambda: fleet.named(first, "acme", "Old SA"))
        await hub.until_condition("Ready", "True")
        assert await first.placements() == [hub.key("acme"), hub.key("blue")]
    assert epoch_of(await first.placement(hub.key("acme"))) == 8


async def test_a_hub_that_was_set_back_in_time_takes_no_region_from_a_tenant(
    fleet: FleetWorld, first: FarRegion, second: FarRegion
) -> None:
    """Its copy is from before the tenant had a standby, which is nevertheless not taken down."""
    hub = fleet.hub
    async with hub.running(epoch=7):
        for far in (first, second):
            await fleet.register(far)
        await hub.put_secret()
        await hub.apply(placement={"home": first.name, "standby": [second.name]})
        await hub.until_condition("Ready", "True")

        async def floored() -> bool:
            return [await far.floor() for far in (first, second)] == ["7", "7"]

        await until(floored)

    await hub.apply(placement={"home": first.name})
    before = len(second.hub_writes())
    async with hub.running(epoch=3):
        await hub.until_condition("RegionsSynced", "False", "NewerHub")

        async def is_told() -> bool:
            return "NewerHub" in str(await hub.live())

        await until(is_told)
        assert second.hub_writes()[before:] == []
        assert await second.placements() == [hub.key()]

    async with hub.running(epoch=8):

        async def has_left() -> bool:
            return not await second.has(hub.key())

        await until(has_left)
        await hub.until_condition("Ready", "True")


async def test_two_hubs_by_mistake_do_no_harm(fleet: FleetWorld, first: FarRegion) -> None:
    hub = fleet.hub
    async with hub.running(epoch=1), hub.running(epoch=2):
        await fleet.register(first)
        await hub.put_secret()
        await hub.apply(placement={"home": first.name})

        edits = itertools.count(1)

        async def edit_is_the_newer_ones() -> bool:
            """Tell which hub carried out one more edit; the older may not have heard yet."""
            name = f"Edit {next(edits)} SA"
            await hub.apply(displayName=name, placement={"home": first.name})
            await until(lambda: fleet.named(first, "acme", name))
            return epoch_of(await first.placement(hub.key())) == 2

        async def newer_hub_is_told_of() -> bool:
            return "NewerHub" in str(await hub.live())

        async def nothing_is_written() -> bool:
            """Tell whether for two seconds neither wrote over what the other had written."""
            before = await hub.live()
            await asyncio.sleep(2.0)
            return await hub.live() == before

        await until(edit_is_the_newer_ones)
        assert await first.floor() == "2"
        await until(newer_hub_is_told_of)
        for _ in range(3):
            assert await edit_is_the_newer_ones(), "the older one has heard of the newer"
        await until(nothing_is_written)

    assert [w for w in first.hub_writes() if w.startswith("delete")] == []


async def test_of_two_hubs_in_one_epoch_the_first_is_listened_to(
    fleet: FleetWorld, first: FarRegion
) -> None:
    """One that was set back counts on from its copy, and comes to where another had been."""
    hub = fleet.hub
    async with hub.running(epoch=4):
        await fleet.register(first)
        await hub.put_secret()
        await hub.apply(placement={"home": first.name})
        await hub.until_condition("Ready", "True")
        await until(lambda: _is_floored(first, 4))
    before = len(first.hub_writes())
    async with hub.running(epoch=4):
        await hub.apply(displayName="Old SA", placement={"home": first.name})
        await hub.until_condition("RegionsSynced", "False", "NewerHub")
        assert "Another hub of epoch 4" in str(await hub.live())
        assert first.hub_writes()[before:] == []
    async with hub.running(epoch=5):
        await until(lambda: fleet.named(first, "acme", "Old SA"))
        await hub.until_condition("Ready", "True")


async def _is_floored(far: FarRegion, epoch: int) -> bool:
    return await far.floor() == str(epoch)


async def test_what_a_region_had_not_taken_up_when_the_hub_changed_is_written_anew(
    fleet: FleetWorld, first: FarRegion
) -> None:
    """The next hub's other tenants raised the region's epoch before this one's turn came."""
    hub = fleet.hub
    first.is_answering = False

    def is_of(epoch: int) -> Callable[[], Awaitable[bool]]:
        async def holds() -> bool:
            return epoch_of(await first.placement(hub.key())) == epoch

        return holds

    async with hub.running(epoch=1):
        await fleet.register(first)
        await hub.put_secret()
        await hub.apply(placement={"home": first.name})
        await until(is_of(1))

    async with hub.running(epoch=2):
        await first.refuse(hub.key())
        await until(is_of(2))
        first.is_answering = True
        await hub.until_condition("Ready", "True")
