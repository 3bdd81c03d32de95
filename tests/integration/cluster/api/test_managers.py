"""Who manages which field is half of an object: one who never asks need not keep it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from acuse_cluster.access import load_access
from acuse_cluster.client import Api, Selection
from acuse_cluster.kinds import CONFIGMAPS, Manifest, ref_of
from acuse_lab.regions.control_plane import ControlPlane
from support.cluster_tenants import ClusterTenants, cluster_tenants


@pytest.fixture
async def world(control_plane: ControlPlane) -> AsyncIterator[ClusterTenants]:
    async with cluster_tenants(control_plane) as made:
        yield made


@pytest.mark.parametrize("has_managers", [True, False])
async def test_they_are_in_every_answer_or_in_none(
    control_plane: ControlPlane, world: ClusterTenants, *, has_managers: bool
) -> None:
    one: Manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "one", "namespace": world.namespace},
        "data": {"a": "1"},
    }
    access = await load_access(kubeconfig=str(control_plane.kubeconfig()))
    async with Api(access, has_managers=has_managers) as api:
        before = await api.list(CONFIGMAPS, namespace=world.namespace)
        applied = await api.apply(one, manager="acuse-hub")
        read = await api.get(ref_of(one))
        listed = await api.list(CONFIGMAPS, namespace=world.namespace)
        chosen = Selection(CONFIGMAPS, world.namespace)
        async with api.stream(
            chosen, version=before.resource_version, silence=60.0, seconds=60
        ) as objects:
            watched = (await anext(objects))["object"]

    assert read is not None
    for each in (applied, read, *listed.items, watched):
        assert ("managedFields" in each["metadata"]) is has_managers
    assert applied["data"] == watched["data"] == {"a": "1"}
