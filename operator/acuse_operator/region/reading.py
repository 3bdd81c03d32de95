"""A placement as the region role reads it from the API server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from acuse.resources.placement import TenantPlacement

# Of the metadata, what the tenant's objects are made from.
_METADATA: Final = ("name", "namespace", "uid", "generation")


def read_placement(obj: Mapping[str, Any]) -> TenantPlacement:
    """Return what a placement asks for, without its status; raise InvalidManifest.

    What changes with each write of a status is left out, so it is read once per generation.
    """
    metadata: Mapping[str, Any] = obj["metadata"]
    document = {name: obj.get(name) for name in ("apiVersion", "kind", "spec")}
    kept = {name: metadata.get(name) for name in _METADATA}
    return TenantPlacement.parse_once({**document, "metadata": kept})
