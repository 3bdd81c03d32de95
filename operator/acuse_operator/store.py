"""A copy of objects as a watch tells of them, corrected by what our own writes answered."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec

from acuse_cluster.kinds import Manifest

# Longer than any call of ours takes to be answered.
_LATE: Final = 120.0


class Store:
    """Objects by namespace and name; an older version never replaces a newer one.

    `is_packed` keeps them as JSON, which takes less memory and more time: for many that are seldom
    looked at.
    """

    def __init__(
        self, *, is_packed: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._pack: Callable[[Manifest], Any] = msgspec.json.encode if is_packed else _same
        self._unpack: Callable[[Any], Manifest] = msgspec.json.decode if is_packed else _same
        self._objects: dict[tuple[str, str], Any] = {}
        # What was seen to go lately, by uid: until when an answer of before may still come.
        self._gone: dict[str, tuple[Manifest, float]] = {}
        self._clock = clock
        # Told of an object that is to be looked at: an answer to a write of ours shows somebody
        # else's change in it, or whoever writes its status put that off.
        self.overtaken: Callable[[Manifest], None] = _nothing

    def __len__(self) -> int:
        return len(self._objects)

    def __iter__(self) -> Iterator[Manifest]:
        return map(self._unpack, tuple(self._objects.values()))

    def get(self, namespace: str | None, name: str) -> Manifest | None:
        """Return an object; None when there is none."""
        return self._known((namespace or "", name))

    def _known(self, key: tuple[str, str]) -> Manifest | None:
        kept = self._objects.get(key)
        return None if kept is None else self._unpack(kept)

    def put(self, obj: Manifest) -> bool:
        """Keep an object; False when what is kept is as new."""
        key = _key(obj)
        known = self._known(key)
        if known is not None and _is_as_new(known, obj):
            if known["metadata"].get("resourceVersion") == obj["metadata"].get("resourceVersion"):
                # The same: whoever else keeps this one, as an informer does, shares it with us.
                self._objects[key] = self._pack(obj)
            return False
        last = self._gone.get(obj["metadata"].get("uid", ""))
        if last is not None and not _is_as_new(obj, last[0]):
            return False
        self._objects[key] = self._pack(obj)
        return True

    def answered(self, obj: Manifest) -> None:
        """Keep what a write of ours was answered with.

        Somebody else's change that is in it already will be old news when its watch tells of it.
        """
        before = self._known(_key(obj))
        if self.put(obj) and before is not None and _said(before) != _said(obj):
            self.overtaken(obj)

    def end(self, obj: Manifest) -> bool:
        """Forget an object that was seen to go; False when it is not the one that is kept.

        A write's answer may come after the word of the object's end: it does not bring it back.
        """
        now, uid = self._clock(), obj["metadata"]["uid"]
        # Two go for one that comes, so all go in time.
        for old in tuple(itertools.islice(self._gone, 2)):
            if self._gone[old][1] <= now:
                del self._gone[old]
        last = {"uid": uid, "resourceVersion": obj["metadata"].get("resourceVersion")}
        self._gone[uid] = ({"metadata": last}, now + _LATE)
        known = self._known(_key(obj))
        if known is None or known["metadata"].get("uid") != uid:
            return False
        del self._objects[_key(obj)]
        return True

    def drop(self, namespace: str | None, name: str) -> Manifest | None:
        """Forget an object and return it."""
        kept = self._objects.pop((namespace or "", name), None)
        return None if kept is None else self._unpack(kept)


def _same(obj: Manifest) -> Manifest:
    return obj


def _nothing(obj: Manifest) -> None:
    del obj


def _said(obj: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what others say in an object: its status and finalizers are ours to write."""
    metadata = obj["metadata"]
    return tuple(
        metadata.get(field) for field in ("uid", "generation", "deletionTimestamp", "annotations")
    )


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
    except (KeyError, TypeError, ValueError):
        return False
