"""A copy of objects as a watch tells of them, corrected by what our own writes answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from acuse_cluster.kinds import Manifest


class Store:
    """Objects by namespace and name; an older version never replaces a newer one."""

    def __init__(self) -> None:
        self._objects: dict[tuple[str, str], Manifest] = {}

    def __len__(self) -> int:
        return len(self._objects)

    def __iter__(self) -> Iterator[Manifest]:
        return iter(tuple(self._objects.values()))

    def get(self, namespace: str | None, name: str) -> Manifest | None:
        """Return an object; None when there is none."""
        return self._objects.get((namespace or "", name))

    def put(self, obj: Manifest) -> bool:
        """Keep an object; False when what is kept is as new."""
        key = _key(obj)
        known = self._objects.get(key)
        if known is not None and _is_as_new(known, obj):
            return False
        self._objects[key] = obj
        return True

    def drop(self, namespace: str | None, name: str) -> Manifest | None:
        """Forget an object and return it."""
        return self._objects.pop((namespace or "", name), None)


def _key(obj: Mapping[str, Any]) -> tuple[str, str]:
    metadata = obj["metadata"]
    return metadata.get("namespace") or "", metadata["name"]


def _is_as_new(known: Mapping[str, Any], obj: Mapping[str, Any]) -> bool:
    """Of one object, the higher version is the newer (promised since Kubernetes 1.35)."""
    old, new = known["metadata"], obj["metadata"]
    if old.get("uid") != new.get("uid"):
        return False
    try:
        return int(old["resourceVersion"]) >= int(new["resourceVersion"])
    except (KeyError, ValueError):
        return False
