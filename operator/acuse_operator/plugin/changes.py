"""What of an object would change: field by field, before and after; of a Secret only which keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, cast

from acuse_cluster.kinds import Manifest
from acuse_operator.drift import Item, Path, written

# The lists whose items have names, and which field that is.
_NAMED: Final[Mapping[str, str]] = {"numbers": "phoneNumberId"}
# What the API server itself writes, and what an object is known by.
_NOT_OURS: Final = frozenset(
    {
        "creationTimestamp",
        "generation",
        "managedFields",
        "name",
        "namespace",
        "resourceVersion",
        "selfLink",
        "uid",
    }
)
_NOT_FIELDS: Final = frozenset({"apiVersion", "kind", "status"})
_SECRET: Final = "Secret"  # noqa: S105 - a kind's name
_HIDDEN: Final = "(not shown)"

Node: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field: None where it is not there."""

    path: str
    before: Any
    after: Any

    def as_json(self) -> dict[str, Any]:
        """Return it as `-o json` gives it."""
        return {"field": self.path, "before": self.before, "after": self.after}


def changes(before: Manifest | None, after: Manifest) -> tuple[FieldChange, ...]:
    """Return what is not the same in two versions of an object, its status apart.

    Of a Secret's data only the keys are named.
    """
    found = tuple(_changes(_kept(before or {}), _kept(after), ()))
    if after.get("kind") != _SECRET:
        return found
    return tuple(_hidden(change) for change in found)


def _hidden(change: FieldChange) -> FieldChange:
    if not change.path.startswith(("data", "stringData")):
        return change
    shown = [None if value is None else _HIDDEN for value in (change.before, change.after)]
    return FieldChange(change.path, *shown)


def _kept(obj: Mapping[str, Any]) -> Node:
    kept = {name: value for name, value in obj.items() if name not in _NOT_FIELDS}
    metadata: Mapping[str, Any] = kept.get("metadata") or {}
    kept["metadata"] = {k: v for k, v in metadata.items() if k not in _NOT_OURS}
    return kept


def _changes(before: object, after: object, path: Path) -> Iterator[FieldChange]:
    old, new = _fields(before), _fields(after)
    # An object that comes or goes does so field by field; an empty one says nothing.
    if old is not None and new is not None and (old or new):
        for name in (*old, *(name for name in new if name not in old)):
            yield from _changes(old.get(name), new.get(name), (*path, name))
    elif (key := _NAMED.get(str(path[-1]))) and _are_lists(before, after):
        items = [cast("Sequence[Any]", value or ()) for value in (before, after)]
        yield from _items(items[0], items[1], path, key=key)
    elif old != new or (old is None and not _same(before, after)):
        yield FieldChange(written(path), before, after)


def _fields(value: object) -> Node | None:
    """Return the fields of an object; of nothing, none."""
    if value is None:
        return {}
    return cast("Node", value) if isinstance(value, dict) else None


def _same(before: object, after: object) -> bool:
    # In Python True is 1; in an object they are not the same.
    return before == after and isinstance(before, bool) == isinstance(after, bool)


def _are_lists(*values: object) -> bool:
    return all(value is None or isinstance(value, list) for value in values)


def _items(
    before: Sequence[Any], after: Sequence[Any], path: Path, *, key: str
) -> Iterator[FieldChange]:
    old, new = ({item.get(key): item for item in items} for items in (before, after))
    for name in (*old, *(name for name in new if name not in old)):
        step = Item(((key, name),))
        yield from _changes(old.get(name), new.get(name), (*path, step))
