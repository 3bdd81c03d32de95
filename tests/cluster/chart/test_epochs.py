"""What a hub of an older epoch writes is refused by the API server, however it goes about it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any, Final

import pytest

from acuse.resources.names import EPOCH, EPOCH_FLOOR, labels, sealed_name
from acuse_cluster.access import load_access
from acuse_cluster.client import Api
from acuse_operator.desired.views import RegionSettings
from acuse_operator.rbac import rules
from support.chart import NAMESPACE
from support.chart_cluster import Cluster, Manifest
from support.eventually import until
from support.placements import KEY, REGION_SPEC, placement_object, sealed_data
from support.region_world import RegionWorld

TENANTS: Final = "acuse-tenants"
REGION: Final[Manifest] = {
    "apiVersion": "acuse.dev/v1alpha1",
    "kind": "Region",
    "metadata": {"name": "sao-paulo"},
    "spec": {
        **{part: said for part, said in REGION_SPEC.items() if part != "objectStore"},
        "intakeURL": "http://127.0.0.1:1",
    },
}
OLDER: Final = "hub epoch 4 is older than 5"
POLICIES: Final = {
    "acuse-epoch-placements",
    "acuse-epoch-secrets",
    "acuse-floor-placements",
    "acuse-floor-secrets",
    "acuse-floor",
}


@pytest.fixture(scope="module")
def region(chart_plane: Cluster) -> Iterator[Cluster]:
    """Yield a cluster in which the chart is installed as a region."""
    done = chart_plane.install("region")
    assert done.returncode == 0, done.stderr
    yield chart_plane
    chart_plane.plane.kubectl("delete", "tenantplacements", "--all", "--namespace", TENANTS)
    chart_plane.uninstall()


@pytest.fixture
async def world(region: Cluster) -> Cluster:
    """Yield the region without any tenant, its floor at 0, once its policies are in force."""
    region.plane.kubectl(
        *("delete", "tenantplacements,secrets", "--all", "--namespace", TENANTS),
    )
    set_floor(region, None)
    probe = placement(epoch=1)
    set_floor(region, 9)
    await until(lambda: "is older than 9" in said(region, probe, dry_run=True))
    set_floor(region, None)
    await until(lambda: said(region, probe, dry_run=True) == "")
    return region


def placement(**changes: Any) -> Manifest:
    """Return the placement as the hub writes it."""
    made = placement_object(**changes)
    made["metadata"] = {"name": KEY, "namespace": TENANTS, "labels": labels("placement", key=KEY)}
    return made


def sealed(epoch: int | str | None, *, token: str = "one") -> Manifest:
    """Return the sealed Secret as the hub writes it."""
    annotations = {} if epoch is None else {EPOCH: str(epoch)}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": sealed_name(KEY),
            "namespace": TENANTS,
            "labels": labels("sealed", key=KEY),
            "annotations": annotations,
        },
        "type": "acuse.dev/sealed",
        "data": sealed_data(token=token),
    }


def said(cluster: Cluster, manifest: Manifest, *, dry_run: bool = False) -> str:
    """Write an object as the hub does; return the API server's refusal, empty if it took it."""
    more = ("--dry-run=server",) if dry_run else ()
    return cluster.complaint(
        *("apply", "--server-side", "--force-conflicts", "--field-manager=acuse-hub"),
        *("-f", "-", *more),
        stdin=json.dumps(manifest),
    )


def set_floor(cluster: Cluster, epoch: int | None) -> None:
    """Put the floor where a test wants it, also lower: as who deletes it and makes it anew."""
    where = ("--namespace", TENANTS)
    cluster.plane.kubectl("delete", "configmap", EPOCH_FLOOR, "--ignore-not-found", *where)
    more = () if epoch is None else (f"--from-literal=epoch={epoch}",)
    cluster.plane.kubectl("create", "configmap", EPOCH_FLOOR, *more, *where)
    cluster.plane.kubectl("delete", "region", "sao-paulo", "--ignore-not-found")
    cluster.apply(REGION)
    if epoch is not None:
        say_floor(cluster, f'{{"epoch":{epoch}}}')


