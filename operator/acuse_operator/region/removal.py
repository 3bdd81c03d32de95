"""Takes away what a tenant had in this region, and proves it gone before the placement goes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import structlog

from acuse.audit.trail import Code, Entry
from acuse.errors import ApiRefused
from acuse.resources.names import REGION_FINALIZER, REGION_MANAGER, TENANT, slug
from acuse.tenants.tenant import tenant_id
from acuse_cluster.client import Api
from acuse_cluster.kinds import DEPLOYMENTS, PLACEMENTS, Kind, Manifest, Ref, ref_of
from acuse_operator.desired.views import Capabilities
from acuse_operator.drift import is_ours
from acuse_operator.region.children import OURS, Children, kinds
from acuse_operator.region.plan import is_going
from acuse_operator.region.ports import Tells
from acuse_operator.region.trail import Trail

log = structlog.get_logger()

# Seconds between two looks while something is going away, and how long it may take in all: longer
# than a worker's grace, so that pods are gone too.
_AGAIN: Final = 1.0
_PATIENCE: Final = 180.0
# Seconds after which a placement is let go anew that was not let go.
_HELD_AGAIN: Final = 5.0
# How long a removal waits for the audit trail to be written, and how often that is tried.
_TRAIL_PATIENCE: Final = 180.0
_TRAIL_AGAIN: Final = 5.0
_NOT_FOUND: Final = 404
# A `test` of the patch failed, or an admission policy refused it: the answer does not say which.
_INVALID: Final = 422


@dataclass(slots=True)
class _Going:
    """One placement's removal: since when it is at work, and what it took down."""

    since: float
    taken: dict[str, None] = field(default_factory=dict[str, None])
    is_said: bool = False
    # What the audit trail is to say of it, and since when, until it does.
    entry: Entry | None = None
    over: float = 0.0


