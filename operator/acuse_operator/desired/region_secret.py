"""The region's own Secret in the tenants' namespace: what every worker needs to know."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from acuse_cluster.kinds import SECRETS, Manifest
from acuse_operator.desired.manifest import digest, regional
from acuse_operator.desired.names import DATABASE_KEY, REGION_SECRET, SCALER_KEY
from acuse_operator.desired.views import RegionSecret, RegionSettings

# The role that may ask for a tenant's backlog.
_SCALER_ROLE = "acuse_worker"


def region_secret(
    settings: RegionSettings, *, database_url: str, variables: Mapping[str, bytes]
) -> Manifest:
    """Return the Secret with the database's address and the object store's variables."""
    values = {
        **variables,
        DATABASE_KEY: database_url.encode(),
        SCALER_KEY: _as_scaler(database_url).encode(),
    }
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
        variables=tuple(sorted(data.keys() - {DATABASE_KEY, SCALER_KEY})),
    )


def _as_scaler(url: str) -> str:
    """Return the URL with the role it is to act as: KEDA can run a query, but no SET ROLE."""
    parts = urlsplit(url)
    options = [(name, value) for name, value in parse_qsl(parts.query) if name != "options"]
    options.append(("options", f"-c role={_SCALER_ROLE}"))
    return urlunsplit(parts._replace(query=urlencode(options, quote_via=quote)))
