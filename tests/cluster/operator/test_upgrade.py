"""`helm upgrade` while tenants are served: what is not changed stays, and all stay Ready."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from acuse.resources.names import slug
from acuse_lab.running.in_cluster import CHART, NAMESPACE, RELEASE, TENANTS_NAMESPACE
from acuse_lab.running.tenants import LabTenant
from support.installed import TENANTS, Installed, Manifest


@pytest.fixture(scope="module", autouse=True)
def settled(acuse_installed: Installed, tenants: list[LabTenant]) -> Iterator[None]:
    """Begin once there is nothing more to be written; undo what the upgrades here have changed."""
    asyncio.run(acuse_installed.until_settled(*tenants))
    yield
    acuse_installed.install()


def test_an_upgrade_with_the_same_values_changes_nothing(
    acuse: Installed, tenants: list[LabTenant]
) -> None:
    pods, versions = pods_of(acuse), acuse.versions()

    acuse.install()

    assert pods_of(acuse) == pods
    assert acuse.versions() == versions
    assert acuse.not_ready(*tenants) == []


def test_helm_test_passes(acuse: Installed) -> None:
    said = acuse.here.helm("test", RELEASE)

    assert "Phase:          Succeeded" in said


async def test_a_kind_gets_a_field_and_no_tenant_is_touched(
    acuse: Installed, tenants: list[LabTenant], tmp_path: Path
) -> None:
    versions = acuse.versions()

    await asyncio.to_thread(acuse.install, chart=later_chart(tmp_path))

    await acuse.until(
        lambda: "A note." in acuse.kubectl("explain", "tenants.spec"), what="the field explained"
    )
    assert acuse.versions() == versions
    assert acuse.not_ready(*tenants) == []


async def test_programs_that_are_replaced_leave_tenants_ready_all_the_while(
    acuse: Installed, tenants: list[LabTenant]
) -> None:
    pods, versions = pods_of(acuse), acuse.versions()

    await asyncio.to_thread(acuse.install, logLevel="debug")

    now = pods_of(acuse)
    kept = {name for name, uids in pods.items() if uids & now[name]}
    # The trial's servers, and workers of tenants.
    assert kept == {"acuse-postgres", "acuse-s3", slug(tenants[1].key)}
    assert now.keys() - kept == {"acuse-operator", "acuse-intake", "acuse-workers", "acuse-api"}
    await acuse.until_ready(*tenants)
    # Not one write: nothing was ever said to be otherwise.
    assert acuse.versions() == versions


def pods_of(acuse: Installed) -> dict[str, set[str]]:
    """Return the uids of each program's pods; of Jobs there are none."""
    found: dict[str, set[str]] = {}
    for namespace in (NAMESPACE, TENANTS_NAMESPACE):
        listed = acuse.here.object("pods", "--namespace", namespace) or {"items": []}
        for pod in listed["items"]:
            program = program_of(pod)
            if program and "deletionTimestamp" not in pod["metadata"]:
                found.setdefault(program, set()).add(pod["metadata"]["uid"])
    return found


def program_of(pod: Manifest) -> str:
    """Return the Deployment or StatefulSet that a pod is of; empty for any other."""
    for owner in pod["metadata"].get("ownerReferences", []):
        name: str = owner["name"]
        if owner["kind"] == "ReplicaSet":
            return name.rpartition("-")[0]
        if owner["kind"] == "StatefulSet":
            return name
    return ""


def later_chart(folder: Path) -> Path:
    """Return a chart as a later version may be: Tenants have one field more."""
    chart = folder / "acuse"
    shutil.copytree(CHART, chart)
    file = chart / "files" / "crds" / f"{TENANTS}.yaml"
    crd: Manifest = yaml.safe_load(file.read_text())
    for version in crd["spec"]["versions"]:
        properties = version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
        properties["note"] = {"type": "string", "maxLength": 200, "description": "A note."}
    file.write_text(yaml.safe_dump(crd))
    return chart