class Removal:
    """Removes everything of one placement, in bounded time; safe to repeat."""

    def __init__(self, api: Api, children: Children, events: Tells, trail: Trail) -> None:
        self._api = api
        self._children = children
        self._events = events
        self._trail = trail
        # By uid. A deletion may have waited for long: what counts is since when it is worked on.
        self._going: dict[str, _Going] = {}

    async def remove(self, obj: Manifest, cluster: Capabilities) -> float | None:
        """Delete, look, let go of the placement; return when to look again if it is not over."""
        key, uid = obj["metadata"]["name"], obj["metadata"]["uid"]
        going = self._going.setdefault(uid, _Going(time.monotonic()))
        listed = kinds(cluster)
        left = [m for kind in listed for m in await self._ours(kind, slug(key))]
        for manifest in left:
            going.taken[_named(manifest)] = None
            await self._delete(manifest)
        if left and time.monotonic() - going.since <= _PATIENCE:
            return _AGAIN
        if not going.is_said:
            self._say(obj, going, listed, left)
        if not await self._is_kept(obj, going):
            return _TRAIL_AGAIN
        if not await self._let_go(obj):
            return _HELD_AGAIN
        self._going.pop(uid, None)
        return None

    async def keep(self, obj: Manifest) -> float | None:
        """Let go of the placement and take nothing down: the next one of its name takes it over.

        Returns when to look again if it was not let go.
        """
        going = self._going.setdefault(obj["metadata"]["uid"], _Going(time.monotonic()))
        if not going.is_said:
            text = "What serves the tenant stays as it is, until a placement of it comes again."
            self._events.emit(obj, type="Normal", reason="Kept", message=text)
            log.warning("placement_let_go", tenant=obj["metadata"]["name"])
        going.is_said = True
        if not await self._let_go(obj):
            return _HELD_AGAIN
        self._going.pop(obj["metadata"]["uid"], None)
        return None

    def _say(
        self, obj: Manifest, going: _Going, listed: Sequence[Kind], left: Sequence[Manifest]
    ) -> None:
        """Say how it came out, and prepare what the audit trail says of it."""
        key = obj["metadata"]["name"]
        names = [_named(manifest) for manifest in left]
        if left:
            text = f"Given up after {_PATIENCE:.0f} s; somebody's finalizer holds"
            text = f"{text} {', '.join(names)}."
            self._events.emit(obj, type="Warning", reason="LeftBehind", message=text)
            log.error("objects_left_behind", tenant=key, count=len(left))
        else:
            self._say_removed(obj, going, listed)
        going.is_said, going.over = True, time.monotonic()
        going.entry = Entry(
            region=obj["spec"]["region"],
            tenant_id=tenant_id(key),
            code=Code.LEFT_BEHIND if left else Code.REMOVED,
            # A tenant that comes again has another placement.
            subject=obj["metadata"]["uid"],
            actor=REGION_MANAGER,
            occurred_at=datetime.now(UTC),
            detail={
                "tenant": key,
                "epoch": obj["spec"].get("epoch", 0),
                "removed": list(going.taken),
                "listed": [kind.kind for kind in listed],
                "left": names,
            },
        )

    async def _is_kept(self, obj: Manifest, going: _Going) -> bool:
        """Write to the audit trail; True also where that was in vain for too long."""
        if going.entry is None:
            return True
        fault = await self._trail.keep(going.entry)
        if fault is not None:
            key = obj["metadata"]["name"]
            if time.monotonic() - going.over <= _TRAIL_PATIENCE:
                log.warning("audit_delayed", tenant=key, reason=fault)
                return False
            text = f"The removal is not in the audit trail: {fault}, for {_TRAIL_PATIENCE:.0f} s."
            self._events.emit(obj, type="Warning", reason="NotAudited", message=text)
            log.error("audit_lost", tenant=key, reason=fault)
        going.entry = None
        return True

    def _say_removed(self, obj: Manifest, going: _Going, listed: Sequence[Kind]) -> None:
        """Say what was taken down, once the lists of every kind came back empty."""
        down = f"Taken down: {', '.join(going.taken)}." if going.taken else "There was nothing."
        looked = [kind.kind for kind in listed]
        text = f"{down} Nothing is left: asked for by label, of {', '.join(looked)}."
        self._events.emit(obj, type="Normal", reason="Removed", message=text)
        log.info(
            "tenant_removed",
            tenant=obj["metadata"]["name"],
            removed=list(going.taken),
            listed=looked,
            left=0,
        )

    async def _ours(self, kind: Kind, name: str) -> list[Manifest]:
        """Ask, not the watch but the API server, what there is."""
        listed = await self._api.list(
            kind, namespace=self._children.namespace(kind), labels=f"{OURS},{TENANT}={name}"
        )
        return [manifest for manifest in listed.items if is_ours(manifest)]

    async def _delete(self, manifest: Manifest) -> None:
        ref = ref_of(manifest)
        if not is_going(manifest):
            # A Deployment stays until its pods are gone: the tenant is gone when they are.
            uid = manifest["metadata"]["uid"]
            if ref.kind == DEPLOYMENTS:
                await self._api.delete(ref, propagation="Foreground", uid=uid)
            else:
                await self._api.delete(ref, uid=uid)
        self._children.drop(ref)

    async def _let_go(self, obj: Manifest) -> bool:
        """Take our finalizer away, and nobody else's; False if that was not taken."""
        metadata = obj["metadata"]
        ref = Ref(PLACEMENTS, metadata["name"], metadata["namespace"])
        place = f"/metadata/finalizers/{metadata['finalizers'].index(REGION_FINALIZER)}"
        try:
            await self._api.json_patch(
                ref,
                [
                    {"op": "test", "path": "/metadata/uid", "value": metadata["uid"]},
                    {"op": "test", "path": place, "value": REGION_FINALIZER},
                    {"op": "remove", "path": place},
                ],
            )
        except ApiRefused as exc:
            if exc.status not in {_NOT_FOUND, _INVALID}:
                raise
            # Gone already; or the list has changed, or somebody's policy forbids it for now.
            if exc.status == _INVALID:
                log.warning("placement_not_let_go", tenant=metadata["name"], reason=str(exc))
            return exc.status == _NOT_FOUND
        return True


def _named(manifest: Manifest) -> str:
    return f"{manifest['kind']} {manifest['metadata']['name']}"
