"""What the hub has written in the regions, written once more by the least of clients."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from acuse_cluster.kinds import PLACEMENTS, SECRETS, Kind, Manifest, ref_of
from acuse_lab.running.in_cluster import TENANTS_NAMESPACE
from bench.fleet_planes import Member
from bench.operator_raw import MANAGER, Spent
from bench.operator_site import COPIES_IN
from bench.result import InvalidMeasurement

# As many as the operator has at work in a region.
_AT_A_TIME = 8
_SCRIPT = Path(__file__).with_name("fleet_raw.py")


async def write_copies(regions: Sequence[Member]) -> tuple[int, Spent]:
    """Apply a copy of every placement and sealed Secret in its own region, all at once.

    Returns how many objects that were, and what it took; the copies are gone afterwards.
    """
    each = [await _job(region) for region in regions]
    count = sum(len(region["objects"]) for region in each)
    job = {"manager": MANAGER, "atATime": _AT_A_TIME, "regions": each}
    try:
        spent = await _run(job)
    finally:
        for region in regions:
            for kind in (PLACEMENTS, SECRETS):
                await _delete_all(region, kind)
    return count, spent


async def _job(region: Member) -> dict[str, Any]:
    pki = region.plane.place.pki
    objects: list[tuple[str, Manifest]] = []
    # As the hub does it: a placement names no credentials that are not there.
    sealed = (await region.api.list(SECRETS, namespace=TENANTS_NAMESPACE)).items
    placed = (await region.api.list(PLACEMENTS, namespace=TENANTS_NAMESPACE)).items
    for live in (*sealed, *placed):
        copied = as_written(live)
        objects.append((ref_of(copied).path, copied))
    return {
        "server": region.plane.url,
        "ca": str(region.plane.ca_file),
        "certificate": str(pki / "admin.crt"),
        "key": str(pki / "admin.key"),
        "objects": objects,
    }


def as_written(live: Manifest) -> Manifest:
    """Return the very object that was applied, in the namespace of copies."""
    metadata = live["metadata"]
    kept = {part: metadata[part] for part in ("name", "labels", "annotations") if part in metadata}
    parts = {part: value for part, value in live.items() if part not in {"metadata", "status"}}
    return {**parts, "metadata": {**kept, "namespace": COPIES_IN}}


async def _run(job: dict[str, Any]) -> Spent:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(_SCRIPT),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, said = await process.communicate(json.dumps(job).encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise InvalidMeasurement(f"the bare client: {said.decode(errors='replace')[-500:]}")
    return Spent(**json.loads(out))


async def _delete_all(region: Member, kind: Kind) -> None:
    """Delete all copies of a kind by one request: none has a finalizer, so they go at once."""
    path = kind.path(namespace=COPIES_IN)
    await asyncio.to_thread(region.plane.kubectl, "delete", "--raw", path)
