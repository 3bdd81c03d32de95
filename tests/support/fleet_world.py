"""A hub and regions in clusters of their own, on real API servers; the regions' part is played."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from acuse.resources.names import EPOCH_FLOOR, HEARTBEAT, sealed_name
from acuse_cluster.access import load_access
from acuse_cluster.client import Api
from acuse_cluster.kinds import PLACEMENTS, REGIONS, SECRETS, Manifest, Ref
from acuse_lab.regions.control_plane import ControlPlane
from acuse_operator.conditions import STALE, Condition, conditions_of, find, set_conditions
from support.eventually import until
from support.hub_world import WRITES, HubWorld, hub_world
from support.operator_rights import grant
from support.tcp_proxy import Proxy, proxy_to

_BEAT: Final = 1.0


def numbers(phone: str) -> dict[str, Any]:
    """Return a spec with a number of its own."""
    number = {"phoneNumberId": phone, "wabaId": "9", "secretRef": {"name": "whatsapp"}}
    return {"whatsapp": {"numbers": [number]}}


@dataclass(slots=True)
class FarRegion:
    """One region's cluster: its API server, the way to it that can be cut, and what is in it."""

    name: str
    plane: ControlPlane
    api: Api
    proxy: Proxy
    namespace: str
    user: str
    # Tenants that are taken up as soon as they are placed.
    is_answering: bool = True
    is_beating: bool = True
    # How far its clock is ahead of the hub's.
    skew: timedelta = timedelta(0)
    _answered: dict[str, str] = field(default_factory=dict[str, str])

    def kubeconfig(self, user: str | None = None) -> bytes:
        """Return what reaches the region, through the proxy."""
        path = self.plane.kubeconfig(user or self.user)
        document: dict[str, Any] = json.loads(path.read_text())
        document["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{self.proxy.port}"
        return json.dumps(document).encode()

    async def placement(self, key: str) -> Manifest | None:
        """Return a tenant's placement."""
        return await self.api.get(Ref(PLACEMENTS, key, self.namespace))

    async def has(self, key: str) -> bool:
        """Tell whether anything of a tenant is there."""
        sealed = await self.api.get(Ref(SECRETS, sealed_name(key), self.namespace))
        return sealed is not None or await self.placement(key) is not None

    async def placements(self) -> list[str]:
        """Return whose placements are there."""
        listed = await self.api.list(PLACEMENTS, namespace=self.namespace)
        return sorted(str(item["metadata"]["name"]) for item in listed.items)

    async def play(self) -> None:
        """Do the region operator's part until cancelled: be alive, take up what is placed."""
        while True:
            if self.is_beating:
                await self._beat()
            if self.is_answering:
                for item in (await self.api.list(PLACEMENTS, namespace=self.namespace)).items:
                    await self._take_up(item)
            await asyncio.sleep(_BEAT)

    async def _beat(self) -> None:
        now = (datetime.now(UTC) + self.skew).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        await self.api.apply(
            {
                "apiVersion": "coordination.k8s.io/v1",
                "kind": "Lease",
                "metadata": {"name": HEARTBEAT, "namespace": self.namespace},
                "spec": {"holderIdentity": self.name, "renewTime": now},
            },
            manager="acuse-region",
        )

    async def _take_up(self, placement: Manifest) -> None:
        metadata, spec = placement["metadata"], placement["spec"]
        if self._answered.get(metadata["name"]) == spec["hash"]:
            return
        conditions = [
            Condition("Ready", "True", "Serving", "It serves."),
            Condition("RouteReady", "True", "RouteAccepted", "It is routed."),
        ]
        await self._say(placement, conditions, observedHash=spec["hash"])
        self._answered[metadata["name"]] = spec["hash"]

    async def refuse(self, key: str) -> None:
        """Say of a placement that its hub is older than one that was seen."""
        placement = await self.placement(key)
        assert placement is not None
        await self._say(placement, [Condition("Ready", "False", STALE, "It is of an older hub.")])

    async def hold(self, key: str, *, is_held: bool = True) -> None:
        """Have somebody's finalizer on a placement, or take it off."""
        finalizers = ["example.com/held"] if is_held else None
        patch = {"metadata": {"finalizers": finalizers}}
        await self.api.merge_patch(Ref(PLACEMENTS, key, self.namespace), patch)

    async def _say(
        self, placement: Manifest, conditions: list[Condition], **status: object
    ) -> None:
        generation: int = placement["metadata"]["generation"]
        said = set_conditions(
            conditions_of(placement), conditions, generation=generation, now=datetime.now(UTC)
        )
        named = {"name": placement["metadata"]["name"], "namespace": self.namespace}
        await self.api.apply(
            {
                "apiVersion": "acuse.dev/v1alpha1",
                "kind": "TenantPlacement",
                "metadata": named,
                "status": {**status, "observedGeneration": generation, "conditions": said},
            },
            manager="acuse-region",
            subresource="status",
        )

    async def floor(self) -> str:
        """Return the epoch below which nothing is taken here."""
        said = self.plane.kubectl(
            *("get", "configmap", EPOCH_FLOOR, "--namespace", self.namespace),
            "--output=jsonpath={.data.epoch}",
        )
        return said.strip()

    def hub_writes(self) -> list[str]:
        """Return what the hub wrote here, by the API server's own account."""
        found: list[str] = []
        for event in self.plane.audit_events():
            ref: dict[str, Any] = event.get("objectRef") or {}
            mine = event["user"]["username"] == self.user and event["verb"] in WRITES
            if mine and ref.get("namespace") == self.namespace:
                found.append(f"{event['verb']} {ref['resource']} {ref.get('name', '')}")
        return found


@dataclass(slots=True)
class FleetWorld:
    """The hub, and the regions by name."""

    hub: HubWorld
    regions: dict[str, FarRegion]

    async def register(self, far: FarRegion, **spec: Any) -> None:
        """Write a region's kubeconfig Secret and its Region on the hub."""
        await self.hand_kubeconfig(far, far.kubeconfig())
        access = {
            "type": "Kubeconfig",
            "kubeconfigSecretRef": {
                "namespace": self.hub.settings.release_namespace,
                "name": f"region-{far.name}",
            },
        }
        await self.hub.api.apply(
            {
                "apiVersion": "acuse.dev/v1alpha1",
                "kind": "Region",
                "metadata": {"name": far.name},
                "spec": {
                    "jurisdiction": "AR",
                    "intakeURL": self.hub.intake_url,
                    "access": access,
                    **spec,
                },
            },
            manager="kubectl",
        )

    async def hand_kubeconfig(self, far: FarRegion, kubeconfig: bytes) -> None:
        """Write the Secret that says how a region is reached."""
        await self.hub.api.apply(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {
                    "name": f"region-{far.name}",
                    "namespace": self.hub.settings.release_namespace,
                },
                "data": {"kubeconfig": base64.b64encode(kubeconfig).decode()},
            },
            manager="kubectl",
        )

    async def deregister(self, far: FarRegion) -> None:
        """Delete a region's Region on the hub."""
        await self.hub.api.delete(Ref(REGIONS, far.name))

    async def reachable(self, far: FarRegion) -> tuple[str, str]:
        """Return what the hub says of a region's being reached: status and reason."""
        region = await self.hub.api.get(Ref(REGIONS, far.name))
        found = find(conditions_of(region), "Reachable") or {}
        return found.get("status", ""), found.get("reason", "")

    async def until_reachable(self, far: FarRegion, status: str, reason: str) -> None:
        """Return once the hub says so of a region."""
        found: list[tuple[str, str]] = []

        async def holds() -> bool:
            found[:] = [await self.reachable(far)]
            return found == [(status, reason)]

        try:
            await until(holds, within=120.0)
        except TimeoutError:
            pytest.fail(f"{far.name} is {found}, not {status} {reason}")

    async def until_tenants(self, far: FarRegion, count: int) -> None:
        """Return once the hub says how many tenants a region has."""

        async def holds() -> bool:
            region = await self.hub.api.get(Ref(REGIONS, far.name)) or {}
            return bool(region.get("status", {}).get("tenants") == count)

        await until(holds, within=120.0)

    async def named(self, far: FarRegion, tenant: str, name: str) -> bool:
        """Tell whether a region has a tenant under this name."""
        placement = await far.placement(self.hub.key(tenant)) or {"spec": {"bundle": {}}}
        return bool(placement["spec"]["bundle"].get("displayName") == name)

    async def phase(self, far: FarRegion, tenant: str = "acme") -> str:
        """Return how a Tenant's status says it is in a region."""
        live = await self.hub.live(tenant) or {}
        states = live.get("status", {}).get("regions", [])
        return next((s["phase"] for s in states if s["name"] == far.name), "")

    async def until_phase(self, far: FarRegion, phase: str, tenant: str = "acme") -> None:
        """Return once a Tenant's status says so of a region."""

        async def holds() -> bool:
            return await self.phase(far, tenant) == phase

        await until(holds, within=120.0)