def say_floor(cluster: Cluster, status: str) -> str:
    """Write a Region's status as its operator does; return the API server's refusal."""
    return cluster.complaint(
        *("patch", "region", "sao-paulo", "--subresource=status", "--type=merge"),
        *("--patch", f'{{"status":{status}}}'),
    )


def floor(cluster: Cluster) -> str | None:
    """Return what the ConfigMap says."""
    found = cluster.get("configmap", EPOCH_FLOOR, "--namespace", TENANTS)
    assert found is not None
    data: dict[str, str] = found.get("data") or {}
    return data.get("epoch")


async def until_in_force(cluster: Cluster, epoch: int) -> None:
    """Return once the API server judges by this floor: it hears of it by a watch."""
    probe = placement(epoch=0)
    probe["metadata"]["name"] = "probe.probe"
    probe["spec"]["tenant"] = {"namespace": "probe", "name": "probe", "uid": "0"}
    await until(lambda: f"is older than {epoch}," in said(cluster, probe, dry_run=True))


async def test_a_hub_writes_higher_and_the_same_and_never_lower(world: Cluster) -> None:
    assert said(world, placement(epoch=5)) == ""
    assert said(world, sealed(5)) == ""

    # The kind's own rule is asked before any policy.
    assert "epoch must not go down" in said(world, placement(epoch=4, generation=2))
    assert OLDER in said(world, sealed(4, token="two"))
    # The same again, and a newer one.
    assert said(world, placement(epoch=5, generation=2)) == ""
    assert said(world, sealed(5, token="two")) == ""
    assert said(world, placement(epoch=6, generation=3)) == ""
    assert said(world, sealed(6, token="three")) == ""


async def test_without_the_floor_what_was_said_still_holds(world: Cluster) -> None:
    """Of the holes that were found, the first: no parameters must not mean no rule."""
    assert said(world, sealed(5)) == ""
    world.plane.kubectl("delete", "configmap", EPOCH_FLOOR, "--namespace", TENANTS)
    world.plane.kubectl("delete", "region", "sao-paulo")

    # No placement at all is taken while nobody knows the floor.
    await until(lambda: "no params found" in said(world, placement(epoch=6)))
    assert OLDER in said(world, sealed(4))
    # Not ours, not our business.
    other = sealed(None) | {"type": "Opaque"}
    other["metadata"] = {"name": "other", "namespace": TENANTS}
    assert said(world, other) == ""


async def test_deleting_and_creating_does_not_get_below_the_floor(world: Cluster) -> None:
    """The second hole: what is made anew has no older self."""
    assert said(world, placement(epoch=5)) == ""
    assert said(world, sealed(5)) == ""
    set_floor(world, 5)
    await until_in_force(world, 5)
    world.plane.kubectl("delete", "tenantplacements,secrets", "--all", "--namespace", TENANTS)

    assert "hub epoch 4 is older than 5, the highest" in said(world, placement(epoch=4))
    assert "hub epoch 4 is older than 5, the highest" in said(world, sealed(4))
    # One that says none is of before there were any.
    assert "hub epoch 1 is older than 5, the highest" in said(world, sealed(None))
    assert said(world, placement(epoch=5)) == ""
    assert said(world, sealed(5)) == ""


async def test_no_label_that_is_taken_off_opens_a_way(world: Cluster) -> None:
    """The third hole: a rule for labelled objects is none for those that lose the label."""
    assert said(world, sealed(5)) == ""
    assert said(world, placement(epoch=5)) == ""
    where = ("--namespace", TENANTS)
    for kind, name in (("secret", sealed_name(KEY)), ("tenantplacement", KEY)):
        gone = [f"{label}-" for label in labels("sealed", key=KEY)]
        world.plane.kubectl("label", kind, name, *where, *gone)
    bare = sealed(3)
    del bare["metadata"]["labels"]

    assert "hub epoch 3 is older than 5" in said(world, bare)
    # Nor one under the name alone, or of the type alone.
    set_floor(world, 5)
    await until_in_force(world, 5)
    for name, type_ in (("other.tenant.sealed", "Opaque"), ("other", "acuse.dev/sealed")):
        disguised: Manifest = {**copy.deepcopy(bare), "type": type_}
        disguised["metadata"]["name"] = name
        assert "hub epoch 3 is older than 5" in said(world, disguised)


