"""A region role at work on a real API server; the hub's and the cluster's part is played."""

from __future__ import annotations

import asyncio
import copy
import secrets
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

from acuse.errors import AcuseError
from acuse.resources.names import SECRET_HASH, labels, sealed_name, slug
from acuse_cluster.access import load_access
from acuse_cluster.client import Api
from acuse_cluster.informer import Change, Informer
from acuse_cluster.kinds import (
    HTTPROUTES,
    PLACEMENTS,
    REGIONS,
    Kind,
    Manifest,
    Ref,
)
from acuse_lab.go_tools import CONTOUR, file_of
from acuse_lab.regions.control_plane import ControlPlane
from acuse_operator.conditions import conditions_of, find
from acuse_operator.desired.views import RegionSettings
from acuse_operator.events import EventType
from acuse_operator.queue import WorkQueue
from acuse_operator.region.role import REGION_KEY, RegionRole
from support.eventually import until
from support.placements import KEY, REGION_SPEC, placement_object, sealed_data

HUB: Final = "acuse-hub"
WRITES: Final = frozenset({"create", "update", "patch", "delete", "deletecollection"})


@dataclass(slots=True)
class Told:
    """Keeps what was said by events."""

    said: list[tuple[EventType, str, str]] = field(default_factory=list[tuple[EventType, str, str]])

    def emit(self, obj: Mapping[str, Any], *, type: EventType, reason: str, message: str) -> None:  # noqa: A002 - the API's own name
        """Keep an event."""
        del obj
        self.said.append((type, reason, message))

    def messages(self, reason: str) -> list[str]:
        """Return what was said for a reason."""
        return [message for _, why, message in self.said if why == reason]


@dataclass(slots=True)
class RegionWorld:
    """One region of a shared API server: two namespaces and a Region of its own name."""

    plane: ControlPlane
    # As the administrator; the role has its own, so that its writes can be told apart.
    api: Api
    settings: RegionSettings
    told: Told = field(default_factory=Told)
    agents: list[str] = field(default_factory=list[str])

    @property
    def tenants(self) -> str:
        """Return the tenants' namespace."""
        return self.settings.tenants_namespace

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[RegionRole, None]:
        """Run the region role while the block runs."""
        agent = f"acuse-region-{secrets.token_hex(4)}"
        self.agents.append(agent)
        access = await load_access(kubeconfig=str(self.plane.kubeconfig()))
        async with Api(access, agent=agent) as api:
            role = RegionRole(api, self.settings, self.told)
            queue = WorkQueue("region", role, concurrency=4)
            role.enqueue = queue.add
            watches = (
                Informer(
                    api,
                    PLACEMENTS,
                    namespace=self.tenants,
                    on_change=_seen(PLACEMENTS, role.placement_seen),
                ),
                Informer(api, REGIONS, on_change=_seen(REGIONS, role.region_seen)),
            )
            tasks = [asyncio.create_task(part.run()) for part in (*watches, queue)]
            role.enqueue(REGION_KEY)
            try:
                yield role
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await role.close()

    # --- the hub's part -----------------------------------------------------------------------

    async def hand_over(
        self,
        data: Mapping[str, str] | None = None,
        *,
        secret_hash: str = "feedfacecafe0001",
        **changes: Any,
    ) -> None:
        """Write the sealed Secret and the placement, as the hub does."""
        await self.seal(sealed_data() if data is None else data, secret_hash=secret_hash)
        await self.place(secret_hash=secret_hash, **changes)

    async def place(self, *, secret_hash: str = "feedfacecafe0001", **changes: Any) -> None:
        """Write the placement."""
        wanted = placement_object(secretHash=secret_hash, region=self.settings.region, **changes)
        wanted["metadata"] = {
            "name": KEY,
            "namespace": self.tenants,
            "labels": labels("placement", key=KEY),
        }
        await self.api.apply(wanted, manager=HUB)

    async def seal(self, data: Mapping[str, str], *, secret_hash: str) -> None:
        """Write the sealed Secret."""
        await self.api.apply(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {
                    "name": sealed_name(KEY),
                    "namespace": self.tenants,
                    "labels": labels("sealed", key=KEY),
                    "annotations": {SECRET_HASH: secret_hash},
                },
                "type": "acuse.dev/sealed",
                "data": dict(data),
            },
            manager=HUB,
        )

    # --- the cluster's part -------------------------------------------------------------------

    async def accept_route(self) -> None:
        """Say of the route what a Gateway's controller says."""
        route = await self.child(HTTPROUTES)
        assert route is not None
        said = [
            {
                "type": type_,
                "status": "True",
                "reason": type_,
                "message": "fine",
                "lastTransitionTime": "2026-11-22T00:00:00Z",
                "observedGeneration": route["metadata"]["generation"],
            }
            for type_ in ("Accepted", "ResolvedRefs")
        ]
        parent = {
            "controllerName": "example.com/gateway",
            "parentRef": route["spec"]["parentRefs"][0],
            "conditions": said,
        }
        await self.api.merge_patch(
            Ref(HTTPROUTES, slug(KEY), self.settings.release_namespace),
            {"status": {"parents": [parent]}},
            subresource="status",
        )

    # --- looking ------------------------------------------------------------------------------

    def namespace(self, kind: Kind) -> str:
        """Return the namespace that children of a kind are in."""
        is_route = kind.kind in {"HTTPRoute", "Ingress"}
        return self.settings.release_namespace if is_route else self.tenants

    async def child(self, kind: Kind) -> Manifest | None:
        """Return the tenant's object of a kind."""
        return await self.api.get(Ref(kind, slug(KEY), self.namespace(kind)))

    async def has(self, kind: Kind) -> bool:
        """Tell whether the tenant has an object of a kind."""
        return await self.child(kind) is not None

    async def there(self, kinds: Iterable[Kind]) -> set[str]:
        """Return which of these kinds the tenant has an object of."""
        return {kind.kind for kind in kinds if await self.has(kind)}

    async def placement(self) -> Manifest | None:
        """Return the placement."""
        return await self.api.get(Ref(PLACEMENTS, KEY, self.tenants))

    async def condition(self, type_: str) -> tuple[str, str]:
        """Return a condition's status and reason."""
        found = find(conditions_of(await self.placement()), type_)
        return ("", "") if found is None else (found["status"], found["reason"])

    async def until_condition(self, type_: str, status: str, reason: str | None = None) -> None:
        """Return once a condition says so."""

        async def holds() -> bool:
            found = await self.condition(type_)
            return found[0] == status and reason in {None, found[1]}

        await until(holds)

    async def until_settled(self, role: RegionRole) -> None:
        """Return once two looks at everything in a row wrote nothing."""

        async def quiet() -> bool:
            before = len(self.writes())
            for key in tuple(role.keys()):
                await role.reconcile(key)
            await asyncio.sleep(0.3)
            return len(self.writes()) == before

        await until(quiet)

    def writes(self) -> list[str]:
        """Return what the role has written so far, by the API server's own account."""
        found: list[str] = []
        for event in self.plane.audit_events():
            ref: Any = event.get("objectRef")
            if event["userAgent"] in self.agents and event["verb"] in WRITES and ref:
                found.append(f"{event['verb']} {ref['resource']} {ref.get('name')}")
        return found


