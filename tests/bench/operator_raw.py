"""The least that could be done: the same objects, written by a client that decides nothing.

Every function takes as many regions as it is given: the same figures are taken of a fleet.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from acuse.resources.names import GROUP, MANAGED_BY, slug, split_key
from acuse_cluster.client import Api
from acuse_cluster.kinds import Manifest

MANAGER = "acuse-bench"
LABEL = "acuse-bench"
SELECTOR = f"{LABEL}=raw"
# As many as the operator has at work in a region.
_AT_A_TIME = 8


@dataclass(frozen=True, slots=True)
class Spent:
    """What writing took, in seconds: of the clock, and of the client's processor."""

    wall: float
    processor: float


async def apply_all(regions: Sequence[Api], manifests: Sequence[Manifest]) -> Spent:
    """Apply every manifest in every region, a few at a time in each, all regions at once."""
    wall, processor = time.perf_counter(), time.process_time()
    async with asyncio.TaskGroup() as tasks:
        for api in regions:
            left = iter(manifests)
            for _ in range(_AT_A_TIME):
                tasks.create_task(_apply_each(api, left))
    return Spent(time.perf_counter() - wall, time.process_time() - processor)


async def _apply_each(api: Api, left: Iterator[Manifest]) -> None:
    for manifest in left:
        await api.apply(manifest, manager=MANAGER)


def as_tenant(key: str, other: str) -> dict[str, str]:
    """Return what is called otherwise if a tenant's objects were another's."""
    _, name = split_key(key)
    _, others = split_key(other)
    # A bare name may be a part of any word: only where it is the whole of one.
    return {key: other, slug(key): slug(other), f'"{name}"': f'"{others}"'}


def copy_of(live: Manifest, names: Mapping[str, str], *, namespace: str | None = None) -> Manifest:
    """Return a live object under other names, as nobody's: the operator does not look at it.

    Whatever in it is called by one of `names` is called by the other, wherever it says so.
    """
    metadata = live["metadata"]
    labels: Mapping[str, str] = metadata.get("labels") or {}
    annotations: Mapping[str, str] = metadata.get("annotations") or {}
    copied: Manifest = {
        **{part: value for part, value in live.items() if part != "status"},
        "metadata": {
            "name": metadata["name"],
            "namespace": namespace or metadata["namespace"],
            "labels": {**{k: v for k, v in labels.items() if k != MANAGED_BY}, LABEL: "raw"},
            "annotations": {k: v for k, v in annotations.items() if k.startswith(f"{GROUP}/")},
        },
    }
    text = json.dumps(copied)
    for ours, theirs in names.items():
        text = text.replace(ours, theirs)
    renamed: Manifest = json.loads(text)
    return renamed


def route_to(live: Manifest, name: str, *, path: str, target: str) -> Manifest:
    """Return a tenant's HTTPRoute as another's, at its own path; what comes goes to `target`."""
    copied = copy_of(live, {live["metadata"]["name"]: name})
    rule: dict[str, Any] = copied["spec"]["rules"][0]
    exact = ({"type": "Exact", "value": each} for each in (path, f"{path}/"))
    rule["matches"] = [{"path": each} for each in exact]
    rewritten = {"path": {"type": "ReplaceFullPath", "replaceFullPath": target}}
    rule["filters"] = [{"type": "URLRewrite", "urlRewrite": rewritten}]
    return copied
