"""KEDA scales a dedicated tenant's workers on its backlog, down to none: KEDA itself, no fake.

`ACUSE_TEST_KEDA=1 pytest tests/keda` runs it; KEDA is then built, once (`python -m support.keda`).
A Deployment's wish is what is looked at: without nodes no pod ever runs.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from typing import Final

import pytest

from acuse.resources.names import slug
from acuse.resources.placement import TenantPlacement
from acuse.tenants.tenant import tenant_id
from acuse_cluster.kinds import Manifest
from acuse_lab.go_tools import build
from acuse_lab.regions.control_plane import ControlPlane
from acuse_operator.desired.objects import desired
from acuse_operator.desired.region_secret import region_secret
from acuse_operator.desired.views import Capabilities
from acuse_operator.desired.worker_secret import worker_files
from support.databases import Database
from support.events import NewEvent, add_events, query
from support.eventually import until
from support.keda import KEDA, Keda, running_keda
from support.placements import KEY, SETTINGS, placement_object, region_view, sealed_data

TENANTS: Final = SETTINGS.tenants_namespace
# KEDA looks every 10 s and takes the last worker away after two quiet minutes.
LONG: Final = 420.0
DONE = "UPDATE acuse.webhook_events SET status = 'processed', processed_at = now()"


@pytest.fixture
def keda(own_control_plane: ControlPlane) -> Iterator[Keda]:
    build(KEDA)
    with running_keda(own_control_plane) as running:
        yield running


def apply(plane: ControlPlane, manifests: Iterable[Manifest]) -> None:
    for manifest in manifests:
        plane.kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps(manifest))


def placed(plane: ControlPlane, **changes: object) -> TenantPlacement:
    """Make the placement: what is made for it goes away with its owner."""
    asked = placement_object(**changes)
    for given in ("uid", "generation"):
        del asked["metadata"][given]
    said = plane.kubectl("create", "-o", "json", "-f", "-", stdin=json.dumps(asked))
    return TenantPlacement.parse(json.loads(said))


def replicas(plane: ControlPlane) -> int:
    said = plane.kubectl("-n", TENANTS, "get", "deployment", slug(KEY), "-o", "json")
    return int(json.loads(said)["spec"].get("replicas", 1))


def events(first: int, count: int) -> list[NewEvent]:
    """Return receipts of as many people, each on a lane of its own."""
    return [
        NewEvent(f"wamid.{n}", lane=f"sender:AR.{n}", tenant=tenant_id(KEY), region=SETTINGS.region)
        for n in range(first, first + count)
    ]


@pytest.mark.skipif(
    not os.environ.get("ACUSE_TEST_KEDA"), reason="ACUSE_TEST_KEDA=1 builds KEDA and runs this"
)
@pytest.mark.timeout(3600)
async def test_workers_come_with_the_backlog_and_go_with_it(
    own_control_plane: ControlPlane, keda: Keda, database: Database
) -> None:
    plane = own_control_plane
    for namespace in (TENANTS, SETTINGS.release_namespace):
        plane.kubectl("create", "namespace", namespace)
    wanted = placed(plane, workers={"mode": "Dedicated", "min": 0, "max": 4})
    files = worker_files(wanted, sealed_data())
    made = desired(wanted, region_view(), Capabilities(keda=True), SETTINGS, files=files)
    assert "ScaledObject" in {manifest["kind"] for manifest in made}
    apply(plane, [region_secret(SETTINGS, database_url=database.url, variables={}), *made])

    # A Deployment begins with one; KEDA finds nothing to do and takes it away.
    await until(lambda: replicas(plane) == 0, within=LONG)

    add_events(database.owner_url, events(0, 5))
    await until(lambda: replicas(plane) == 1, within=LONG)

    add_events(database.owner_url, events(5, 70))
    await until(lambda: replicas(plane) == 4, within=LONG)

    query(database.owner_url, DONE)
    await until(lambda: replicas(plane) == 0, within=LONG)

    assert keda.operator.alive(), keda.said()
    assert keda.adapter.alive(), keda.said()
