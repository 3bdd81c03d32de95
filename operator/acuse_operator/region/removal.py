"""Takes away what a tenant had in this region, and proves it gone before the placement goes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import structlog

from acuse.errors import ApiRefused
from acuse.resources.names import REGION_FINALIZER, TENANT, slug
from acuse_cluster.client import Api
from acuse_cluster.kinds import DEPLOYMENTS, PLACEMENTS, Kind, Manifest, Ref, ref_of
from acuse_operator.desired.views import Capabilities
from acuse_operator.drift import is_ours
from acuse_operator.region.children import OURS, Children, kinds
from acuse_operator.region.plan import is_going
from acuse_operator.region.ports import Tells

log = structlog.get_logger()

# Seconds between two looks while something is going away, and how long it may take in all: longer
# than a worker's grace, so that pods are gone too.
_AGAIN: Final = 1.0
_PATIENCE: Final = 180.0
_GONE: Final = frozenset({404, 422})


class Removal:
    """Removes everything of one placement, in bounded time; safe to repeat."""

    def __init__(self, api: Api, children: Children, events: Tells) -> None:
        self._api = api
        self._children = children
        self._events = events

    async def remove(self, obj: Manifest, cluster: Capabilities) -> float | None:
        """Delete, look, let go of the placement; return when to look again if it is not over."""
        if REGION_FINALIZER not in (obj["metadata"].get("finalizers") or ()):
            return None
        name = slug(obj["metadata"]["name"])
        left = [m for kind in kinds(cluster) for m in await self._ours(kind, name)]
        for manifest in left:
            await self._delete(manifest)
        if left and not _is_overdue(obj):
            return _AGAIN
        if left:
            names = ", ".join(f"{m['kind']} {m['metadata']['name']}" for m in left)
            text = f"Given up after {_PATIENCE:.0f} s; somebody's finalizer holds {names}."
            self._events.emit(obj, type="Warning", reason="LeftBehind", message=text)
            log.error("objects_left_behind", tenant=obj["metadata"]["name"], count=len(left))
        await self._let_go(obj)
        return None

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

    async def _let_go(self, obj: Manifest) -> None:
        """Take our finalizer away, and nobody else's: only if it is still where it was seen."""
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
            # Gone already, or the list has changed: the watch brings the new one.
            if exc.status not in _GONE:
                raise


def _is_overdue(obj: Manifest) -> bool:
    since = datetime.fromisoformat(obj["metadata"]["deletionTimestamp"])
    return (datetime.now(UTC) - since).total_seconds() > _PATIENCE
