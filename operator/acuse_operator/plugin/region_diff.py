"""The objects of a placement, compared with what the region's operator wants of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from acuse.errors import InvalidManifest
from acuse.resources.names import DESIRED_HASH, sealed_name, slug
from acuse.resources.placement import TenantPlacement
from acuse.resources.region import RegionSpec
from acuse_cluster.client import Api
from acuse_cluster.kinds import (
    DEPLOYMENTS,
    HTTPROUTES,
    INGRESSES,
    REGIONS,
    SCALEDOBJECTS,
    SECRETS,
    Kind,
    Manifest,
    Ref,
    ref_of,
)
from acuse_operator.desired.names import CONFIG_HASH, REGION_SECRET
from acuse_operator.desired.objects import desired
from acuse_operator.desired.region_secret import described
from acuse_operator.desired.views import Capabilities, RegionSecret, RegionSettings, RegionView
from acuse_operator.desired.worker_secret import worker_files
from acuse_operator.drift import is_drift, is_ours
from acuse_operator.plugin.object_diff import Looked, ObjectDiff, compared, look, without
from acuse_operator.plugin.operator_there import OperatorThere
from acuse_operator.program import region_settings
from acuse_operator.region.children import kinds

_ROUTES: Final = frozenset({HTTPROUTES, INGRESSES})


@dataclass(frozen=True, slots=True)
class Site:
    """One region's cluster, with all that its objects are made of beside the placement."""

    api: Api
    settings: RegionSettings
    spec: RegionSpec
    cluster: Capabilities
    region_secret: Looked

    def ref(self, kind: Kind, key: str) -> Ref:
        """Return where a tenant's object of a kind is."""
        release, tenants = self.settings.release_namespace, self.settings.tenants_namespace
        return Ref(kind, slug(key), release if kind in _ROUTES else tenants)


@dataclass(frozen=True, slots=True)
class Compared:
    """What of one placement's objects differs, and what could not be compared."""

    objects: tuple[ObjectDiff, ...]
    unread: tuple[str, ...]


async def open_site(api: Api, operator: OperatorThere) -> Site | str:
    """Return a region's cluster as its operator sees it, or why that cannot be told."""
    if not operator.is_known:
        return f"what was made there was not compared: {operator.fault}"
    settings = region_settings(operator.settings)
    looked = await look(api, Ref(REGIONS, settings.region))
    if looked.live is None:
        return looked.unread or f"there is no Region {settings.region} in its own cluster"
    try:
        spec = RegionSpec.parse(looked.live["spec"])
    except InvalidManifest as exc:
        return f"Region {settings.region}: {exc}"
    cluster = Capabilities(
        gateway_api=await api.has_kind(HTTPROUTES), keda=await api.has_kind(SCALEDOBJECTS)
    )
    secret = await look(api, Ref(SECRETS, REGION_SECRET, settings.tenants_namespace))
    return Site(api, settings, spec, cluster, secret)


async def children_diff(site: Site, placement: Manifest) -> Compared:
    """Return what of a placement's objects is not as the region's operator wants it."""
    try:
        parsed = TenantPlacement.parse(placement)
    except InvalidManifest as exc:
        return Compared((), (f"the placement cannot be read: {exc}",))
    there = {kind: await look(site.api, site.ref(kind, parsed.key)) for kind in kinds(site.cluster)}
    unread = [one.unread for one in there.values() if one.unread is not None]
    files, is_known = await _files(site, parsed, there)
    deployment = there[DEPLOYMENTS].live
    wanted = desired(
        parsed,
        RegionView(site.spec, _region_secret(site, deployment)),
        site.cluster,
        site.settings,
        files=files,
        replicas=None if deployment is None else deployment["spec"].get("replicas"),
    )
    if not is_known or (files is not None and site.region_secret.unread is not None):
        unread.append("what depends on credentials: Secrets that you may not read")
        wanted = tuple(_foretold(one, there) for one in wanted)
    if files is None and parsed.spec.bundle.workers.mode == "Dedicated":
        # Without credentials nothing is wanted of workers, and nothing of them is taken away.
        there = {kind: looked for kind, looked in there.items() if kind in _ROUTES}
    return Compared(tuple(_compared(wanted, there)), tuple(unread))


