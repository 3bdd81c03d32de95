"""What a region has, compared with what the hub wants there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from acuse.resources.names import EPOCH, GROUP
from acuse_cluster.kinds import Manifest
from acuse_operator.conditions import STALE, conditions_of, find

_OURS: Final = f"{GROUP}/"


def epoch_of(obj: Mapping[str, Any] | None) -> int:
    """Return the epoch that a placement or a sealed Secret was written in; 0 where none is said."""
    if obj is None:
        return 0
    if "spec" in obj:
        return int(obj["spec"].get("epoch", 0))
    annotations: Mapping[str, str] = obj["metadata"].get("annotations") or {}
    said = annotations.get(EPOCH, "0")
    return int(said) if said.isdecimal() else 0


def differs(wanted: Manifest, live: Manifest) -> bool:
    """Tell whether a live object says anything else than what is wanted of it.

    An older epoch is no difference: a hub that takes over, or starts anew, writes nothing for it.
    Unless the region had not taken it up yet when it saw the newer one, and refuses it now.
    """
    epoch = epoch_of(live)
    if epoch < epoch_of(wanted) and is_stale(live):
        return True
    wanted = _of_epoch(wanted, min(epoch_of(wanted), epoch))
    if any(wanted.get(part) != live.get(part) for part in ("spec", "data", "type")):
        return True
    ours, theirs = wanted["metadata"], live["metadata"]
    for part in ("labels", "annotations"):
        has: Mapping[str, str] = theirs.get(part) or {}
        said: Mapping[str, str] = ours.get(part) or {}
        if any(has.get(key) != value for key, value in said.items()):
            return True
        # One of our own that is wanted no more has to go; others' are others' business.
        if any(key.startswith(_OURS) and key not in said for key in has):
            return True
    return False


def is_stale(live: Manifest) -> bool:
    """Tell whether the region says of a placement that it takes nothing of so old a hub."""
    ready = find(conditions_of(live), "Ready")
    return ready is not None and ready["reason"] == STALE


def _of_epoch(wanted: Manifest, epoch: int) -> Manifest:
    if epoch_of(wanted) == epoch:
        return wanted
    if "spec" in wanted:
        return {**wanted, "spec": {**wanted["spec"], "epoch": epoch}}
    metadata = wanted["metadata"]
    annotations = {key: value for key, value in metadata["annotations"].items() if key != EPOCH}
    if epoch:
        annotations[EPOCH] = str(epoch)
    return {**wanted, "metadata": {**metadata, "annotations": annotations}}


def excess(wanted: Mapping[str, Any], live: Mapping[str, Any]) -> dict[str, Any]:
    """Return the merge patch that takes from a live object what is not wanted in it."""
    patch: dict[str, Any] = {}
    for part in ("spec", "data"):
        if part in wanted:
            patch[part] = _surplus(wanted[part], live.get(part) or {})
    metadata: dict[str, Any] = {}
    for part in ("labels", "annotations"):
        has: Mapping[str, str] = live["metadata"].get(part) or {}
        said: Mapping[str, str] = wanted["metadata"].get(part) or {}
        gone = {key: None for key in has if key.startswith(_OURS) and key not in said}
        metadata |= {part: gone} if gone else {}
    return {**patch, "metadata": metadata} if metadata else patch


def _surplus(wanted: Mapping[str, Any], live: Mapping[str, Any]) -> dict[str, Any]:
    patch: dict[str, Any] = {}
    for key, value in live.items():
        if key not in wanted:
            patch[key] = None
        elif isinstance(value, dict) and isinstance(wanted[key], dict):
            patch[key] = _surplus(wanted[key], cast("dict[str, Any]", value))
        elif value != wanted[key]:
            patch[key] = wanted[key]
    return patch