async def test_the_epoch_of_a_secret_is_not_taken_off_and_is_a_number(world: Cluster) -> None:
    assert said(world, sealed(None)) == ""
    assert "must be a whole number" in said(world, sealed("five"))
    assert said(world, sealed(5)) == ""
    where = ("--namespace", TENANTS)

    refused = world.refusal("annotate", "secret", sealed_name(KEY), *where, f"{EPOCH}-")

    assert "annotation acuse.dev/epoch must stay" in refused
    assert "must be a whole number" in world.refusal(
        "annotate", "--overwrite", "secret", sealed_name(KEY), *where, f"{EPOCH}=-1"
    )


async def test_what_others_do_to_older_placements_is_not_refused(world: Cluster) -> None:
    """The region's finalizers and status, an administrator's labels and deletions."""
    assert said(world, placement(epoch=3)) == ""
    assert said(world, sealed(3)) == ""
    set_floor(world, 5)
    await until_in_force(world, 5)
    where = ("--namespace", TENANTS)

    add = '{"metadata": {"finalizers": ["acuse.dev/region"]}}'
    world.plane.kubectl("patch", "tenantplacement", KEY, *where, "--type=merge", "-p", add)
    status = '{"status": {"observedGeneration": 1}}'
    world.plane.kubectl(
        *("patch", "tenantplacement", KEY, *where, "--type=merge", "-p", status),
        "--subresource=status",
    )
    world.plane.kubectl("label", "tenantplacement", KEY, *where, "seen=yes")
    world.plane.kubectl("label", "secret", sealed_name(KEY), *where, "seen=yes")
    world.plane.kubectl("delete", "tenantplacement", KEY, *where, "--wait=false")
    gone = '{"metadata": {"finalizers": null}}'
    world.plane.kubectl("patch", "tenantplacement", KEY, *where, "--type=merge", "-p", gone)
    assert world.get("tenantplacement", KEY, *where) is None
    world.plane.kubectl("delete", "secret", sealed_name(KEY), *where)


async def test_an_administrator_may_write_in_the_highest_epoch(world: Cluster) -> None:
    assert said(world, placement(epoch=5)) == ""
    set_floor(world, 5)
    await until_in_force(world, 5)
    suspend = '{"spec": {"suspend": true, "generation": 2}}'

    world.plane.kubectl(
        *("patch", "tenantplacement", KEY, "--namespace", TENANTS, "--type=merge", "-p", suspend),
    )


async def test_the_floor_only_rises(world: Cluster) -> None:
    where = ("--namespace", TENANTS, "--type=merge")
    world.plane.kubectl("patch", "configmap", EPOCH_FLOOR, *where, "-p", '{"data":{"epoch":"7"}}')

    for patch in ('{"data":{"epoch":"6"}}', '{"data":{"epoch":null}}', '{"data":null}'):
        refused = world.refusal("patch", "configmap", EPOCH_FLOOR, *where, "-p", patch)
        assert "this region has seen epoch 7" in refused
    wrong = world.refusal(
        "patch", "configmap", EPOCH_FLOOR, *where, "-p", '{"data":{"epoch":"many"}}'
    )
    assert "must be a whole number" in wrong
    world.plane.kubectl("patch", "configmap", EPOCH_FLOOR, *where, "-p", '{"data":{"epoch":"8"}}')

    assert say_floor(world, '{"epoch":8}') == ""
    for status in ('{"epoch":7}', '{"epoch":null}', "null"):
        assert "epoch must not go down" in say_floor(world, status)
    assert say_floor(world, '{"epoch":9}') == ""


