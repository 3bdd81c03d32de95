"""Acuse in a real region for the whole run, by Helm: `acuse_installed`.

Tests make tenants of their own in it, and leave it installed, healthy, and without them.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from acuse.errors import InvalidSettings, Unavailable
from acuse.resources.names import slug, tenant_key, webhook_path
from acuse_lab.graph.client import LabClient
from acuse_lab.images import Image, build_images
from acuse_lab.images.workshop import missing_parts
from acuse_lab.regions.handle import LabRegion
from acuse_lab.running.in_cluster import (
    CHART,
    INSTALL_DEADLINE,
    NAMESPACE,
    READY_DEADLINE,
    RELEASE,
    TENANTS_NAMESPACE,
    ClusterInstallation,
    fake_reach,
    imported,
)
from acuse_lab.running.installation import graph_process
from acuse_lab.running.tenants import LabTenant

Manifest = dict[str, Any]

TENANTS: Final = "tenants.acuse.dev"
OPERATOR: Final = f"system:serviceaccount:{NAMESPACE}:acuse-operator"
# Images, a region and an installation are made within the first test that asks for them.
_FIRST_DEADLINE: Final = 2400
_LOOK_EVERY: Final = 0.25


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the first test that asks for the installation the time that it takes to make."""
    for item in items:
        if "acuse_installed" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(_FIRST_DEADLINE), append=False)


@pytest.fixture(scope="session")
def acuse_images() -> dict[str, Image]:
    """Return the images of this checkout, built now unless they were."""
    reason = missing_parts()
    if reason:
        pytest.skip(reason)
    try:
        return build_images(_say)
    except InvalidSettings as exc:
        pytest.skip(f"no images: {exc}")


@pytest.fixture(scope="session")
def acuse_installed(
    lab_region: LabRegion,
    acuse_images: dict[str, Image],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Installed]:
    """Install the chart in a region, with the fake of Meta outside of it."""
    folder = tmp_path_factory.mktemp("installed")
    for image in acuse_images.values():
        lab_region.import_image(image.archive)
    with graph_process(folder, *fake_reach(lab_region)) as graph:
        installed = Installed(
            ClusterInstallation(lab_region, graph, imported(acuse_images)), folder
        )
        installed.install()
        yield installed


def _say(line: str) -> None:
    """Tell whoever watches the run, past pytest's capture."""
    if sys.__stderr__:
        sys.__stderr__.write(f"images: {line}\n")


