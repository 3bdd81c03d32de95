"""Brings one tenant's objects in this region to what its placement asks for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog

from acuse.errors import ApiConflict, ApiRefused, ApiUnavailable, InvalidManifest, Unavailable
from acuse.resources.names import API_VERSION, REGION_FINALIZER, REGION_MANAGER, sealed_name, slug
from acuse.resources.placement import TenantPlacement
from acuse_cluster.client import Api
from acuse_cluster.kinds import DEPLOYMENTS, HTTPROUTES, INGRESSES, SECRETS, Manifest, Ref, ref_of
from acuse_operator import metrics
from acuse_operator.conditions import Condition
from acuse_operator.desired.manifest import desired_hash
from acuse_operator.desired.objects import desired
from acuse_operator.desired.views import Capabilities, RegionSettings, RegionView
from acuse_operator.desired.worker_secret import worker_files
from acuse_operator.drift import Difference
from acuse_operator.pace import Pace
from acuse_operator.region.altered import Altered, healed
from acuse_operator.region.children import Children
from acuse_operator.region.conditions import Scene
from acuse_operator.region.leaving import Leaving
from acuse_operator.region.plan import WHOLE, Change, Plan, is_going, plan
from acuse_operator.region.ports import Handed, Surroundings, Tells
from acuse_operator.region.reading import read_placement
from acuse_operator.region.removal import Removal
from acuse_operator.region.status import Drifted, drifted, refusal, say
from acuse_operator.region.trail import DatabaseTrail
from acuse_operator.region.writing import PlacementWriter

log = structlog.get_logger()

# Seconds after which something that the API server refused is tried again.
_AGAIN: Final = 30.0
_TOO_MANY: Final = 429
# So often in a row something is tried in vain before it is said: most conflicts pass at once.
_IN_VAIN: Final = 3
# Of these, nothing is taken away while the credentials that they are made of are missing.
_OF_WORKERS: Final = frozenset(
    {
        "Deployment",
        "HorizontalPodAutoscaler",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "ScaledObject",
        "Secret",
        "ServiceAccount",
        "TriggerAuthentication",
    }
)


@dataclass(slots=True)
class _Outcome:
    """What became of a plan."""

    healed: tuple[Drifted, ...] = ()
    fault: str | None = None
    again: float | None = None
    # What was not done for now, and is to be tried again soon.
    failure: Unavailable | None = None

    def note(self, ref: Ref, exc: ApiRefused | ApiConflict | ApiUnavailable) -> None:
        """Take down what the API server says of one object."""
        self.fault = f"{ref.kind.kind} {ref.name}: {exc}"[:1024]
        if isinstance(exc, Unavailable):
            self.failure = exc
        else:
            self.again = min(_AGAIN, self.again or _AGAIN)


class RegionReconciler:
    """Makes, keeps and removes the objects of one placement at a time."""

    def __init__(
        self,
        api: Api,
        settings: RegionSettings,
        *,
        handed: Handed,
        children: Children,
        surroundings: Surroundings,
        events: Tells,
    ) -> None:
        self._api = api
        self._settings = settings
        self._placements = handed.placements
        self._children = children
        self._around = surroundings
        self._events = events
        self._epochs = handed.epochs
        removal = Removal(api, children, events, DatabaseTrail(settings.database_url))
        self._leaving = Leaving(api, settings.tenants_namespace, handed=handed, removal=removal)
        self._writer = PlacementWriter(api, handed.placements, events)
        self._made: dict[str, dict[Ref, str]] = {}
        self._in_vain: dict[str, int] = {}
        self._pace = Pace()
        self._altered = Altered()
        self._clock: Callable[[], float] = time.monotonic

    async def reconcile(self, key: str) -> float | None:
        """Bring one tenant up to date; return the seconds after which to look again."""
        obj = self._placements.get(self._settings.tenants_namespace, key)
        # One that goes is let go also if it is of another name that this region had.
        is_ours = obj is not None and obj["spec"]["region"] == self._settings.region
        if obj is None or not (is_ours or is_going(obj)):
            self._forget(key)
            return None
        cluster = self._around.cluster
        # Once the Region was looked at, all tenants are.
        return None if cluster is None else await self._keep(key, obj, cluster)

    async def _keep(self, key: str, obj: Manifest, cluster: Capabilities) -> float | None:
        if is_going(obj):
            left = await self._leaving.leave(obj, cluster)
            if left.held is None:
                if left.again is None:
                    self._forget(key)
                return left.again
            # Until somebody says more, it goes on as if nobody had asked.
            obj = left.held
            if obj["spec"]["region"] != self._settings.region:
                return None
        refused = await self._refused(obj)
        if refused is not None:
            return await self._writer.write(obj, refusal(obj, refused, now=datetime.now(UTC)))
        view = self._around.view
        if view is None:
            return None
        return await self._bring(await self._with_finalizer(obj), view, cluster)

    def _forget(self, key: str) -> None:
        self._made.pop(key, None)
        self._epochs.forget(key)
        self._writer.forget(key)
        self._in_vain.pop(key, None)
        self._pace.forget_name(slug(key))
        self._altered.forget(slug(key))

    async def _refused(self, obj: Manifest) -> Condition | None:
        """Return why the placement is not carried out; what was made before stays as it is."""
        stale = await self._epochs.judge(obj)
        if stale is not None:
            return stale
        if self._around.is_missing:
            text = f"There is no Region {self._settings.region}."
            return Condition("Ready", "False", "RegionMissing", text)
        try:
            read_placement(obj)
        except InvalidManifest as exc:
            return Condition("Ready", "False", "PlacementInvalid", str(exc)[:1024])
        return None

    async def _with_finalizer(self, obj: Manifest) -> Manifest:
        """Hold the placement until what is outside its namespace is gone, before that is made."""
        metadata = obj["metadata"]
        if REGION_FINALIZER in (metadata.get("finalizers") or ()):
            return obj
        held = await self._api.apply(
            {
                "apiVersion": API_VERSION,
                "kind": "TenantPlacement",
                "metadata": {
                    "name": metadata["name"],
                    "namespace": metadata["namespace"],
                    # Of this very object: a name alone would make a new one.
                    "uid": metadata["uid"],
                    "finalizers": [REGION_FINALIZER],
                },
            },
            manager=REGION_MANAGER,
        )
        self._placements.answered(held)
        return held

    async def _bring(self, obj: Manifest, view: RegionView, cluster: Capabilities) -> float | None:
        placement = read_placement(obj)
        sealed = await self._sealed(placement)
        files = self._files(placement, sealed)
        wanted = desired(
            placement,
            view,
            cluster,
            self._settings,
            files=files,
            replicas=self._replicas(placement),
        )
        planned = await self._plan(placement, wanted, keeps_workers=files is None)
        outcome = await self._carry_out(planned)
        self._made[placement.key] = self._complete(wanted)
        self._count(placement.key, outcome.failure)
        name = slug(placement.key)
        tenants = placement.metadata.namespace
        scene = Scene(
            placement=placement,
            region=view,
            route=self._route(name),
            deployment=self._children.get(Ref(DEPLOYMENTS, name, tenants)),
            sealed=sealed,
            has_files=files is not None,
            fault=outcome.fault,
        )
        said = say(
            scene,
            obj,
            healed=outcome.healed,
            now=datetime.now(UTC),
            hold=self._settings.drift_hold,
        )
        for one in outcome.healed:
            log.warning("drift_healed", kind=one.kind, object=one.name, path=one.field)
            text = f"{one.message} It was set back."
            self._events.emit(obj, type="Warning", reason="DriftHealed", message=text)
        waits = (said.again, outcome.again, await self._writer.write(obj, said))
        if outcome.failure is not None:
            raise outcome.failure
        return min((wait for wait in waits if wait is not None), default=None)

    def _count(self, key: str, failure: Unavailable | None) -> None:
        """Raise a failure that may pass before it is worth telling."""
        if failure is None:
            self._in_vain.pop(key, None)
            return
        self._in_vain[key] = self._in_vain.get(key, 0) + 1
        if self._in_vain[key] < _IN_VAIN:
            raise failure

    async def _sealed(self, placement: TenantPlacement) -> Manifest | None:
        ref = Ref(SECRETS, sealed_name(placement.key), placement.metadata.namespace)
        # A watch may be behind, and a label may be missing: nothing is said to be missing unasked.
        return self._children.get(ref) or await self._api.get(ref)

    def _replicas(self, placement: TenantPlacement) -> int | None:
        """Return how many workers the Deployment asks for now; None when there is none."""
        ref = Ref(DEPLOYMENTS, slug(placement.key), placement.metadata.namespace)
        live = self._children.get(ref)
        return None if live is None else live["spec"].get("replicas")

    def _files(self, placement: TenantPlacement, sealed: Manifest | None) -> dict[str, str] | None:
        """Return what the worker's Secret is to hold; without a sealed Secret, what it holds."""
        if placement.spec.bundle.workers.mode != "Dedicated":
            return None
        made = None if sealed is None else worker_files(placement, sealed.get("data") or {})
        if made is not None:
            return made
        ref = Ref(SECRETS, slug(placement.key), placement.metadata.namespace)
        kept = self._children.get(ref)
        return None if kept is None else dict(kept.get("data") or {})

    async def _plan(
        self, placement: TenantPlacement, wanted: tuple[Manifest, ...], *, keeps_workers: bool
    ) -> Plan:
        made = self._made.get(placement.key, {})
        for ref in (ref_of(manifest) for manifest in wanted):
            # It may only have lost the label that it is watched by.
            if ref in made and self._children.get(ref) is None:
                live = await self._api.get(ref)
                if live is not None:
                    self._children.put(live)
        dedicated = placement.spec.bundle.workers.mode == "Dedicated"
        return plan(
            wanted,
            self._children.named(slug(placement.key)),
            made=made,
            keep=_OF_WORKERS if dedicated and keeps_workers else frozenset(),
            beside=self._altered.beside,
        )

    async def _carry_out(self, planned: Plan) -> _Outcome:
        outcome, set_back = _Outcome(), list[Drifted]()
        # What is not wanted goes first: an autoscaler must not undo what is set next.
        for manifest in planned.prune:
            await self._delete(manifest)
        for change in planned.apply:
            wait = self._wait(change)
            if wait > 0:
                outcome.again = min(wait, outcome.again or wait)
                continue
            try:
                answer = await self._api.apply(change.manifest, manager=REGION_MANAGER)
            except (ApiRefused, ApiConflict, ApiUnavailable) as exc:
                if isinstance(exc, ApiUnavailable) and exc.status in {None, _TOO_MANY}:
                    # It is away or busy: the other objects would fare no better.
                    raise
                outcome.note(ref_of(change.manifest), exc)
                continue
            self._children.put(answer)
            back = self._set_back(change, answer)
            if back:
                self._pace.note(ref_of(change.manifest), now=self._clock())
                metrics.DRIFT.labels(change.manifest["kind"]).inc()
                set_back.append(drifted(Change(change.manifest, back)))
        outcome.healed = tuple(set_back)
        return outcome

    def _set_back(self, change: Change, answer: Manifest) -> tuple[Difference, ...]:
        """Return what of a change was drift and is none now."""
        before = len(self._altered)
        left = self._altered.note(change.manifest, answer)
        if len(self._altered) > before:
            ref = ref_of(change.manifest)
            log.warning("altered_on_admission", kind=ref.kind.kind, path=left[0].path)
        return healed(change.drifted, left)

    def _wait(self, change: Change) -> float:
        if not change.drifted or change.drifted[0].path == WHOLE:
            return 0.0
        return self._pace.wait(ref_of(change.manifest), now=self._clock())

    async def _delete(self, manifest: Manifest) -> None:
        ref = ref_of(manifest)
        await self._api.delete(ref, uid=manifest["metadata"]["uid"])
        self._children.drop(ref)

    def _complete(self, wanted: tuple[Manifest, ...]) -> dict[Ref, str]:
        """Return what of the wanted is there now, by the hash it was applied with."""
        found: dict[Ref, str] = {}
        for manifest in wanted:
            ref, was = ref_of(manifest), desired_hash(manifest)
            if was is not None and self._children.get(ref) is not None:
                found[ref] = was
        return found

    def _route(self, name: str) -> Manifest | None:
        for kind in (HTTPROUTES, INGRESSES):
            found = self._children.get(Ref(kind, name, self._settings.release_namespace))
            if found is not None:
                return found
        return None
