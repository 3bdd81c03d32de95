"""The tenants as they last were, in a file that only this user can read: for a start without API.

It holds credentials. In a cluster it lies in an `emptyDir` of medium Memory: it outlives the
program, not the pod, and never reaches a disk.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from pathlib import Path
from typing import Final

import msgspec
import structlog

from acuse.tenants.tenant import App, Tenant

log = structlog.get_logger()

# Raised by whoever changes what a Tenant or an App is in a way that the older file cannot say.
_FORMAT: Final = 1


class Kept(msgspec.Struct, frozen=True):
    """What the file says, whose it is, and when it was written (Unix time)."""

    region: str
    namespace: str
    tenants: tuple[Tenant, ...]
    app: App | None
    saved: float
    format: int = _FORMAT


class _Head(msgspec.Struct, frozen=True):
    format: int
    region: str
    namespace: str


class LastGood:
    """The file of one region's tenants; without a path it keeps and has nothing."""

    def __init__(self, path: Path | None, *, region: str, namespace: str) -> None:
        self._path = path
        self._region = region
        self._namespace = namespace
        self._failing: str | None = None

    def load(self) -> Kept | None:
        """Return what was kept; None when there is none that can be used here."""
        if self._path is None:
            return None
        try:
            return self._decode(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError) as exc:
            log.warning("tenants_cache_refused", reason=type(exc).__name__)
            return None

    def _decode(self, content: bytes) -> Kept | None:
        head = msgspec.json.decode(content, type=_Head)
        ours = _Head(_FORMAT, self._region, self._namespace)
        if head != ours:
            log.warning("tenants_cache_refused", reason="of_another_region_or_version")
            return None
        return msgspec.json.decode(content, type=Kept)

    def save(self, tenants: tuple[Tenant, ...], app: App | None) -> None:
        """Put the file in its place at once; a failure is told once and changes nothing else."""
        if self._path is None:
            return
        kept = Kept(self._region, self._namespace, tenants, app, time.time())
        try:
            _write(self._path, msgspec.json.encode(kept))
        except OSError as exc:
            self._failed(type(exc).__name__)
        else:
            self._failing = None

    def _failed(self, why: str) -> None:
        if self._failing != why:
            log.warning("tenants_cache_not_kept", reason=why)
        self._failing = why


def _write(path: Path, content: bytes) -> None:
    # mkstemp: readable and writable by this user alone, from the beginning.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
