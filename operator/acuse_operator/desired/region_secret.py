"""The region's own Secret in the tenants' namespace: what every worker needs to know."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from acuse_cluster.kinds import SECRETS, Manifest
from acuse_operator.desired.manifest import digest, regional
from acuse_operator.desired.names import DATABASE_KEY, REGION_SECRET
from acuse_operator.desired.views import RegionSecret, RegionSettings


def region_secret(
    settings: RegionSettings, *, database_url: str, variables: Mapping[str, bytes]
) -> Manifest:
    """Return the Secret with the database's address and the object store's variables."""
    values = {**variables, DATABASE_KEY: database_url.encode()}
    data = {name: base64.b64encode(value).decode() for name, value in sorted(values.items())}
    return regional(
        SECRETS,
        REGION_SECRET,
        settings.tenants_namespace,
        body={"type": "Opaque", "data": data},
    )


def described(manifest: Manifest) -> RegionSecret:
    """Return what workers' Deployments need to know of the Secret: its hash and its names."""
    data: dict[str, str] = manifest["data"]
    return RegionSecret(
        hash=digest(data),
        variables=tuple(sorted(data.keys() - {DATABASE_KEY})),
    )