def _compared(wanted: tuple[Manifest, ...], there: Mapping[Kind, Looked]) -> Iterator[ObjectDiff]:
    asked = {ref_of(one).kind: one for one in wanted}
    for kind, looked in there.items():
        if looked.unread is not None:
            continue
        if kind in asked:
            found = compared(asked[kind], looked.live, is_drift=is_drift)
            if found is not None:
                yield found
        elif looked.live is not None and is_ours(looked.live):
            yield ObjectDiff(ref_of(looked.live), "surplus")


async def _files(
    site: Site, placement: TenantPlacement, there: Mapping[Kind, Looked]
) -> tuple[dict[str, str] | None, bool]:
    """Return the data of the worker's Secret, and whether it is what it is to be.

    Where no Secret may be read, its keys are those that the workers mount.
    """
    if placement.spec.bundle.workers.mode != "Dedicated":
        return None, True
    namespace = placement.metadata.namespace
    sealed = await look(site.api, Ref(SECRETS, sealed_name(placement.key), namespace))
    made = None if sealed.live is None else worker_files(placement, sealed.live.get("data") or {})
    if made is not None:
        return made, True
    kept = there[SECRETS]
    if kept.live is not None:
        # The operator goes on with what it made before.
        return dict(kept.live.get("data") or {}), True
    if sealed.unread is None and kept.unread is None:
        return None, True
    return _mounted(there[DEPLOYMENTS].live), False


def _mounted(deployment: Manifest | None) -> dict[str, str] | None:
    if deployment is None:
        return None
    pod: Mapping[str, Any] = deployment["spec"]["template"]["spec"]
    volumes: list[Mapping[str, Any]] = pod.get("volumes") or []
    keys: dict[str, str] = {}
    for volume in volumes:
        secret: Mapping[str, Any] = volume.get("secret") or {}
        items: list[Mapping[str, str]] = secret.get("items") or []
        keys |= {item["key"]: "" for item in items}
    return keys or None


def _region_secret(site: Site, deployment: Manifest | None) -> RegionSecret:
    if site.region_secret.live is not None:
        return described(site.region_secret.live)
    if site.region_secret.unread is None or deployment is None:
        return RegionSecret()
    container: Mapping[str, Any] = deployment["spec"]["template"]["spec"]["containers"][0]
    named = [one for one in container.get("env") or () if _is_of_region(one)]
    variables = sorted(one["name"] for one in named if one["name"] != "ACUSE_DATABASE_URL")
    return RegionSecret(variables=tuple(variables))


def _is_of_region(variable: Mapping[str, Any]) -> bool:
    source: Mapping[str, Any] = variable.get("valueFrom") or {}
    named: Mapping[str, Any] = source.get("secretKeyRef") or {}
    return bool(named.get("name") == REGION_SECRET)


def _foretold(wanted: Manifest, there: Mapping[Kind, Looked]) -> Manifest:
    """Return what is wanted with the hashes that it has: they hang on what may not be read."""
    looked = there.get(ref_of(wanted).kind)
    if looked is None or looked.live is None or wanted["kind"] != "Deployment":
        return wanted
    live = looked.live
    annotations: Mapping[str, str] = live["metadata"].get("annotations") or {}
    same = without(wanted, {DESIRED_HASH: annotations.get(DESIRED_HASH, "")})
    pods: Mapping[str, Any] = live["spec"]["template"]["metadata"].get("annotations") or {}
    template = without(same["spec"]["template"], {CONFIG_HASH: pods.get(CONFIG_HASH, "")})
    return {**same, "spec": {**same["spec"], "template": template}}
