"""A copy of a cluster's objects stays true whatever happens to the API server or the way to it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from acuse.errors import ApiExpired
from acuse_cluster.access import load_access
from acuse_cluster.client import Api, Selection
from acuse_cluster.informer import Change, Informer
from acuse_cluster.kinds import CONFIGMAPS, Manifest, Ref
from acuse_lab.regions.control_plane import ControlPlane
from support.cluster_tenants import ClusterTenants, cluster_tenants, kubeconfig_through
from support.eventually import until
from support.tcp_proxy import Proxy, proxy_to

OURS = {"test": "informer"}


@dataclass(slots=True)
class Told:
    """An informer, and what it said: change, name, and the value before and after."""

    informer: Informer
    said: list[tuple[str, str, str | None, str | None]] = field(
        default_factory=list[tuple[str, str, str | None, str | None]]
    )

    def hear(self, change: Change, manifest: Manifest, before: Manifest | None) -> None:
        self.said.append((change, manifest["metadata"]["name"], value(before), value(manifest)))

    def holds(self, values: dict[str, str | None]) -> bool:
        return self.values() == values

    def values(self) -> dict[str, str | None]:
        return {name: value(manifest) for (_, name), manifest in self.informer.cache.items()}


def value(manifest: Manifest | None) -> str | None:
    return None if manifest is None else manifest.get("data", {}).get("value")


async def write(world: ClusterTenants, name: str, text: str) -> None:
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": world.namespace, "labels": OURS},
        "data": {"value": text},
    }
    await world.api.apply(manifest, manager="test")


async def remove(world: ClusterTenants, name: str) -> None:
    await world.api.delete(Ref(CONFIGMAPS, name, world.namespace))


async def watch_from(world: ClusterTenants, version: str) -> None:
    chosen = Selection(CONFIGMAPS, world.namespace)
    async with world.api.stream(chosen, version=version, silence=60, seconds=60) as objects:
        await anext(objects)


@asynccontextmanager
async def informing(
    world: ClusterTenants, kubeconfig: str, *, silence: float = 60.0, is_thin: bool = False
) -> AsyncGenerator[Told, None]:
    async with Api(await load_access(kubeconfig=kubeconfig), deadline=5.0) as api:
        informer = Informer(api, CONFIGMAPS, namespace=world.namespace, labels="test=informer")
        informer.is_thin = is_thin
        informer.silence = silence
        told = Told(informer)
        informer.on_change = told.hear
        task = asyncio.create_task(informer.run())
        try:
            yield told
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


@asynccontextmanager
async def through_proxy(
    world: ClusterTenants, folder: Path, *, silence: float = 60.0
) -> AsyncGenerator[tuple[Told, Proxy], None]:
    async with proxy_to(world.plane.place.ports.api) as proxy:
        kubeconfig = kubeconfig_through(world.plane, proxy.port, folder)
        async with informing(world, kubeconfig, silence=silence) as told:
            yield told, proxy


@pytest.fixture
async def world(control_plane: ControlPlane) -> AsyncIterator[ClusterTenants]:
    async with cluster_tenants(control_plane) as made:
        yield made


@pytest.fixture
async def own_world(own_control_plane: ControlPlane) -> AsyncIterator[ClusterTenants]:
    async with cluster_tenants(own_control_plane) as made:
        yield made


def names(said: Sequence[tuple[str, str, str | None, str | None]]) -> list[tuple[str, str]]:
    return [(change, name) for change, name, _, _ in said]


async def test_every_change_is_told_once_with_what_was_before(world: ClusterTenants) -> None:
    await write(world, "a", "1")
    async with informing(world, str(world.plane.kubeconfig())) as told:
        await told.informer.synced.wait()
        await write(world, "a", "2")
        await write(world, "b", "1")
        await remove(world, "a")
        await until(lambda: len(told.said) >= 4)

    assert told.said == [
        ("ADDED", "a", None, "1"),
        ("MODIFIED", "a", "1", "2"),
        ("ADDED", "b", None, "1"),
        ("DELETED", "a", "2", "2"),
    ]
    assert told.values() == {"b": "1"}


async def test_a_thin_one_tells_the_whole_and_keeps_no_more_than_which_it_was(
    world: ClusterTenants,
) -> None:
    await write(world, "a", "1")
    async with informing(world, str(world.plane.kubeconfig()), is_thin=True) as told:
        await told.informer.synced.wait()
        await write(world, "a", "2")
        await write(world, "b", "1")
        await until(lambda: len(told.said) >= 3)
        kept = list(told.informer.cache.values())
        await remove(world, "a")
        await until(lambda: len(told.said) >= 4)

    assert told.said == [
        ("ADDED", "a", None, "1"),
        ("MODIFIED", "a", None, "2"),
        ("ADDED", "b", None, "1"),
        ("DELETED", "a", None, "2"),
    ]
    assert [sorted(manifest) for manifest in kept] == [["metadata"], ["metadata"]]


async def test_a_watch_that_is_dropped_goes_on_where_it_was(
    world: ClusterTenants, tmp_path: Path
) -> None:
    async with through_proxy(world, tmp_path) as (told, proxy):
        await told.informer.synced.wait()
        for number in range(3):
            before = proxy.made
            proxy.cut()
            await write(world, "a", str(number))
            await until(partial(told.holds, {"a": str(number)}))
            assert proxy.made > before
        assert told.informer.failing is None

    assert names(told.said) == [("ADDED", "a"), ("MODIFIED", "a"), ("MODIFIED", "a")]


async def test_a_silent_connection_is_given_up_and_everything_listed_anew(
    world: ClusterTenants, tmp_path: Path
) -> None:
    async with through_proxy(world, tmp_path, silence=0.5) as (told, proxy):
        await told.informer.synced.wait()
        proxy.silence()
        await write(world, "a", "1")
        await until(lambda: told.informer.failing is not None)
        proxy.cut()
        proxy.speak()
        await until(lambda: told.values() == {"a": "1"})


async def test_a_restart_with_a_forgotten_history_tells_what_vanished(
    own_world: ClusterTenants, tmp_path: Path
) -> None:
    await write(own_world, "goes", "1")
    await write(own_world, "stays", "1")
    await write(own_world, "is-made-anew", "1")
    async with through_proxy(own_world, tmp_path) as (told, proxy):
        await told.informer.synced.wait()
        proxy.refusing = True
        proxy.cut()
        await until(lambda: told.informer.failing == "api_unavailable")
        heard = len(told.said)
        version = (await own_world.api.list(CONFIGMAPS)).resource_version
        await remove(own_world, "goes")
        await remove(own_world, "is-made-anew")
        await write(own_world, "is-made-anew", "2")
        await write(own_world, "comes", "1")
        # Its watch cache begins with the present: what the informer saw last is too old for it.
        await asyncio.to_thread(own_world.plane.stop_apiserver)
        await asyncio.to_thread(own_world.plane.start_apiserver)
        with pytest.raises(ApiExpired):
            await watch_from(own_world, version)
        proxy.refusing = False
        await until(lambda: told.values() == {"stays": "1", "is-made-anew": "2", "comes": "1"})

    assert sorted(names(told.said[heard:])) == [
        ("ADDED", "comes"),
        ("ADDED", "is-made-anew"),
        ("DELETED", "goes"),
        ("DELETED", "is-made-anew"),
    ]


async def test_a_paused_server_is_noticed_and_followed_again(own_world: ClusterTenants) -> None:
    kubeconfig = str(own_world.plane.kubeconfig())
    async with informing(own_world, kubeconfig, silence=2.0) as told:
        await told.informer.synced.wait()
        await write(own_world, "a", "1")
        await until(lambda: told.values() == {"a": "1"})
        own_world.plane.pause()
        try:
            await until(lambda: told.informer.failing is not None)
            assert told.values() == {"a": "1"}
            assert told.informer.age() > 0
        finally:
            own_world.plane.resume()
        await until(lambda: told.informer.failing is None)
        await write(own_world, "a", "2")
        await until(lambda: told.values() == {"a": "2"})


async def test_who_has_no_right_yet_asks_until_it_is_given(world: ClusterTenants) -> None:
    user = f"reader-{world.namespace}"
    await write(world, "a", "1")
    async with informing(world, str(world.plane.kubeconfig(user))) as told:
        await until(lambda: told.informer.failing == "api_refused")
        assert not told.informer.synced.is_set()
        give = ("create", "rolebinding", "read", "--clusterrole=view", f"--user={user}")
        await asyncio.to_thread(world.plane.kubectl, *give, "-n", world.namespace)
        await until(told.informer.synced.is_set)

        assert told.values() == {"a": "1"}
        assert told.informer.failing is None

        await asyncio.to_thread(
            world.plane.kubectl, "delete", "rolebinding", "read", "-n", world.namespace
        )
        assert told.values() == {"a": "1"}


async def test_a_fault_in_who_listens_ends_nothing(world: ClusterTenants) -> None:
    async with informing(world, str(world.plane.kubeconfig())) as told:

        def fault(change: Change, manifest: Manifest, before: Manifest | None) -> None:
            told.hear(change, manifest, before)
            raise ValueError

        told.informer.on_change = fault
        await told.informer.synced.wait()
        await write(world, "a", "1")
        await write(world, "b", "1")
        await until(lambda: told.values() == {"a": "1", "b": "1"})

    assert names(told.said) == [("ADDED", "a"), ("ADDED", "b")]