async def test_an_upgrade_leaves_the_floor_where_it_is(region: Cluster) -> None:
    region.plane.kubectl(
        *("delete", "tenantplacements,secrets", "--all", "--namespace", TENANTS),
    )
    assert region.install("region").returncode == 0
    where = ("--namespace", TENANTS)
    region.plane.kubectl(
        *("patch", "configmap", EPOCH_FLOOR, *where, "--type=merge"),
        *("-p", '{"data":{"epoch":"41"}}'),
    )

    done = region.install("region", logLevel="debug")

    assert done.returncode == 0, done.stderr
    assert floor(region) == "41"
    # Nor does who applies what Helm renders.
    done = region.helm("get", "manifest", "acuse")
    region.plane.kubectl(
        "apply", "--server-side", "--force-conflicts", "-f", "-", stdin=done.stdout
    )
    assert floor(region) == "41"


async def test_a_region_at_work_raises_the_floor_and_is_not_in_its_own_way(world: Cluster) -> None:
    settings = RegionSettings(
        region="sao-paulo",
        release_namespace=NAMESPACE,
        tenants_namespace=TENANTS,
        worker_image="registry.example/acuse-workers:1.0.0",
    )
    access = await load_access(kubeconfig=str(world.plane.kubeconfig()))
    async with Api(access) as api:
        region = RegionWorld(world.plane, api, settings)
        async with region.running():
            await region.hand_over(epoch=5, workers={"mode": "Shared"})
            await region.until_condition("SecretReady", "True")
            await until(lambda: floor(world) == "5")
            await until_in_force(world, 5)

            # Its hub is replaced, and what the old one wrote is still the region's to take down.
            where = ("--namespace", TENANTS)
            higher = ("--type=merge", "--patch", '{"data":{"epoch":"6"}}')
            world.plane.kubectl("patch", "configmap", EPOCH_FLOOR, *where, *higher)
            await until_in_force(world, 6)
            world.plane.kubectl("delete", "tenantplacement", KEY, *where, "--wait=false")
            await until(lambda: world.get("tenantplacement", KEY, *where) is None)
            world.plane.kubectl("delete", "secret", sealed_name(KEY), *where)

            assert region.told.messages("Removed")
            assert "hub epoch 5 is older than 6" in said(world, placement(epoch=5))


async def test_the_operators_own_account_raises_the_floor_and_renews_the_lease(
    region: Cluster,
) -> None:
    used = {(rule.group, rule.resource) for rule in rules("region") if rule.scope == "tenants"}
    assert {("coordination.k8s.io", "leases"), ("", "configmaps"), ("", "namespaces")} <= used

    assert region.may("acuse-operator", "patch", f"configmap/{EPOCH_FLOOR}", namespace=TENANTS)
    assert region.may("acuse-operator", "patch", "lease/acuse-region", namespace=TENANTS)
    assert region.may("acuse-operator", "get", f"namespace/{TENANTS}", namespace=TENANTS)
    assert not region.may("acuse-operator", "patch", "configmap/other", namespace=TENANTS)
    assert not region.may("acuse-operator", "patch", "lease/other", namespace=TENANTS)
    assert not region.may("acuse-operator", "get", "namespace/default")


def test_no_expression_is_doubtful_to_the_api_server(region: Cluster) -> None:
    def warnings(name: str) -> list[Manifest] | None:
        """Return what the API server warns of; None while it has not looked at the policy."""
        found = region.get("validatingadmissionpolicy", name)
        assert found is not None
        status: Manifest = found.get("status") or {}
        if status.get("observedGeneration") != found["metadata"]["generation"]:
            return None
        checked: Manifest = status.get("typeChecking") or {}
        return checked.get("expressionWarnings") or []

    assert {name: warnings(name) for name in POLICIES} == {name: [] for name in POLICIES}


async def test_an_installation_after_another_judges_as_the_first_did(region: Cluster) -> None:
    """Policies with a ConfigMap as parameter find none the second time (kubernetes#133827)."""
    region.plane.kubectl("delete", "tenantplacements,secrets", "--all", "--namespace", TENANTS)
    assert region.uninstall().returncode == 0
    done = region.install("region")
    assert done.returncode == 0, done.stderr

    set_floor(region, 9)
    await until_in_force(region, 9)
    assert "hub epoch 8 is older than 9, the highest" in said(region, placement(epoch=8))
    assert said(region, placement(epoch=9)) == ""