@asynccontextmanager
async def fleet_world(
    hub: ControlPlane,
    planes: Sequence[ControlPlane],
    monkeypatch: pytest.MonkeyPatch,
    **settings: Any,
) -> AsyncGenerator[FleetWorld, None]:
    """Make a hub that is no region itself, and a region in each other cluster; none registered."""
    chosen = {"hub_local": False, "meta_registration": False, "region_poll": 0.5, **settings}
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(hub_world(hub, monkeypatch, **chosen))
        await world.api.delete(Ref(REGIONS, world.region))
        regions: dict[str, FarRegion] = {}
        for plane in planes:
            far = await stack.enter_async_context(_far_region(plane, world))
            regions[far.name] = far
        yield FleetWorld(world, regions)
        for far in regions.values():
            await world.api.delete(Ref(REGIONS, far.name))


@asynccontextmanager
async def _far_region(plane: ControlPlane, hub: HubWorld) -> AsyncGenerator[FarRegion, None]:
    namespace = hub.settings.tenants_namespace
    access = await load_access(kubeconfig=str(plane.kubeconfig()))
    async with Api(access) as api, proxy_to(_port(plane)) as proxy:
        name = f"r{secrets.token_hex(3)}"
        far = FarRegion(name, plane, api, proxy, namespace, f"hub-{name}")
        await api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        await api.create(
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": EPOCH_FLOOR, "namespace": namespace},
                "data": {"epoch": "0"},
            }
        )
        grant(plane, far.user, "link", tenants=namespace, release="default")
        playing = asyncio.create_task(far.play())
        try:
            yield far
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)


def _port(plane: ControlPlane) -> int:
    return int(plane.url.rpartition(":")[2])
