"""Whom a program serves: from a folder, or from the cluster it runs in, as its settings say."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from acuse.errors import InvalidSettings
from acuse.settings import TenantSettings
from acuse.tenants.index import IndexedDirectory
from acuse.tenants.watch import watch_folder


def open_directory(
    settings: TenantSettings, *, region: str
) -> AbstractAsyncContextManager[IndexedDirectory]:
    """Return the directory of `region` as a block that keeps it up to date.

    It, or entering the block, raises InvalidSettings or KubeconfigRefused.
    """
    if settings.tenants_source == "folder":
        return watch_folder(settings, region=region)
    try:
        # Who keeps tenants in a folder needs neither what this imports nor to have it installed.
        from acuse_cluster.directory import cluster_directory  # noqa: PLC0415 - as above
    except ImportError as exc:
        raise InvalidSettings(
            f"tenants_source: cluster needs the extra acuse[cluster] ({exc.name} is missing)"
        ) from exc
    return cluster_directory(settings, region=region)
