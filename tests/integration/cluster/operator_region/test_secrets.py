"""The sealed Secret: missing, come later, rotated, taken away; and what a lower epoch may do."""

from __future__ import annotations

from acuse_cluster.kinds import DEPLOYMENTS, HPAS, HTTPROUTES, REGIONS, SECRETS, Manifest, Ref
from acuse_operator.conditions import conditions_of, find
from acuse_operator.desired.names import CONFIG_HASH
from support.eventually import until
from support.placements import KEY, encoded, sealed_data
from support.region_world import RegionWorld


async def config_hash(world: RegionWorld) -> str | None:
    deployment = await world.child(DEPLOYMENTS)
    if deployment is None:
        return None
    return str(deployment["spec"]["template"]["metadata"]["annotations"][CONFIG_HASH])


async def until_workers(world: RegionWorld) -> None:
    async def made() -> bool:
        return await world.has(DEPLOYMENTS) and await world.has(HPAS)

    await until(made)


async def test_without_the_sealed_secret_there_is_a_route_and_a_reason(world: RegionWorld) -> None:
    async with world.running():
        await world.place()

        await world.until_condition("SecretReady", "False", "SecretMissing")
        assert await world.has(HTTPROUTES)
        assert not await world.has(DEPLOYMENTS)
        assert await world.condition("WorkersReady") == ("False", "NoCredentials")

        await world.seal(sealed_data(), secret_hash="feedfacecafe0001")

        await until_workers(world)
        await world.until_condition("SecretReady", "True")


async def test_new_credentials_reach_the_workers_secret_and_replace_its_pods(
    world: RegionWorld,
) -> None:
    async with world.running():
        await world.hand_over()
        await until_workers(world)
        before = await config_hash(world)

        await world.seal(sealed_data(token="rotated"), secret_hash="feedfacecafe0002")
        await world.until_condition("SecretReady", "False", "SecretStale")
        await world.place(secret_hash="feedfacecafe0002", generation=2, hash="1123456789abcdef")

        await world.until_condition("SecretReady", "True")

        async def replaced() -> bool:
            return await config_hash(world) not in {None, before}

        await until(replaced)
    secret = await world.child(SECRETS)
    assert secret is not None
    assert encoded("rotated") in secret["data"].values()


async def test_a_sealed_secret_that_vanishes_stops_nothing(world: RegionWorld) -> None:
    async with world.running() as role:
        await world.hand_over()
        await until_workers(world)
        await world.until_condition("SecretReady", "True")
        before = await config_hash(world)

        await world.api.delete(Ref(SECRETS, f"{KEY}.sealed", world.tenants))

        await world.until_condition("SecretReady", "False", "SecretMissing")
        await world.until_settled(role)
        assert await config_hash(world) == before
        assert await world.has(SECRETS)
        assert await world.has(HPAS)
        assert await world.condition("DriftDetected") == ("False", "NoDrift")

        # And what is kept is still kept as it was.
        world.plane.kubectl(
            *("scale", "deployment", "-n", world.tenants, "--all", "--replicas=3"),
        )
        await world.until_settled(role)
        assert await config_hash(world) == before


async def test_a_database_secret_that_is_missing_is_named(world: RegionWorld) -> None:
    release = world.settings.release_namespace
    await world.api.delete(Ref(SECRETS, "database", release))

    async def said() -> bool:
        region = await world.api.get(Ref(REGIONS, world.settings.region))
        found = find(conditions_of(region), "DatabaseReady")
        wanted = f"Secret {release}/database: it does not exist."
        return found is not None and found["message"] == wanted

    async with world.running():
        await until(said)


async def test_a_placement_of_an_older_hub_is_not_carried_out(world: RegionWorld) -> None:
    async with world.running() as role:
        await world.hand_over(epoch=5)
        await until_workers(world)
        await world.until_condition("SecretReady", "True")
        await world.until_settled(role)

        role.placement_seen(_of_an_older_hub(await world.placement()))
        await role.reconcile(KEY)

        assert await world.condition("Ready") == ("False", "StaleEpoch")
        assert await world.has(DEPLOYMENTS)


def _of_an_older_hub(placement: Manifest | None) -> Manifest:
    assert placement is not None
    metadata = {**placement["metadata"], "resourceVersion": "9999999999"}
    bundle = {**placement["spec"]["bundle"], "workers": {"mode": "Shared", "min": 1, "max": 1}}
    spec = {**placement["spec"], "epoch": 4, "bundle": bundle}
    return {**placement, "metadata": metadata, "spec": spec}
