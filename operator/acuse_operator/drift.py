"""What of a live object is not as wanted, leaf by leaf, and whose hand changed it.

Only what we want is compared: what others add to an object of ours (an injected sidecar, a
controller's annotation) is theirs. Where Kubernetes owns a list or a selector as one whole, so do
we: there, something added is a difference too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from acuse.resources.names import DESIRED_HASH, REGION_MANAGER
from acuse_cluster.kinds import Manifest
from acuse_operator.desired.manifest import desired_hash
from acuse_operator.desired.quantity import value

UNKNOWN: Final = "unknown"

# By kind, the lists whose items have names, and which fields those are (list-map keys).
_OF_ALL: Final[Mapping[str, tuple[str, ...]]] = {"ownerReferences": ("uid",)}
_LIST_MAPS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "Deployment": {
        **_OF_ALL,
        "containers": ("name",),
        "env": ("name",),
        "imagePullSecrets": ("name",),
        "ports": ("containerPort", "protocol"),
        "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
        "volumeMounts": ("mountPath",),
        "volumes": ("name",),
    }
}
# Structures that one manager owns as a whole (x-kubernetes-map-type: atomic).
_ATOMIC: Final = frozenset(
    {"labelSelector", "namespaceSelector", "podSelector", "scaleTargetRef", "secretKeyRef"}
)
_ATOMIC_IN: Final[Mapping[str, frozenset[str]]] = {
    "Deployment": frozenset({"selector"}),
    "PodDisruptionBudget": frozenset({"selector"}),
}
_QUANTITIES: Final = frozenset({"limits", "requests"})
_SECRET: Final = "Secret"  # noqa: S105 - a kind's name
_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


@dataclass(frozen=True, slots=True)
class Item:
    """The item of a list that has these names."""

    names: tuple[tuple[str, Any], ...]


# A field's name, an item by its names, or an item by its place.
Step: TypeAlias = str | Item | int
Path: TypeAlias = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not as wanted; of a Secret only where, never what."""

    path: str
    wanted: object
    found: object
    manager: str


@dataclass(frozen=True, slots=True)
class _Leaf:
    path: Path
    wanted: object
    found: object


def differences(wanted: Manifest, live: Manifest) -> tuple[Difference, ...]:
    """Return each field of `wanted` that `live` does not have so; empty when all is well."""
    kind = str(wanted["kind"])
    metadata = {k: v for k, v in wanted["metadata"].items() if k not in {"name", "namespace"}}
    body = {k: v for k, v in wanted.items() if k not in {"apiVersion", "kind", "metadata"}}
    comparison = _Comparison(kind)
    leaves = comparison.fields({"metadata": metadata, **body}, live, ())
    managers = _Managers(live)
    hidden = kind == _SECRET
    return tuple(
        Difference(
            path=written(leaf.path),
            wanted=None if hidden else leaf.wanted,
            found=None if hidden else leaf.found,
            manager=managers.of(leaf.path),
        )
        for leaf in leaves
    )


def is_drift(wanted: Manifest, live: Manifest) -> bool:
    """Tell whether a differing object was changed by somebody else, not by what we want of it.

    What we applied last is known by its hash; if that is not ours any more, it is drift as well.
    """
    if desired_hash(wanted) == desired_hash(live):
        return True
    return REGION_MANAGER not in _Managers(live).owners(("metadata", "annotations", DESIRED_HASH))


def is_ours(live: Manifest) -> bool:
    """Tell whether the region role made an object; a label alone says nothing, others copy them."""
    return any(entry.get("manager") == REGION_MANAGER for entry in _entries(live))


def written(path: Path) -> str:
    """Return a path as people write it: `spec.template.spec.containers[worker].image`."""
    return "".join(_written(step) for step in path).removeprefix(".")


def _written(step: Step) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if isinstance(step, Item):
        return f"[{'/'.join(str(name) for _, name in step.names)}]"
    return f".{step}" if _PLAIN.issuperset(step) else f"[{step}]"


