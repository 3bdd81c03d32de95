"""The documents that `kubectl acuse plan` is given: Tenants, and Secrets that come with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from acuse.errors import InvalidManifest
from acuse.resources.names import API_VERSION
from acuse.tenants.manifest import documents
from acuse_cluster.kinds import Manifest
from acuse_operator.plugin.credentials import secret_in_file


@dataclass(slots=True)
class Documents:
    """What a file holds; `others` names what nothing is planned for."""

    tenants: list[Manifest] = field(default_factory=list[Manifest])
    secrets: dict[tuple[str, str], Manifest] = field(
        default_factory=dict[tuple[str, str], Manifest]
    )
    others: list[str] = field(default_factory=list[str])


def read_documents(text: str, *, namespace: str) -> Documents:
    """Return what the text holds; objects without a namespace are in this one.

    Raises InvalidManifest when it is not YAML, when an object has no kind or name, and when there
    is no Tenant at all.
    """
    found = Documents()
    for document in documents(text):
        for one in _listed(document):
            _take(found, one, namespace)
    if not found.tenants:
        raise InvalidManifest("there is no Tenant in it")
    return found


def _listed(document: object) -> list[Manifest]:
    if not isinstance(document, dict):
        raise InvalidManifest("a document is not an object")
    obj = cast("Manifest", document)
    items: object = obj.get("items")
    if obj.get("kind") == "List" and isinstance(items, list):
        return [one for item in cast("list[object]", items) for one in _listed(item)]
    return [obj]


def _take(found: Documents, obj: Manifest, namespace: str) -> None:
    said: object = obj.get("metadata")
    metadata: Mapping[str, Any] = cast("Mapping[str, Any]", said) if isinstance(said, dict) else {}
    kind, name = obj.get("kind"), metadata.get("name")
    if not isinstance(kind, str) or not isinstance(name, str):
        raise InvalidManifest("an object has no kind or no metadata.name")
    where: str = metadata.get("namespace") or namespace
    placed = {**obj, "metadata": {**metadata, "namespace": where}}
    if kind == "Tenant" and obj.get("apiVersion") == API_VERSION:
        found.tenants.append(placed)
    elif kind == "Secret":
        found.secrets[where, name] = secret_in_file(placed)
    else:
        found.others.append(f"{kind} {name}")
