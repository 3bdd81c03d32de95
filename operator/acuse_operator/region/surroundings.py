"""The Region that this operator runs in, what its workers need, and what its cluster offers."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Final

import structlog

from acuse.errors import ApiRefused, ApiUnavailable
from acuse.resources.names import DESIRED_HASH, REGION_MANAGER
from acuse.resources.region import RegionSpec
from acuse_cluster.client import Api
from acuse_cluster.kinds import HTTPROUTES, SCALEDOBJECTS, SECRETS, Manifest, Ref, ref_of
from acuse_operator import metrics
from acuse_operator.desired.names import REGION_SECRET
from acuse_operator.desired.network import default_deny
from acuse_operator.desired.region_secret import described, region_secret
from acuse_operator.desired.views import Capabilities, RegionSecret, RegionSettings, RegionView
from acuse_operator.region.children import Children
from acuse_operator.region.plan import Change, is_going, plan
from acuse_operator.region.ports import Tells
from acuse_operator.region.status import drifted

log = structlog.get_logger()

_TOO_MANY: Final = 429


class RegionSurroundings:
    """Keeps the Region's own objects, and tells when what tenants are made of has changed."""

    def __init__(
        self,
        api: Api,
        settings: RegionSettings,
        *,
        children: Children,
        events: Tells,
        changed: Callable[[], None],
    ) -> None:
        self._api = api
        self._settings = settings
        self._children = children
        self._events = events
        self._changed = changed
        self._cluster: Capabilities | None = None
        self._view: RegionView | None = None
        self._is_missing = False
        self._made: dict[Ref, str] = {}
        self._faults: dict[Ref, str] = {}

    @property
    def cluster(self) -> Capabilities | None:
        """Return which optional kinds the cluster has; None before it was asked."""
        return self._cluster

    @property
    def view(self) -> RegionView | None:
        """Return the Region; None while it was not read, or is not there."""
        return self._view

    @property
    def is_missing(self) -> bool:
        """Whether there is no Region of this operator's name."""
        return self._is_missing

    @property
    def fault(self) -> str | None:
        """Return what of the Region is missing, in a sentence; None when nothing is."""
        return next(iter(self._faults.values()), None)

    async def look(self, region: Manifest | None) -> None:
        """Bring the region's own objects up to date; tell if tenants have to be looked at again."""
        before = (self._cluster, self._view, self._is_missing)
        cluster = await self._discover()
        # Before anything is decided, all of what may be there is known.
        await self._children.follow(cluster)
        self._cluster = cluster
        self._is_missing = region is None
        self._view = None if region is None else await self._look_at(region)
        if before != (self._cluster, self._view, self._is_missing):
            self._changed()

    async def _discover(self) -> Capabilities:
        return Capabilities(
            gateway_api=await self._api.has_kind(HTTPROUTES),
            keda=await self._api.has_kind(SCALEDOBJECTS),
        )

    async def _look_at(self, region: Manifest) -> RegionView:
        known, self._faults = self._faults, {}
        spec = RegionSpec.parse(region["spec"])
        secret = await self._secret(spec)
        wanted = [default_deny(self._settings), *([] if secret is None else [secret])]
        live = [m for m in (self._children.get(ref_of(w)) for w in wanted) if m is not None]
        for change in plan(wanted, live, made=self._made).apply:
            await self._apply(region, change)
        self._made = {
            ref_of(m): m["metadata"]["annotations"][DESIRED_HASH]
            for m in wanted
            if self._children.get(ref_of(m)) is not None
        }
        for text in sorted(set(self._faults.values()) - set(known.values())):
            log.warning("region_incomplete", reason=text)
        return RegionView(spec, self._described(secret))

    async def _apply(self, region: Manifest, change: Change) -> None:
        ref = ref_of(change.manifest)
        try:
            self._children.put(await self._api.apply(change.manifest, manager=REGION_MANAGER))
        except (ApiRefused, ApiUnavailable) as exc:
            if isinstance(exc, ApiUnavailable) and exc.status in {None, _TOO_MANY}:
                # It is away or busy. Any other answer is about this object, an admission webhook's
                # that is broken for one: what there is for tenants goes on without it.
                raise
            self._faults[ref] = f"{ref.kind.kind} {ref.name}: {exc}"
            return
        if change.drifted:
            one = drifted(change)
            metrics.DRIFT.labels(one.kind).inc()
            log.warning("drift_healed", kind=one.kind, object=one.name, path=one.field)
            text = f"{one.message} It was set back."
            self._events.emit(region, type="Warning", reason="DriftHealed", message=text)

    def _described(self, secret: Manifest | None) -> RegionSecret:
        """Return what workers are told of the Secret: of the one there is, if none was made."""
        ref = Ref(SECRETS, REGION_SECRET, self._settings.tenants_namespace)
        live = self._children.get(ref) if secret is None else secret
        return RegionSecret() if live is None or is_going(live) else described(live)

    async def _secret(self, spec: RegionSpec) -> Manifest | None:
        url = await self._database_url(spec)
        variables = await self._variables(spec)
        if not url or variables is None:
            return None
        return region_secret(self._settings, database_url=url, variables=variables)

    async def _database_url(self, spec: RegionSpec) -> str | None:
        if spec.database is None:
            return self._settings.database_url or None
        ref = spec.database.secret_ref
        data = await self._data(Ref(SECRETS, ref.name, ref.namespace))
        value = None if data is None else data.get(ref.key)
        return None if value is None else value.decode(errors="replace").strip()

    async def _variables(self, spec: RegionSpec) -> dict[str, bytes] | None:
        ref = spec.object_store.secret_ref if spec.object_store is not None else None
        if ref is None:
            return {}
        return await self._data(Ref(SECRETS, ref.name, ref.namespace))

    async def _data(self, ref: Ref) -> dict[str, bytes] | None:
        """Return a Secret's values; None when it is not there, or not for us to read."""
        try:
            secret = await self._api.get(ref)
        except ApiRefused:
            self._faults[ref] = f"Secret {ref.namespace}/{ref.name}: the operator may not read it."
            return None
        if secret is None:
            self._faults[ref] = f"Secret {ref.namespace}/{ref.name}: it does not exist."
            return None
        data: dict[str, str] = secret.get("data") or {}
        return {name: base64.b64decode(value) for name, value in data.items()}
