"""Calls of a real API server: what each returns, and which of our errors an answer becomes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from acuse.errors import ApiConflict, ApiRefused, ApiUnavailable
from acuse_cluster.access import Access, load_access
from acuse_cluster.client import Api
from acuse_cluster.kinds import (
    CONFIGMAPS,
    DEPLOYMENTS,
    NAMESPACES,
    PLACEMENTS,
    SCALEDOBJECTS,
    SECRETS,
    Manifest,
    Ref,
    ref_of,
)
from acuse_lab.regions.control_plane import ControlPlane
from support.cluster_tenants import ClusterTenants, cluster_tenants, kubeconfig_through
from support.tcp_proxy import proxy_to


@pytest.fixture
async def world(control_plane: ControlPlane) -> AsyncIterator[ClusterTenants]:
    async with cluster_tenants(control_plane) as made:
        yield made


def config_map(world: ClusterTenants, name: str = "one", **data: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": world.namespace},
        "data": data,
    }


async def test_an_object_is_applied_read_patched_and_deleted(world: ClusterTenants) -> None:
    api, one = world.api, config_map(world, a="1")
    ref = ref_of(one)
    assert await api.get(ref) is None

    made = await api.apply(one, manager="acuse-hub")
    merged = await api.merge_patch(ref, {"data": {"b": "2"}})
    patched = await api.json_patch(ref, [{"op": "replace", "path": "/data/a", "value": "3"}])

    assert (made["data"], merged["data"]) == ({"a": "1"}, {"a": "1", "b": "2"})
    assert patched["data"] == {"a": "3", "b": "2"}
    assert await api.get(ref) == patched
    assert await api.delete(ref) is True
    assert await api.delete(ref) is False


async def test_applying_without_force_names_the_conflict_and_a_dry_run_writes_nothing(
    world: ClusterTenants,
) -> None:
    api = world.api
    await api.apply(config_map(world, a="1"), manager="somebody")
    tried = await api.apply(config_map(world, a="2"), manager="acuse-hub", dry_run=True)
    assert tried["data"] == {"a": "2"}

    with pytest.raises(ApiConflict, match='conflict with "somebody"') as conflict:
        await api.apply(config_map(world, a="2"), manager="acuse-hub", force=False)

    assert conflict.value.reason == "Conflict"
    found = await api.get(Ref(CONFIGMAPS, "one", world.namespace))
    assert found is not None
    assert found["data"] == {"a": "1"}


async def test_a_status_is_applied_apart_from_the_rest(world: ClusterTenants) -> None:
    await world.put("shops.acme", "111")
    status = {"observedGeneration": 1, "url": "https://x.example"}
    ref = Ref(PLACEMENTS, "shops.acme", world.namespace)
    said: Manifest = {
        "apiVersion": PLACEMENTS.api_version,
        "kind": PLACEMENTS.kind,
        "metadata": {"name": ref.name, "namespace": ref.namespace},
        "status": status,
    }

    await world.api.apply(said, manager="acuse-region", subresource="status")

    found = await world.api.get(ref)
    assert found is not None
    assert found["status"] == status
    assert found["spec"]["region"] == "ar-1"


async def test_what_is_there_or_moved_on_is_a_conflict(world: ClusterTenants) -> None:
    api, one = world.api, config_map(world, a="1")
    made = await api.create(one)
    with pytest.raises(ApiConflict) as twice:
        await api.create(one)
    assert twice.value.reason == "AlreadyExists"

    await api.replace({**made, "data": {"a": "2"}})
    with pytest.raises(ApiConflict) as stale:
        await api.replace({**made, "data": {"a": "3"}})
    assert stale.value.reason == "Conflict"
    with pytest.raises(ApiConflict):
        await api.merge_patch(ref_of(one), {"metadata": {"resourceVersion": "1"}, "data": None})
    with pytest.raises(ApiConflict):
        await api.delete(ref_of(one), uid="another")


async def test_a_refusal_says_its_status_and_reason(world: ClusterTenants) -> None:
    lost = config_map(world)
    lost["metadata"]["namespace"] = "nowhere"
    with pytest.raises(ApiRefused) as missing:
        await world.api.apply(lost, manager="acuse-hub")
    with pytest.raises(ApiRefused) as invalid:
        await world.api.apply(config_map(world, name="Not_A_Name"), manager="acuse-hub")

    assert (missing.value.status, missing.value.reason) == (404, "NotFound")
    assert (invalid.value.status, invalid.value.reason) == (422, "Invalid")


async def test_who_has_no_right_is_refused(
    control_plane: ControlPlane, world: ClusterTenants
) -> None:
    access = await load_access(kubeconfig=str(control_plane.kubeconfig("nobody-at-all")))
    async with Api(access) as api:
        with pytest.raises(ApiRefused) as refused:
            await api.list(SECRETS, namespace=world.namespace)

    assert (refused.value.status, refused.value.reason) == (403, "Forbidden")


async def test_a_list_has_every_page_and_says_what_its_items_are(world: ClusterTenants) -> None:
    for number in range(3):
        await world.api.create(config_map(world, f"n{number}"))
    empty = await world.api.list(CONFIGMAPS, namespace=world.namespace, labels="no=such")
    some = await world.api.list(CONFIGMAPS, namespace=world.namespace, fields="metadata.name=n1")

    assert empty.items == []
    assert int(empty.resource_version) > 0
    assert [(item["kind"], item["metadata"]["name"]) for item in some.items] == [
        ("ConfigMap", "n1")
    ]


async def test_many_objects_come_page_by_page(world: ClusterTenants) -> None:
    names = {f"n{number}" for number in range(7)}
    for name in names:
        await world.api.create(config_map(world, name))
    world.api.page = 2

    listed = await world.api.list(CONFIGMAPS, namespace=world.namespace)

    found = [item["metadata"]["name"] for item in listed.items]
    assert len(found) == len(set(found))
    assert names <= set(found)


async def test_kinds_that_are_not_installed_are_known_not_to_be(world: ClusterTenants) -> None:
    assert await world.api.has_kind(DEPLOYMENTS)
    assert await world.api.has_kind(PLACEMENTS)
    assert not await world.api.has_kind(SCALEDOBJECTS)


async def test_no_answer_is_unavailable_within_the_deadline(
    control_plane: ControlPlane, tmp_path: Path
) -> None:
    async with proxy_to(control_plane.place.ports.api) as proxy:
        kubeconfig = kubeconfig_through(control_plane, proxy.port, tmp_path)
        async with Api(await load_access(kubeconfig=kubeconfig), deadline=0.5) as api:
            assert await api.get(Ref(NAMESPACES, "default")) is not None
            proxy.silence()
            with pytest.raises(ApiUnavailable, match=r"within 0\.5 s"):
                await api.get(Ref(NAMESPACES, "default"))
            proxy.refusing = True
            proxy.cut()
            with pytest.raises(ApiUnavailable) as cut:
                await api.get(Ref(NAMESPACES, "default"))

    assert cut.value.status is None


async def test_requests_are_counted_by_what_they_were_answered(world: ClusterTenants) -> None:
    def counted(code: str, method: str, access: Access) -> float:
        labels = {"code": code, "method": method, "host": access.server.partition("//")[2]}
        return REGISTRY.get_sample_value("rest_client_requests_total", labels) or 0.0

    there = await load_access(kubeconfig=str(world.plane.kubeconfig()))
    missing = counted("404", "GET", there)
    async with Api(there) as api:
        assert await api.get(ref_of(config_map(world, name="no-such"))) is None
    assert counted("404", "GET", there) == missing + 1

    there.server = "https://127.0.0.1:1"
    async with Api(there) as api:
        with pytest.raises(ApiUnavailable):
            await api.get(ref_of(config_map(world)))
    assert counted("<error>", "GET", there) == 1