def _seen(kind: Kind, tell: Callable[..., None]) -> Callable[[Change, Manifest, Any], None]:
    def change(what: Change, obj: Manifest, before: Manifest | None) -> None:
        del before
        named = {"apiVersion": kind.api_version, "kind": kind.kind, **obj}
        tell(named, deleted=what == "DELETED")

    return change


@asynccontextmanager
async def region_world(plane: ControlPlane, **settings: Any) -> AsyncGenerator[RegionWorld, None]:
    """Make the namespaces and the Region; take away what would outlive them."""
    plane.kubectl("apply", "--server-side", "-f", str(file_of(CONTOUR, "gateway-api.yaml")))
    crd = "crd/httproutes.gateway.networking.k8s.io"
    plane.kubectl("wait", "--for=condition=Established", "--timeout=60s", crd)
    name = f"r{secrets.token_hex(3)}"
    chosen = RegionSettings(
        region=name,
        release_namespace=f"{name}-system",
        tenants_namespace=f"{name}-tenants",
        worker_image="registry.example/acuse-workers:1.0.0",
        region_every=3600.0,
    )
    access = await load_access(kubeconfig=str(plane.kubeconfig()))
    async with Api(access) as api:
        world = RegionWorld(plane, api, replace(chosen, **settings))
        for namespace in (chosen.release_namespace, chosen.tenants_namespace):
            await api.create(
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
            )
        await _prepare(world)
        try:
            yield world
        finally:
            with suppress(AcuseError):
                await api.delete(Ref(REGIONS, name))


async def _prepare(world: RegionWorld) -> None:
    release = world.settings.release_namespace
    for name, data in (("database", "url"), ("objects", "AWS_ACCESS_KEY_ID")):
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": release},
            "stringData": {data: "postgresql://acuse@127.0.0.1:1/acuse"},
        }
        await world.api.create(secret)
    spec = copy.deepcopy(REGION_SPEC)
    spec["gateway"]["namespace"] = release
    spec["intakeURL"] = "http://127.0.0.1:1"
    spec["database"] = {"secretRef": {"namespace": release, "name": "database", "key": "url"}}
    spec["objectStore"]["secretRef"] = {"namespace": release, "name": "objects"}
    await world.api.apply(
        {
            "apiVersion": "acuse.dev/v1alpha1",
            "kind": "Region",
            "metadata": {"name": world.settings.region},
            "spec": spec,
        },
        manager="kubectl",
    )
