"""Many tenants in one region of `support.region_world`, with a route each and no workers."""

from __future__ import annotations

from acuse.resources.names import HELD_DELETIONS, labels, slug
from acuse_cluster.kinds import HTTPROUTES, PLACEMENTS, REGIONS, Manifest, Ref
from acuse_operator.conditions import conditions_of, find
from support.eventually import until
from support.placements import placement_object
from support.region_world import HUB, RegionWorld


def keys(count: int) -> list[str]:
    """Return the keys of so many tenants."""
    return [f"shops.tenant-{number:02}" for number in range(count)]


async def place(world: RegionWorld, key: str, **changes: object) -> None:
    """Write one tenant's placement as the hub does."""
    namespace, _, name = key.partition(".")
    made = placement_object(
        region=world.settings.region,
        tenant={"namespace": namespace, "name": name, "uid": "0c8e"},
        workers={"mode": "Shared"},
        **changes,
    )
    made["metadata"] = {
        "name": key,
        "namespace": world.tenants,
        "labels": labels("placement", key=key),
    }
    await world.api.apply(made, manager=HUB)


async def place_all(world: RegionWorld, count: int) -> list[str]:
    """Place so many tenants, and return their keys once each has its route."""
    for key in keys(count):
        await place(world, key)
    await until(lambda: _has_routes(world, count))
    return keys(count)


async def _has_routes(world: RegionWorld, count: int) -> bool:
    return len(await routes(world)) == count


async def routes(world: RegionWorld) -> dict[str, str]:
    """Return the uid of each route by its name."""
    listed = await world.api.list(HTTPROUTES, namespace=world.settings.release_namespace)
    return {route["metadata"]["name"]: route["metadata"]["uid"] for route in listed.items}


async def placements(world: RegionWorld) -> list[Manifest]:
    """Return all placements."""
    return (await world.api.list(PLACEMENTS, namespace=world.tenants)).items


async def delete(world: RegionWorld, *names: str) -> None:
    """Ask for the deletion of placements."""
    for key in names:
        await world.api.delete(Ref(PLACEMENTS, key, world.tenants))


async def route_of(world: RegionWorld, key: str) -> Manifest | None:
    """Return one tenant's route."""
    return await world.api.get(Ref(HTTPROUTES, slug(key), world.settings.release_namespace))


async def held(world: RegionWorld) -> tuple[str, str]:
    """Return what the Region says of held deletions: its status and its message."""
    region = await world.api.get(Ref(REGIONS, world.settings.region))
    found = find(conditions_of(region), "DeletionsHeld")
    return ("", "") if found is None else (found["status"], found["message"])


async def until_held(world: RegionWorld, count: int) -> str:
    """Return the time to answer with, once so many deletions are held."""

    async def says() -> bool:
        status, message = await held(world)
        return status == "True" and message.startswith(f"{count} of ")

    await until(says)
    _, message = await held(world)
    return message.partition("=delete:")[2].partition(" ")[0]


async def until_none_held(world: RegionWorld) -> None:
    """Return once the Region says that nothing is held."""

    async def says() -> bool:
        return (await held(world))[0] == "False"

    await until(says)


async def answer(world: RegionWorld, value: str) -> None:
    """Annotate the Region as the condition says."""
    world.plane.kubectl(
        *("annotate", "--overwrite", "region", world.settings.region),
        f"{HELD_DELETIONS}={value}",
    )
