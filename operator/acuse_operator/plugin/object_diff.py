"""One object compared with what is wanted of it, as the operator itself compares it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from acuse.errors import ApiRefused
from acuse_cluster.client import Api
from acuse_cluster.kinds import Manifest, Ref, ref_of
from acuse_operator.drift import Difference, differences

State = Literal["differs", "missing", "surplus"]
IsDrift = Callable[[Manifest, Manifest], bool]


@dataclass(frozen=True, slots=True)
class ObjectDiff:
    """What of an object is not as wanted; `is_drift` says that somebody else changed it."""

    ref: Ref
    state: State
    fields: tuple[Difference, ...] = ()
    is_drift: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return it as `-o json` gives it; of a Secret, fields have no values."""
        return {
            "kind": self.ref.kind.kind,
            "namespace": self.ref.namespace,
            "name": self.ref.name,
            "state": self.state,
            "isDrift": self.is_drift,
            "fields": [_field(one) for one in self.fields],
        }


def _field(one: Difference) -> dict[str, Any]:
    return {
        "field": one.path,
        "wanted": one.wanted,
        "found": one.found,
        "manager": one.manager,
    }


@dataclass(frozen=True, slots=True)
class Looked:
    """An object as far as the caller may see it; `unread` is why not."""

    live: Manifest | None
    unread: str | None = None


async def look(api: Api, ref: Ref) -> Looked:
    """Return an object, or why the caller may not see it."""
    try:
        return Looked(await api.get(ref))
    except ApiRefused as exc:
        return Looked(None, f"{ref}: you may not read it ({exc.reason or exc.status})")


def compared(wanted: Manifest, live: Manifest | None, *, is_drift: IsDrift) -> ObjectDiff | None:
    """Return how a live object differs from what is wanted; None when it does not."""
    ref = ref_of(wanted)
    if live is None:
        return ObjectDiff(ref, "missing")
    found = differences(wanted, live)
    if not found:
        return None
    return ObjectDiff(ref, "differs", found, is_drift(wanted, live))


def without(wanted: Manifest, annotations: Mapping[str, str]) -> Manifest:
    """Return what is wanted with these annotations as they are: they cannot be foretold."""
    metadata = wanted["metadata"]
    has: Mapping[str, str] = metadata.get("annotations") or {}
    kept = {**has, **annotations}
    return {**wanted, "metadata": {**metadata, "annotations": kept}}
