"""Applies this region's own Region object from a file: at the start, and when the file changes.

A chart cannot bring it as an object of its own: its kind comes with the same release. What somebody
changed in the object by hand stays until the file says something else.
"""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any, Final, cast

import structlog

from acuse.errors import AcuseError, InvalidManifest, InvalidSettings
from acuse.resources.names import DESIRED_HASH, REGION_MANAGER
from acuse.resources.region import Region
from acuse.tenants.manifest import documents
from acuse_cluster.client import Api
from acuse_cluster.kinds import REGIONS, Manifest, Ref

log = structlog.get_logger()

_LOOK_EVERY: Final = 10.0
_LENGTH: Final = 16


def read_region(text: str) -> Manifest:
    """Return the Region in a file's text; raise InvalidManifest when there is none to use."""
    found = list(documents(text))
    if len(found) != 1 or not isinstance(found[0], dict):
        raise InvalidManifest("it holds no single object")
    manifest = cast("dict[str, Any]", found[0])
    Region.parse(manifest)
    digest = hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]
    metadata = dict(manifest["metadata"])
    metadata["annotations"] = {**metadata.get("annotations", {}), DESIRED_HASH: digest}
    return {**manifest, "metadata": metadata}


async def apply_region(api: Api, file: Path) -> None:
    """Apply the file's Region unless this very text was applied before."""
    try:
        manifest = read_region(await asyncio.to_thread(file.read_text, encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as exc:
        raise InvalidSettings("region_manifest: the file cannot be read") from exc
    except InvalidManifest as exc:
        raise InvalidSettings(f"region_manifest: {exc}") from exc
    metadata = manifest["metadata"]
    live = await api.get(Ref(REGIONS, metadata["name"]))
    annotations: dict[str, str] = (live or {}).get("metadata", {}).get("annotations") or {}
    if annotations.get(DESIRED_HASH) != metadata["annotations"][DESIRED_HASH]:
        await api.apply(manifest, manager=REGION_MANAGER)
        log.info("region_applied", region=metadata["name"])


async def keep_region(api: Api, file: Path) -> None:
    """Apply the file's Region whenever the file changes, until cancelled."""
    last = await asyncio.to_thread(_stamp, file)
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        now = await asyncio.to_thread(_stamp, file)
        if now == last:
            continue
        try:
            await apply_region(api, file)
            last = now
        except AcuseError as exc:
            log.warning("region_not_applied", code=exc.code)


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino
