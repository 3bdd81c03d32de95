"""With no hub at all a region goes on: it heals and keeps what it has, also after a restart."""

from __future__ import annotations

from acuse.resources.names import sealed_name, slug
from acuse_cluster.kinds import DEPLOYMENTS, HTTPROUTES, SECRETS, Manifest, Ref
from support.eventually import until
from support.placements import KEY
from support.region_world import RegionWorld


async def until_made(world: RegionWorld) -> None:
    """Return once the tenant has its route, its workers and their Secret."""
    kinds = (DEPLOYMENTS, HTTPROUTES, SECRETS)

    async def made() -> bool:
        return await world.there(kinds) == {kind.kind for kind in kinds}

    await until(made)


async def files(world: RegionWorld) -> Manifest:
    """Return what the workers' Secret holds."""
    secret = await world.child(SECRETS)
    assert secret is not None
    return dict(secret["data"])


async def test_a_region_without_a_hub_heals_and_rotates_nothing_away_also_after_a_restart(
    world: RegionWorld,
) -> None:
    async with world.running() as role:
        await world.hand_over()
        await until_made(world)
        await world.until_settled(role)
        kept = await files(world)
        workers = await world.child(DEPLOYMENTS)
        assert workers is not None

    # The hub is gone for good, and what it had sealed as well.
    await world.api.delete(Ref(SECRETS, sealed_name(KEY), world.tenants))

    for _ in range(2):
        async with world.running() as role:
            await world.api.delete(Ref(HTTPROUTES, slug(KEY), world.namespace(HTTPROUTES)))
            world.plane.kubectl(
                *("label", "deployment", slug(KEY), "-n", world.tenants, "--overwrite"),
                "app.kubernetes.io/managed-by=somebody",
            )

            async def healed() -> bool:
                found = await world.child(DEPLOYMENTS)
                return (
                    found is not None
                    and found["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "acuse"
                    and await world.has(HTTPROUTES)
                )

            await until(healed)
            await world.until_condition("SecretReady", "False", "SecretMissing")
            await world.until_settled(role)

    now = await world.child(DEPLOYMENTS)
    assert now is not None
    assert now["metadata"]["uid"] == workers["metadata"]["uid"]
    assert now["spec"]["template"] == workers["spec"]["template"]
    assert await files(world) == kept


async def test_an_emptied_sealed_secret_takes_nothing_from_the_workers(world: RegionWorld) -> None:
    async with world.running() as role:
        await world.hand_over()
        await until_made(world)
        await world.until_settled(role)
        kept = await files(world)

        await world.seal({}, secret_hash="feedfacecafe0002")
        await world.until_condition("SecretReady", "False", "SecretStale")
        await world.until_settled(role)

        assert await files(world) == kept
        assert await world.has(DEPLOYMENTS)


async def test_what_the_region_has_once_is_made_again_without_a_hub(world: RegionWorld) -> None:
    ref = Ref(SECRETS, "acuse-region", world.tenants)

    async def made() -> bool:
        return await world.api.get(ref) is not None

    async with world.running():
        await until(made)
        await world.api.delete(ref)
        await until(made)
