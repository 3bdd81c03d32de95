"""Too many deletions at once wait for somebody's word; a few never do."""

from __future__ import annotations

import pytest
from prometheus_client import REGISTRY

from acuse.resources.names import LEAVING, REGION_FINALIZER, slug
from acuse_cluster.kinds import HTTPROUTES, NAMESPACES, PLACEMENTS, Ref
from acuse_operator.conditions import conditions_of, status_of
from support.eventually import until
from support.many_placements import (
    answer,
    delete,
    place,
    place_all,
    placements,
    route_of,
    routes,
    until_held,
    until_none_held,
)
from support.region_world import RegionWorld


def shown() -> float | None:
    """Return how many held deletions the metrics show."""
    return REGISTRY.get_sample_value("acuse_operator_deletions_held")


async def none_left(world: RegionWorld) -> bool:
    return not await placements(world) and not await routes(world)


async def all_marked(world: RegionWorld) -> bool:
    marks = [status_of(conditions_of(one), "DeletionHeld") for one in await placements(world)]
    return set(marks) == {"True"}


async def test_what_the_hub_drains_is_taken_down_however_many_there_are(
    world: RegionWorld,
) -> None:
    async with world.running():
        names = await place_all(world, 8)
        for key in names:
            mark = {"metadata": {"annotations": {LEAVING: "drain:1"}}}
            await world.api.merge_patch(Ref(PLACEMENTS, key, world.tenants), mark)

        await delete(world, *names)

        await until(lambda: none_left(world))
    assert world.told.messages("MassDeletion") == []


async def test_many_at_once_are_held_and_taken_down_when_somebody_says_so(
    world: RegionWorld,
) -> None:
    async with world.running():
        names = await place_all(world, 8)
        before = await routes(world)

        await delete(world, *names)

        until_then = await until_held(world, 8)
        assert shown() == 8
        await until(lambda: all_marked(world))
        assert await routes(world) == before
        for placement in await placements(world):
            assert REGION_FINALIZER in placement["metadata"]["finalizers"]
        [(type_, message)] = [(t, m) for t, why, m in world.told.said if why == "MassDeletion"]
        assert type_ == "Warning"
        assert "of 8 placements were asked to go at once" in message

        await answer(world, f"delete:{until_then}")

        await until(lambda: none_left(world))
        await until_none_held(world)
        assert shown() == 0
    assert len(world.told.messages("Removed")) == 8


async def test_a_restart_forgets_no_deletion_that_is_held(world: RegionWorld) -> None:
    async with world.running():
        names = await place_all(world, 8)
        # Five may go in any case; those after them find too few left to be many by themselves.
        await delete(world, *names[:5])

        async def five_went() -> bool:
            return len(await placements(world)) == 3

        await until(five_went)
        await delete(world, *names[5:])
        await until_held(world, 3)

    async with world.running() as role:
        until_then = await until_held(world, 3)
        for key in tuple(role.keys()):
            await role.reconcile(key)
        assert len(await routes(world)) == 3

        await answer(world, f"delete:{until_then}")
        await until(lambda: none_left(world))


async def test_placements_may_be_let_go_and_what_serves_the_tenants_kept(
    world: RegionWorld,
) -> None:
    async def none_there() -> bool:
        return await placements(world) == []

    async with world.running() as role:
        names = await place_all(world, 8)
        before = await routes(world)
        await delete(world, *names)
        until_then = await until_held(world, 8)

        await answer(world, f"keep:{until_then}")

        await until(none_there)
        await until_none_held(world)
        assert await routes(world) == before
        assert len(world.told.messages("Kept")) == 8

        # A hub that was restored hands them over again: nothing is made anew or written.
        written = len(world.writes())
        for key in names:
            await place(world, key)

        async def taken_over() -> bool:
            found = await placements(world)
            return len(found) == 8 and all(
                status_of(conditions_of(one), "DriftDetected") == "False" for one in found
            )

        await until(taken_over)
        await world.until_settled(role)
        assert await routes(world) == before
        again = [write for write in world.writes()[written:] if HTTPROUTES.plural in write]
        assert again == []

        # And they are looked after as before.
        await world.api.delete(Ref(HTTPROUTES, slug(names[0]), world.settings.release_namespace))
        await until(lambda: is_there(world, names[0]))


async def is_there(world: RegionWorld, key: str) -> bool:
    return await route_of(world, key) is not None


async def test_what_is_held_goes_on_as_it_was(world: RegionWorld) -> None:
    async with world.running():
        names = await place_all(world, 8)
        await delete(world, *names)
        await until_held(world, 8)
        was = await route_of(world, names[3])

        await world.api.delete(Ref(HTTPROUTES, slug(names[3]), world.settings.release_namespace))

        async def made_again() -> bool:
            now = await route_of(world, names[3])
            return now is not None and was is not None and now != was

        await until(made_again)


async def test_an_old_answer_says_nothing_of_what_comes_later(world: RegionWorld) -> None:
    async with world.running():
        names = await place_all(world, 8)
        await answer(world, "delete:2026-01-01T00:00:00Z")
        await delete(world, *names)
        until_then = await until_held(world, 8)
        # Nor does one that is none, or one of all times.
        for value in ("yes", "delete:2999-01-01T00:00:00Z"):
            await answer(world, value)
            await until_held(world, 8)
        assert len(await routes(world)) == 8

        await answer(world, f"delete:{until_then}")

        await until(lambda: none_left(world))


async def test_one_that_is_asked_for_alone_goes_though_others_are_held(world: RegionWorld) -> None:
    async with world.running():
        names = await place_all(world, 8)

        await delete(world, names[0])

        async def one_went() -> bool:
            return len(await routes(world)) == len(await placements(world)) == 7

        await until(one_went)


@pytest.mark.parametrize("world", [{"mass_deletion": 0.0}], indirect=True)
async def test_holding_can_be_turned_off(world: RegionWorld) -> None:
    async with world.running():
        names = await place_all(world, 8)

        await delete(world, *names)

        await until(lambda: none_left(world))


async def test_a_namespace_that_goes_is_not_held_up(world: RegionWorld) -> None:
    async with world.running():
        await place_all(world, 8)

        await world.api.delete(Ref(NAMESPACES, world.tenants))

        async def gone() -> bool:
            return not (await world.api.list(PLACEMENTS, namespace=world.tenants)).items

        await until(gone, within=120)
