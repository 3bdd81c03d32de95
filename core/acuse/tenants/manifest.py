"""Tenant manifests as YAML: the documents of a file, and whom each speaks of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import yaml

from acuse.errors import InvalidManifest
from acuse.resources.names import tenant_key
from acuse.resources.tenant import TenantManifest


def documents(text: str) -> Iterator[object]:
    """Yield each document of a YAML file; raise InvalidManifest when it is not YAML."""
    try:
        yield from (document for document in yaml.safe_load_all(text) if document is not None)
    except (yaml.YAMLError, ValueError, RecursionError) as exc:
        # PyYAML's own words repeat the line, which might be a secret in the wrong place.
        mark = getattr(exc, "problem_mark", None)
        where = f" (line {mark.line + 1})" if isinstance(mark, yaml.Mark) else ""
        raise InvalidManifest(f"not a YAML file{where}") from exc


def parse_manifest(document: object) -> TenantManifest:
    """Return the manifest; raise InvalidManifest naming every field that is wrong."""
    return TenantManifest.parse(document)


def claimed_key(document: object) -> str | None:
    """Return the key a document claims, whatever else is wrong with it; None without one."""
    metadata = _member(document, "metadata")
    name, namespace = _member(metadata, "name"), _member(metadata, "namespace")
    if not isinstance(name, str):
        return None
    return tenant_key(namespace if isinstance(namespace, str) else "default", name)


def _member(value: object, key: str) -> object:
    return cast("dict[object, object]", value).get(key) if isinstance(value, dict) else None
