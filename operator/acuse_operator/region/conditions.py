"""What the region says of one placement: its conditions, decided from what is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from acuse.resources.names import SECRET_HASH, sealed_name
from acuse.resources.placement import TenantPlacement
from acuse.resources.region import GatewayRef
from acuse_cluster.kinds import Manifest
from acuse_operator.conditions import Condition, conditions_of, find, status_of
from acuse_operator.desired.views import RegionView
from acuse_operator.telling import Weight

# What comes by itself: somebody else's turn, and nothing wrong so far.
WAITING: Final = frozenset({"Waiting", "Starting"})
# A Gateway takes up a route in less than this.
_SETTLE: Final = 0.25


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a placement's conditions follow from."""

    placement: TenantPlacement
    region: RegionView
    route: Manifest | None
    deployment: Manifest | None
    sealed: Manifest | None
    # Whether the worker's Secret could be made, now or before.
    has_files: bool
    # What the API server refused, if it did.
    fault: str | None = None

    @property
    def is_dedicated(self) -> bool:
        """Whether the tenant has workers of its own."""
        return self.placement.spec.bundle.workers.mode == "Dedicated"


def judge(scene: Scene) -> tuple[Condition, ...]:
    """Return Ready, Progressing, RouteReady, WorkersReady and SecretReady."""
    parts = (_secret(scene), _route(scene), _workers(scene))
    ready = _ready(scene, parts)
    return (ready, _progressing(ready, parts), *parts)


def weigh(condition: Condition) -> Weight:
    """Return what a verdict is worth telling: Ready has the reasons of all others."""
    if condition.type != "Ready":
        return Weight.NOTHING
    if condition.status == "True" or condition.reason == "Suspended":
        return Weight.WELL
    if condition.reason == "SecretStale":
        # The hub writes both, and the two watches tell of them one after the other.
        return Weight.EXPECTED
    return Weight.PASSING if condition.reason in WAITING else Weight.GRAVE


def settle_time(new: Iterable[Mapping[str, Any]], before: Iterable[Mapping[str, Any]]) -> float:
    """Return the seconds that a status may wait for the next to take its place; 0 for none."""
    if status_of(new, "Progressing") != "True" or status_of(before, "Ready") == "True":
        return 0.0
    return _SETTLE


def _ready(scene: Scene, parts: tuple[Condition, ...]) -> Condition:
    if scene.fault is not None:
        return Condition("Ready", "False", "ApplyRefused", scene.fault)
    if scene.placement.spec.suspend:
        text = "Suspended: what comes in is kept, and nobody works on it."
        return Condition("Ready", "False", "Suspended", text)
    for part in parts:
        if part.status != "True":
            return Condition("Ready", "False", part.reason, part.message)
    url = scene.region.webhook_url(scene.placement.key)
    return Condition("Ready", "True", "Serving", f"Webhooks arrive at {url}.")


def _progressing(ready: Condition, parts: tuple[Condition, ...]) -> Condition:
    coming = [part for part in parts if part.status != "True" and part.reason in WAITING]
    if ready.status == "True" or ready.reason == "Suspended":
        return Condition("Progressing", "False", "Complete", "Everything is as wanted.")
    if coming:
        return Condition("Progressing", "True", coming[0].reason, coming[0].message)
    return Condition("Progressing", "False", "Blocked", ready.message)


def _secret(scene: Scene) -> Condition:
    name = sealed_name(scene.placement.key)
    if scene.sealed is None:
        kept = " What was made of it before goes on." if scene.has_files else ""
        text = f"Secret {name} is not here.{kept}"
        return Condition("SecretReady", "False", "SecretMissing", text)
    annotations: Mapping[str, str] = scene.sealed["metadata"].get("annotations") or {}
    if annotations.get(SECRET_HASH) != scene.placement.spec.secret_hash:
        text = f"Secret {name} is of another version than the placement."
        return Condition("SecretReady", "False", "SecretStale", text)
    text = f"Secret {name} is what the placement asks for."
    return Condition("SecretReady", "True", "SecretPresent", text)


