"""A TenantDirectory kept from a folder: changes are taken up while the program runs."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from prometheus_client import Gauge
from watchfiles import watch

from acuse.errors import InvalidManifest, InvalidSettings
from acuse.settings import TenantSettings
from acuse.tenants.folder import Loaded, load_folder
from acuse.tenants.index import IndexedDirectory, TenantIndex

log = structlog.get_logger()

TENANTS = Gauge("acuse_tenants", "Tenants that this program serves")
ERRORS = Gauge("acuse_tenant_manifest_errors", "Tenant manifests and secrets refused at last look")

# The folder is looked at again this often even if the kernel tells of no change: it does not for
# some network file systems, nor for what lies behind a symbolic link. And once soon after the
# start, for what changed before the kernel was asked to tell.
_TICK_MS = 500
_TICKS_TO_LOOK_AGAIN = 10

_REFERENCE = re.compile(r"[a-z0-9][a-z0-9-]*/[a-z0-9][a-z0-9.-]*")


class FolderDirectory(IndexedDirectory):
    """Tenants as the folder last said; a broken part stays as it was."""

    def __init__(self, folder: Path, *, region: str, app_secret_ref: str = "") -> None:
        super().__init__()
        self._folder = folder
        self._region = region
        self._app_secret_ref = app_secret_ref
        self._loaded = Loaded()

    def reload(self) -> None:
        """Read the folder now; raise InvalidManifest when the folder itself cannot be read."""
        before = self._loaded
        loaded = load_folder(
            self._folder,
            region=self._region,
            app_secret_ref=self._app_secret_ref,
            before=before,
        )
        self._loaded = loaded
        if (loaded.tenants, loaded.app) != (before.tenants, before.app):
            self._serve(TenantIndex(loaded.tenants.values(), app=loaded.app))
            _log_change(before, loaded)
        if loaded.faults != before.faults:
            for fault in loaded.faults:
                log.error(
                    "manifest_refused", path=fault.file, tenant=fault.key, reason=fault.reason
                )
        TENANTS.set(len(loaded.tenants))
        ERRORS.set(len(loaded.faults))


def _log_change(before: Loaded, after: Loaded) -> None:
    old, new = before.tenants, after.tenants
    log.info(
        "tenants_loaded",
        count=len(new),
        added=sorted(new.keys() - old.keys()),
        removed=sorted(old.keys() - new.keys()),
        changed=sorted(key for key in old.keys() & new.keys() if old[key] != new[key]),
    )


@asynccontextmanager
async def watch_folder(
    settings: TenantSettings, *, region: str
) -> AsyncGenerator[FolderDirectory, None]:
    """Yield the directory of `region`, kept up to date while the block runs.

    Raises InvalidSettings when the folder is not there to begin with.
    """
    if settings.app_secret_ref and not _REFERENCE.fullmatch(settings.app_secret_ref):
        raise InvalidSettings("app_secret_ref: not NAMESPACE/NAME")
    directory = FolderDirectory(
        settings.tenants_dir, region=region, app_secret_ref=settings.app_secret_ref
    )
    try:
        await asyncio.to_thread(directory.reload)
    except InvalidManifest as exc:
        raise InvalidSettings(f"tenants_dir: {exc}") from exc
    stop = threading.Event()
    following = asyncio.create_task(
        asyncio.to_thread(_follow, settings.tenants_dir, directory, stop), name="tenants"
    )
    try:
        yield directory
    finally:
        stop.set()
        await following


def _follow(folder: Path, directory: FolderDirectory, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            changes = watch(
                folder,
                watch_filter=None,
                debounce=400,
                step=100,
                rust_timeout=_TICK_MS,
                yield_on_timeout=True,
                ignore_permission_denied=True,
                stop_event=stop,
            )
            for tick, changed in enumerate(changes):
                if changed or tick % _TICKS_TO_LOOK_AGAIN == 0:
                    directory.reload()
        except (OSError, InvalidManifest) as exc:
            # The folder has gone, perhaps to come back; what it said last still holds.
            log.warning("tenants_folder_unreadable", exc_info=exc)
            stop.wait(_TICK_MS / 1000)
