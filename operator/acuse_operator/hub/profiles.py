"""Regions of the ClusterProfile objects that a fleet's manager keeps (SIG Multicluster, KEP-4322).

A profile says that there is a cluster; what Acuse has to know besides, it says in annotations, or
its manager in `status.properties`. One that says no jurisdiction is no region.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import structlog

from acuse.errors import AcuseError, ApiRefused, InvalidManifest
from acuse.resources.names import API_VERSION, DESIRED_HASH, GROUP
from acuse.resources.region import Region
from acuse_cluster.client import Api
from acuse_cluster.kinds import CLUSTERPROFILES, REGIONS, Manifest, Ref
from acuse_operator.events import Events

log = structlog.get_logger()

MANAGER: Final = "acuse-cluster-profiles"
# On a Region: NAMESPACE/NAME of the profile that it is made of.
PROFILE: Final = f"{GROUP}/cluster-profile"
JURISDICTION: Final = f"{GROUP}/jurisdiction"
INTAKE_URL: Final = f"{GROUP}/intake-url"
# Of the Secret in the release's namespace; left out, it is called as the profile.
KUBECONFIG: Final = f"{GROUP}/kubeconfig-secret"

_LOOK_EVERY: Final = 15.0
_LENGTH: Final = 16


def region_of(profile: Manifest, *, release_namespace: str) -> Manifest | None:
    """Return the Region that a profile asks for, None if for none; raise InvalidManifest."""
    metadata = profile["metadata"]
    said = _said(profile)
    if JURISDICTION not in said:
        return None
    secret = said.get(KUBECONFIG) or metadata["name"]
    spec = {
        "jurisdiction": said[JURISDICTION],
        "intakeURL": said.get(INTAKE_URL, ""),
        "access": {
            "type": "Kubeconfig",
            "kubeconfigSecretRef": {"namespace": release_namespace, "name": secret},
        },
    }
    # Of what it asks for, not of what it says besides: a manager writes its status all the time.
    digest = hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()[:_LENGTH]
    annotations = {
        PROFILE: f"{metadata['namespace']}/{metadata['name']}",
        DESIRED_HASH: digest,
    }
    region = {
        "apiVersion": API_VERSION,
        "kind": "Region",
        "metadata": {"name": metadata["name"], "annotations": annotations},
        "spec": spec,
    }
    Region.parse(region)
    return region


def _said(profile: Manifest) -> dict[str, str]:
    """Return what a profile says of Acuse's own names; its annotations go before its properties."""
    status: Mapping[str, Any] = profile.get("status") or {}
    properties: list[Mapping[str, Any]] = status.get("properties") or []
    annotations: Mapping[str, str] = profile["metadata"].get("annotations") or {}
    said = {str(each["name"]): str(each["value"]) for each in properties}
    known = (JURISDICTION, INTAKE_URL, KUBECONFIG)
    return {name: value for name, value in {**said, **annotations}.items() if name in known}


@dataclass(slots=True)
class ClusterProfiles:
    """Makes and changes Regions as the profiles of a namespace say; deletes none."""

    api: Api
    events: Events
    namespace: str
    release_namespace: str
    # By the profile's uid, what was said last.
    _told: dict[str, str] = field(default_factory=dict[str, str])

    async def run(self) -> None:
        """Look again and again until cancelled."""
        while True:
            try:
                await self.look()
            except AcuseError as exc:
                log.warning("cluster_profiles_not_read", code=exc.code, reason=str(exc))
            await asyncio.sleep(_LOOK_EVERY)

    async def look(self) -> None:
        """Bring Regions to what the profiles say now. Raises ApiRefused or ApiUnavailable."""
        if not await self.api.has_kind(CLUSTERPROFILES):
            return
        listed = await self.api.list(CLUSTERPROFILES, namespace=self.namespace)
        for profile in listed.items:
            # A list leaves out what each of its items is.
            await self._take(
                {**profile, "apiVersion": CLUSTERPROFILES.api_version, "kind": "ClusterProfile"}
            )

    async def _take(self, profile: Manifest) -> None:
        try:
            region = region_of(profile, release_namespace=self.release_namespace)
            if region is not None:
                await self._apply(region)
        except (InvalidManifest, ApiRefused) as exc:
            self._tell(profile, "ProfileRefused", f"No Region is made of it: {exc}.")
        else:
            self._told.pop(profile["metadata"]["uid"], None)

    async def _apply(self, region: Manifest) -> None:
        """Apply a Region unless this very one was applied before; raise InvalidManifest."""
        metadata = region["metadata"]
        live = await self.api.get(Ref(REGIONS, metadata["name"]))
        found: Mapping[str, Any] = {} if live is None else live["metadata"]
        there: Mapping[str, str] = found.get("annotations") or {}
        if live is not None and there.get(PROFILE) != metadata["annotations"][PROFILE]:
            raise InvalidManifest(f"a Region {metadata['name']} is there that is not made of it")
        # What somebody changed by hand stays until the profile says something else.
        if there.get(DESIRED_HASH) != metadata["annotations"][DESIRED_HASH]:
            await self.api.apply(region, manager=MANAGER)
            log.info("region_applied", region=metadata["name"])

    def _tell(self, profile: Manifest, reason: str, text: str) -> None:
        uid = profile["metadata"]["uid"]
        if self._told.get(uid) != text:
            self._told[uid] = text
            self.events.emit(profile, type="Warning", reason=reason, message=text)
            log.warning("cluster_profile_refused", object=profile["metadata"]["name"], reason=text)
