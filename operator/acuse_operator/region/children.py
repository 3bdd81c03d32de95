"""The objects that the region role made, as the cluster has them now.

Each kind is watched in its one namespace and by label. What a write of ours answers is kept at
once, so that the next look does not take our own change for somebody else's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final, TypeAlias

from acuse.resources.names import MANAGED_BY
from acuse_cluster.client import Api
from acuse_cluster.informer import Change, Informer
from acuse_cluster.kinds import (
    DEPLOYMENTS,
    HPAS,
    HTTPROUTES,
    INGRESSES,
    NETWORKPOLICIES,
    PDBS,
    SCALEDOBJECTS,
    SECRETS,
    SERVICEACCOUNTS,
    TRIGGERAUTHENTICATIONS,
    Kind,
    Manifest,
    Ref,
    ref_of,
)
from acuse_operator.desired.views import Capabilities, RegionSettings
from acuse_operator.store import Store

OURS: Final = f"{MANAGED_BY}=acuse"
# In every cluster; the others where their CRDs are.
_ALWAYS: Final = (
    SERVICEACCOUNTS,
    SECRETS,
    NETWORKPOLICIES,
    DEPLOYMENTS,
    HPAS,
    PDBS,
    INGRESSES,
)
_ROUTES: Final = frozenset({HTTPROUTES, INGRESSES})

# An object that is not, or no more, as it was; and how it was.
Heard: TypeAlias = Callable[[Manifest, Manifest | None], None]


def kinds(cluster: Capabilities) -> tuple[Kind, ...]:
    """Return the kinds of object that a tenant may have in such a cluster."""
    optional = {
        HTTPROUTES: cluster.gateway_api,
        SCALEDOBJECTS: cluster.keda,
        TRIGGERAUTHENTICATIONS: cluster.keda,
    }
    return (*_ALWAYS, *(kind for kind, there in optional.items() if there))


class Children:
    """Our objects in the tenants' namespace and the release's, kept current by watches."""

    def __init__(self, api: Api, settings: RegionSettings, *, heard: Heard) -> None:
        self._api = api
        self._settings = settings
        self._heard = heard
        self._stores: dict[Kind, Store] = {}
        self._informers: dict[Kind, Informer] = {}
        self._tasks: dict[Kind, asyncio.Task[None]] = {}

    @property
    def watches(self) -> dict[str, Informer]:
        """Return the watches by the kind they are of, to judge their age."""
        return {kind.plural: informer for kind, informer in self._informers.items()}

    def namespace(self, kind: Kind) -> str:
        """Return the one namespace in which objects of this kind are made."""
        if kind in _ROUTES:
            return self._settings.release_namespace
        return self._settings.tenants_namespace

    async def follow(self, cluster: Capabilities) -> None:
        """Watch what such a cluster has; return once everything was listed."""
        wanted = kinds(cluster)
        for kind in self._informers.keys() - set(wanted):
            await self._leave(kind)
        for kind in wanted:
            if kind not in self._informers:
                self._watch(kind)
        for informer in tuple(self._informers.values()):
            await informer.synced.wait()

    async def close(self) -> None:
        """End all watches."""
        for kind in tuple(self._informers):
            await self._leave(kind)

    def get(self, ref: Ref) -> Manifest | None:
        """Return an object of ours as last seen."""
        store = self._stores.get(ref.kind)
        return None if store is None else store.get(ref.namespace, ref.name)

    def named(self, name: str) -> Iterator[Manifest]:
        """Yield all objects of one tenant, by the name that they have in common."""
        for kind, store in self._stores.items():
            found = store.get(self.namespace(kind), name)
            if found is not None:
                yield found

    def put(self, manifest: Manifest) -> None:
        """Keep what a write of ours answered."""
        store = self._stores.get(ref_of(manifest).kind)
        if store is not None:
            store.put(manifest)

    def drop(self, ref: Ref) -> None:
        """Forget an object that we deleted."""
        store = self._stores.get(ref.kind)
        if store is not None:
            store.drop(ref.namespace, ref.name)

    def _watch(self, kind: Kind) -> None:
        store = self._stores[kind] = Store()

        def change(what: Change, manifest: Manifest, before: Manifest | None) -> None:
            """Take over what a watch says, unless a write of ours answered something newer."""
            named: Manifest = {"apiVersion": kind.api_version, "kind": kind.kind, **manifest}
            if what == "DELETED":
                store.end(named)
            elif not store.put(named):
                return
            self._heard(named, before)

        informer = self._informers[kind] = Informer(
            self._api, kind, namespace=self.namespace(kind), labels=OURS, on_change=change
        )
        self._tasks[kind] = asyncio.create_task(informer.run(), name=f"watch-{kind.plural}")

    async def _leave(self, kind: Kind) -> None:
        task = self._tasks.pop(kind)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        del self._informers[kind], self._stores[kind]