@dataclass(frozen=True, slots=True)
class Installed:
    """One installation, the fake of Meta that it talks to, and what tests ask of both."""

    here: ClusterInstallation
    folder: Path

    @property
    def graph(self) -> str:
        """Return the address of the fake of Meta."""
        return self.here.graph_url

    @property
    def region(self) -> LabRegion:
        """Return the region's cluster."""
        return self.here.region

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl as administrator and return what it printed; or Unavailable."""
        return self.region.kubectl(*arguments, stdin=stdin)

    # --- the release ----------------------------------------------------------------------------

    def values(self, **changed: object) -> Manifest:
        """Return the chart's values of this installation, some of them changed."""
        values = self.here.values()
        # Drift is told of for five minutes; no test waits for so long.
        extra = [{"name": "ACUSE_DRIFT_HOLD", "value": "10"}]
        # Tests' tenants come and go; together they are most of what the region has.
        extra.append({"name": "ACUSE_MASS_DELETION", "value": "0"})
        operator = {**values["operator"], "extraEnv": extra}
        return {**values, "operator": operator, **changed}

    def install(self, *, chart: Path = CHART, **changed: object) -> None:
        """Install the chart, or upgrade it, and wait until its programs are ready."""
        file = self.folder / "values.yaml"
        file.write_text(yaml.safe_dump(self.values(**changed)), encoding="utf-8")
        self.here.helm(
            *("upgrade", "--install", RELEASE, str(chart), "--values", str(file)),
            *("--create-namespace", "--wait", "--timeout", f"{INSTALL_DEADLINE}s"),
        )

    def uninstall(self) -> None:
        """Remove the release, its hooks with it, and wait until it has gone."""
        self.here.uninstall()

    def operator_logs(self) -> str:
        """Return what the operator's pod has said, and the container before it if there was one."""
        log = ("logs", "--namespace", NAMESPACE, "deployment/acuse-operator", "--tail=-1")
        return self.kubectl(*log)

    # --- tenants --------------------------------------------------------------------------------

    @asynccontextmanager
    async def meta(self) -> AsyncGenerator[LabClient, None]:
        """Yield a client that steers the fake of Meta."""
        async with LabClient(self.graph) as lab:
            yield lab

    async def add_tenant(
        self,
        name: str = "espiga",
        *,
        namespace: str = "",
        workers: Mapping[str, object] | None = None,
    ) -> LabTenant:
        """Register a number with Meta, then apply a Tenant and the Secret it names."""
        tenant = new_tenant(name, namespace=namespace, workers=workers)
        async with self.meta() as lab:
            await lab.register(tenant.number())
        await asyncio.to_thread(self.here.add_tenant, tenant)
        return tenant

    async def remove(self, *tenants: LabTenant) -> None:
        """Delete Tenants with their namespaces and wait until they are gone."""
        namespaces = sorted({tenant.namespace for tenant in tenants})
        words = ("delete", "namespace", *namespaces, "--ignore-not-found", "--timeout=300s")
        try:
            await asyncio.to_thread(self.kubectl, *words)
        except Unavailable as exc:
            for name in namespaces:
                exc.add_note(self._stuck(name))
            exc.add_note(self.operator_logs()[-20_000:])
            raise

    def _stuck(self, namespace: str) -> str:
        """Return what is said of a namespace that does not go, and of the Tenants in it."""
        held = self.here.object("namespace", namespace) or {}
        kinds = ("tenants.acuse.dev,secrets,events.events.k8s.io", "--namespace", namespace)
        left = self.here.object(*kinds) or {"items": []}
        said = [held.get("status"), *left["items"]]
        return "\n".join(json.dumps(each) for each in said)

    def tenant(self, tenant: LabTenant) -> Manifest | None:
        """Return a Tenant as the API server has it."""
        return self.here.object(TENANTS, tenant.name, "--namespace", tenant.namespace)

    def url(self, tenant: LabTenant) -> str:
        """Return the address that Meta sends a tenant's webhooks to."""
        return f"{self.region.secure_gateway_url}{webhook_path(tenant.key)}"

    async def override(self, tenant: LabTenant) -> str | None:
        """Return the address that Meta has for a tenant's number alone."""
        async with self.meta() as lab:
            return (await lab.registration(tenant.phone_number_id)).override

    def placement(self, tenant: LabTenant) -> Manifest | None:
        """Return a Tenant's placement."""
        place = ("--namespace", TENANTS_NAMESPACE)
        return self.here.object("tenantplacements.acuse.dev", tenant.key, *place)

    def child(self, kind: str, tenant: LabTenant) -> Manifest | None:
        """Return what was made for a tenant, of a kind such as `deployment` or `httproute`."""
        namespace = NAMESPACE if kind in {"httproute", "ingress"} else TENANTS_NAMESPACE
        return self.here.object(kind, slug(tenant.key), "--namespace", namespace)

    def change(self, tenant: LabTenant, **spec: object) -> None:
        """Change fields of a Tenant's spec."""
        self.patch(TENANTS, tenant.name, {"spec": spec}, namespace=tenant.namespace)

    def patch(
        self, kind: str, name: str, patch: object, *, namespace: str, manager: str = "a-person"
    ) -> None:
        """Patch an object as a person would: a list as JSON patch, a map as merge patch."""
        type_ = "json" if isinstance(patch, list) else "merge"
        words = ("patch", kind, name, "--namespace", namespace, f"--type={type_}")
        self.kubectl(*words, f"--field-manager={manager}", "--patch", json.dumps(patch))

    # --- what is said of them -------------------------------------------------------------------

    def condition(self, tenant: LabTenant, name: str) -> Manifest:
        """Return a condition of a Tenant; empty while it has none of this type."""
        return _condition(self.tenant(tenant), name)

    def placement_condition(self, tenant: LabTenant, name: str) -> Manifest:
        """Return a condition of a Tenant's placement; empty while it has none of this type."""
        return _condition(self.placement(tenant), name)

    def events(self, namespace: str, reason: str) -> list[str]:
        """Return the notes of the events of a reason that were posted in a namespace."""
        field = ("--field-selector", f"reason={reason}")
        found = self.here.object("events.events.k8s.io", "--namespace", namespace, *field) or {}
        return [str(event.get("note", "")) for event in found.get("items", [])]

    def metrics(self) -> dict[str, float]:
        """Return the operator's metrics: each sample by its name and labels."""
        listed = self.here.object(
            "pods", "--namespace", NAMESPACE, "--selector=app.kubernetes.io/component=operator"
        )
        names = [pod["metadata"]["name"] for pod in (listed or {"items": []})["items"]]
        path = f"/api/v1/namespaces/{NAMESPACE}/pods/{names[-1]}:9090/proxy/metrics"
        lines = self.kubectl("get", "--raw", path).splitlines()
        samples = (line.rpartition(" ") for line in lines if line and not line.startswith("#"))
        return {name: float(value) for name, _, value in samples}

    def versions(self) -> dict[str, str]:
        """Return the version of every object of ours that is a tenant's or the region's."""
        kinds = "tenants.acuse.dev,tenantplacements.acuse.dev,regions.acuse.dev"
        made = (
            "secrets,serviceaccounts,deployments,networkpolicies,poddisruptionbudgets,"
            "horizontalpodautoscalers"
        )
        asked = (
            (kinds, "--all-namespaces"),
            (made, "--namespace", TENANTS_NAMESPACE),
            ("httproutes", "--namespace", NAMESPACE),
        )
        found = [obj for words in asked for obj in (self.here.object(*words) or {})["items"]]
        return {
            f"{obj['kind']} {obj['metadata'].get('namespace', '')}/{obj['metadata']['name']}": str(
                obj["metadata"]["resourceVersion"]
            )
            for obj in found
        }

    # --- waiting --------------------------------------------------------------------------------

    async def until(
        self,
        holds: Callable[[], bool | Awaitable[bool]],
        *,
        what: str,
        within: float = READY_DEADLINE,
    ) -> None:
        """Return once `holds`, which may block; AssertionError with `what` otherwise."""
        try:
            async with asyncio.timeout(within):
                while True:
                    if await _answer(holds):
                        return
                    await asyncio.sleep(_LOOK_EVERY)
        except TimeoutError as exc:
            raise AssertionError(f"not within {within:.0f} s: {what}") from exc

    async def until_condition(
        self, tenant: LabTenant, name: str, status: str, *, reason: str | None = None
    ) -> str:
        """Return a Tenant's condition's message once it has this status, and this reason."""
        last: Manifest = {}

        def holds() -> bool:
            last.clear()
            last.update(self.condition(tenant, name))
            has_reason = reason in {None, last.get("reason")}
            return last.get("status") == status and has_reason

        try:
            await self.until(holds, what=f"{tenant.key}: {name}={status} {reason or ''}")
        except AssertionError as exc:
            exc.add_note(f"it is {last}")
            raise
        return str(last["message"])

    async def until_ready(self, *tenants: LabTenant) -> None:
        """Return once all Tenants are Ready as they are now."""
        await self.until(lambda: not self.not_ready(*tenants), what="all Tenants Ready")

    def not_ready(self, *tenants: LabTenant) -> list[str]:
        """Return the keys of those Tenants that are not Ready as they are now."""
        found = self.here.object(TENANTS, "--all-namespaces") or {"items": []}
        by_key = {_key_of(each): each for each in found["items"]}
        return [tenant.key for tenant in tenants if not _is_ready(by_key.get(tenant.key))]

    async def until_settled(self, *tenants: LabTenant) -> None:
        """Return once these Tenants are Ready, alone, and the region has said so of itself."""
        await self.until_ready(*tenants)
        await self._until_alone(*tenants)

        def is_well() -> bool:
            region = self.here.object("regions.acuse.dev", self.region.name)
            types = ("Ready", "IntakeReachable", "DatabaseReady")
            # It counts its tenants now and then: those of an earlier test may still be in there.
            counts = (region or {}).get("status", {}).get("tenants") == len(tenants)
            return counts and all(_condition(region, t).get("status") == "True" for t in types)

        await self.until(is_well, what="the region well")

    async def _until_alone(self, *tenants: LabTenant) -> None:
        """Return once there is nothing of any other Tenants: what earlier tests left is gone."""
        ours = {tenant.key for tenant in tenants}

        def alone() -> bool:
            kinds = "tenants.acuse.dev,tenantplacements.acuse.dev"
            found = self.here.object(kinds, "--all-namespaces") or {"items": []}
            names = {_key_of(obj) for obj in found["items"]}
            return names == ours

        await self.until(alone, what="no other tenants")

    async def until_gone(self, *tenants: LabTenant) -> None:
        """Return once nothing of Tenants is left outside their own namespaces."""

        def gone() -> bool:
            return all(self.tenant(one) is None and not self.here.left_of(one) for one in tenants)

        await self.until(gone, what=f"nothing left of {', '.join(one.key for one in tenants)}")