@dataclass(frozen=True, slots=True)
class _Comparison:
    kind: str

    def fields(
        self, wanted: Mapping[str, Any], live: Mapping[str, Any], path: Path
    ) -> Iterator[_Leaf]:
        """Yield what differs among the fields that are wanted."""
        for name, want in wanted.items():
            yield from self._value(want, live.get(name), (*path, name))

    def _value(self, want: Any, found: Any, path: Path) -> Iterator[_Leaf]:
        name = str(path[-1])
        keys = _LIST_MAPS.get(self.kind, _OF_ALL).get(name)
        if name in _ATOMIC or name in _ATOMIC_IN.get(self.kind, ()):
            yield from _exact(want, found, path)
        elif _are(dict, want, found):
            yield from self.fields(want, found, path)
        elif keys and _are(list, want, found):
            yield from self._items(want, found, path, keys)
        else:
            yield from _exact(want, found, path)

    def _items(
        self, want: list[Any], found: list[Any], path: Path, keys: Sequence[str]
    ) -> Iterator[_Leaf]:
        live = {_names(item, keys): item for item in found}
        for item in want:
            names = _names(item, keys)
            if names in live:
                yield from self.fields(item, live[names], (*path, Item(names)))
            else:
                yield _Leaf((*path, Item(names)), item, None)


def _names(item: Mapping[str, Any], keys: Sequence[str]) -> tuple[tuple[str, Any], ...]:
    return tuple((key, item.get(key)) for key in keys)


def _exact(want: Any, found: Any, path: Path) -> Iterator[_Leaf]:
    """Yield what differs where nothing may be added either."""
    if _are(dict, want, found):
        for name in sorted(want.keys() | found.keys()):
            yield from _exact(want.get(name), found.get(name), (*path, name))
    elif _are(list, want, found) and len(want) == len(found):
        for place, (item, other) in enumerate(zip(want, found, strict=True)):
            yield from _exact(item, other, (*path, place))
    elif not _same(want, found, path):
        yield _Leaf(path, want, found)


def _are(kind: type[Any], want: object, found: object) -> bool:
    return isinstance(want, kind) and isinstance(found, kind)


def _same(want: Any, found: Any, path: Path) -> bool:
    # In Python True is 1; in an object they are not the same.
    if type(want) is type(found) and want == found:
        return True
    is_quantity = path[-1] == "averageValue" or (len(path) > 1 and path[-2] in _QUANTITIES)
    if is_quantity and isinstance(want, str) and isinstance(found, (str, int)):
        worth = value(want)
        return worth is not None and worth == value(found)
    return False


def _entries(live: Manifest) -> list[dict[str, Any]]:
    return live["metadata"].get("managedFields") or []


class _Managers:
    """Who owns which field of an object now, as the API server keeps account of it."""

    def __init__(self, live: Manifest) -> None:
        # The latest last; entries without a time are older than any.
        self._entries = sorted(_entries(live), key=lambda entry: entry.get("time") or "")

    def owners(self, path: Path) -> tuple[str, ...]:
        """Return all who own the field, the latest last."""
        return tuple(
            str(entry.get("manager") or UNKNOWN)
            for entry in self._entries
            if entry.get("fieldsV1") and _owns(entry["fieldsV1"], path)
        )

    def of(self, path: Path) -> str:
        """Return the latest other manager of the field; nobody's is known if it was taken away."""
        others = [name for name in self.owners(path) if name != REGION_MANAGER]
        return others[-1] if others else UNKNOWN


def _owns(fields: Mapping[str, Any], path: Path) -> bool:
    for step in path:
        below = _below(fields, step)
        if below is None:
            # A list or a structure that is owned as a whole names nothing inside it.
            return not fields
        fields = below
    return True


def _below(fields: Mapping[str, Any], step: Step) -> Mapping[str, Any] | None:
    if isinstance(step, str):
        return fields.get(f"f:{step}")
    if isinstance(step, int):
        return None
    wanted = dict(step.names)
    return next((fields[name] for name in _keyed(fields) if json.loads(name[2:]) == wanted), None)


def _keyed(fields: Iterable[str]) -> Iterator[str]:
    return (name for name in fields if name.startswith("k:"))