def _route(scene: Scene) -> Condition:
    route, gateway = scene.route, scene.region.spec.gateway
    if route is None:
        return Condition("RouteReady", "False", "Waiting", "The route is not made yet.")
    if route["kind"] == "Ingress":
        return Condition("RouteReady", "True", "IngressMade", "The Ingress is made.")
    if gateway is None:
        return Condition("RouteReady", "False", "Waiting", "The route is of another Gateway.")
    return _http_route(route, gateway)


def _http_route(route: Manifest, gateway: GatewayRef) -> Condition:
    name = f"Gateway {gateway.namespace}/{gateway.name}"
    said = _parent(route, gateway)
    for type_, bad in (("Accepted", "RouteNotAccepted"), ("ResolvedRefs", "BackendNotResolved")):
        found = find(said, type_)
        if found is None or _is_old(found, route):
            text = f"{name} has not answered for the route yet."
            return Condition("RouteReady", "False", "Waiting", text)
        if found["status"] != "True":
            text = f"{name}: {found.get('message') or found['reason']}"
            return Condition("RouteReady", "False", bad, text)
    return Condition("RouteReady", "True", "RouteAccepted", f"{name} routes to the intake.")


def _parent(route: Manifest, gateway: GatewayRef) -> list[dict[str, Any]]:
    """Return what the Gateway's controller says of the route."""
    status: Mapping[str, Any] = route.get("status") or {}
    parents: list[dict[str, Any]] = status.get("parents") or []
    for parent in parents:
        ref: Mapping[str, str] = parent["parentRef"]
        namespace = ref.get("namespace", route["metadata"]["namespace"])
        if (namespace, ref["name"]) == (gateway.namespace, gateway.name):
            return parent.get("conditions") or []
    return []


def _is_old(condition: Mapping[str, Any], obj: Manifest) -> bool:
    seen = condition.get("observedGeneration")
    return seen is not None and seen < obj["metadata"].get("generation", 0)


def _workers(scene: Scene) -> Condition:
    if scene.placement.spec.suspend:
        text = "No workers while the tenant is suspended."
        return Condition("WorkersReady", "False", "Suspended", text)
    if not scene.is_dedicated:
        text = "The region's shared workers work for the tenant."
        return Condition("WorkersReady", "True", "SharedPool", text)
    if not scene.has_files:
        text = "The workers' credentials have not come yet."
        return Condition("WorkersReady", "False", "NoCredentials", text)
    if scene.deployment is None:
        return Condition("WorkersReady", "False", "Waiting", "The workers are not made yet.")
    return _rollout(scene.deployment)


def _rollout(deployment: Manifest) -> Condition:
    wanted, ready = replicas(deployment)
    if wanted == 0:
        text = "No workers now: nothing waits for them."
        return Condition("WorkersReady", "True", "ScaledToZero", text)
    status: Mapping[str, Any] = deployment.get("status") or {}
    counted = f"{ready} of {wanted} workers are ready."
    conditions = conditions_of(deployment)
    is_seen = status.get("observedGeneration", 0) >= deployment["metadata"]["generation"]
    available = find(conditions, "Available")
    if is_seen and available is not None and available["status"] == "True":
        return Condition("WorkersReady", "True", "WorkersAvailable", counted)
    for type_, status_, reason in (
        ("ReplicaFailure", "True", "PodsRefused"),
        ("Progressing", "False", "WorkersStuck"),
    ):
        found = find(conditions, type_)
        if found is not None and found["status"] == status_:
            text = f"{counted} {found.get('message') or found['reason']}"
            return Condition("WorkersReady", "False", reason, text)
    return Condition("WorkersReady", "False", "Starting", counted)


def replicas(deployment: Manifest | None) -> tuple[int, int]:
    """Return how many workers there should be, and how many are ready."""
    if deployment is None:
        return 0, 0
    status: Mapping[str, Any] = deployment.get("status") or {}
    return deployment["spec"].get("replicas", 1), status.get("readyReplicas", 0)