def new_tenant(
    name: str, *, namespace: str = "", workers: Mapping[str, object] | None = None
) -> LabTenant:
    """Return a tenant that nobody knows yet, in a namespace of its own unless one is given."""
    return LabTenant(
        name=name,
        display_name=f"Panadería {name}",
        namespace=namespace or f"shop-{secrets.token_hex(4)}",
        workers=workers,
    )


async def _answer(holds: Callable[[], bool | Awaitable[bool]]) -> bool:
    """Ask in a thread: whoever looks by kubectl must not keep the loop from its deadline."""
    answer = await asyncio.to_thread(holds)
    return answer if isinstance(answer, bool) else await answer


def _key_of(obj: Manifest) -> str:
    metadata = obj["metadata"]
    if obj["kind"] == "Tenant":
        return tenant_key(metadata["namespace"], metadata["name"])
    return str(metadata["name"])


def _condition(obj: Manifest | None, name: str) -> Manifest:
    conditions: list[Manifest] = (obj or {}).get("status", {}).get("conditions", [])
    none: Manifest = {}
    return next((each for each in conditions if each["type"] == name), none)


def _is_ready(obj: Manifest | None) -> bool:
    ready = _condition(obj, "Ready")
    is_current = (
        obj is not None and ready.get("observedGeneration") == obj["metadata"]["generation"]
    )
    return is_current and ready.get("status") == "True"
