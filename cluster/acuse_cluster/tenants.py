"""Whom a program serves: from a folder, or from the cluster it runs in, as its settings say."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from acuse.settings import TenantSettings
from acuse.tenants.index import IndexedDirectory
from acuse.tenants.watch import watch_folder
from acuse_cluster.directory import cluster_directory


def open_directory(
    settings: TenantSettings, *, region: str
) -> AbstractAsyncContextManager[IndexedDirectory]:
    """Return the directory of `region` as a block that keeps it up to date.

    Entering it raises InvalidSettings or KubeconfigRefused.
    """
    if settings.tenants_source == "cluster":
        return cluster_directory(settings, region=region)
    return watch_folder(settings, region=region)
