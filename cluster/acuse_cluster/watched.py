"""What a directory watches of a cluster: placements, their sealed Secrets and the shared app's."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from acuse.errors import InvalidSettings
from acuse.resources.names import SEALED_TYPE, key_of_sealed, sealed_name
from acuse.settings import TenantSettings
from acuse_cluster.client import Api
from acuse_cluster.informer import Change, Informer
from acuse_cluster.kinds import PLACEMENTS, SECRETS, Manifest
from acuse_cluster.serving import APP


@dataclass(slots=True)
class Watched:
    """What is watched for the directory, and the keys of what changed since it last looked."""

    namespace: str
    placements: Informer
    secrets: Informer
    app: Informer | None
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    _dirty: set[str] = field(default_factory=set[str])

    @classmethod
    def of(cls, api: Api, settings: TenantSettings) -> Watched:
        """Return the watches that the settings ask for; raise InvalidSettings."""
        namespace, app = settings.tenants_namespace, None
        if settings.app_secret_ref:
            where, _, name = settings.app_secret_ref.partition("/")
            if where != namespace or not name:
                raise InvalidSettings(f"app_secret_ref: not {namespace}/NAME")
            app = Informer(api, SECRETS, namespace=namespace, fields=f"metadata.name={name}")
        watched = cls(
            namespace,
            Informer(api, PLACEMENTS, namespace=namespace),
            Informer(api, SECRETS, namespace=namespace, fields=f"type={SEALED_TYPE}"),
            app,
        )
        watched.placements.on_change = watched._placement_changed
        watched.secrets.on_change = watched._sealed_changed
        if app is not None:
            app.on_change = watched._app_changed
        return watched

    @property
    def informers(self) -> tuple[Informer, ...]:
        """Return all watches."""
        every = (self.placements, self.secrets, self.app)
        return tuple(informer for informer in every if informer is not None)

    def synced(self) -> bool:
        """Whether every watch has had a whole answer."""
        return all(informer.synced.is_set() for informer in self.informers)

    def current(self) -> bool:
        """Whether every watch has a whole answer and follows it."""
        return self.synced() and not any(informer.failing for informer in self.informers)

    def age(self) -> float:
        """Return the seconds since the watch that was silent longest last heard anything."""
        return max(informer.age() for informer in self.informers)

    async def wait_synced(self) -> None:
        """Say that something changed once every watch has had a whole answer."""
        for informer in self.informers:
            await informer.synced.wait()
        self._mark(APP)

    def take_dirty(self) -> set[str]:
        """Return the keys of what changed since this was last asked."""
        dirty, self._dirty = self._dirty, set()
        return dirty

    def placement(self, key: str) -> Manifest | None:
        """Return the placement of this name."""
        return self.placements.cache.get((self.namespace, key))

    def sealed(self, key: str) -> Manifest | None:
        """Return the sealed Secret of this tenant."""
        return self.secrets.cache.get((self.namespace, sealed_name(key)))

    def _mark(self, key: str) -> None:
        self._dirty.add(key)
        self.changed.set()

    def _placement_changed(
        self, change: Change, manifest: Manifest, before: Manifest | None
    ) -> None:
        del change, before
        self._mark(manifest["metadata"]["name"])

    def _sealed_changed(self, change: Change, manifest: Manifest, before: Manifest | None) -> None:
        del change, before
        key = key_of_sealed(manifest["metadata"]["name"])
        if key is not None:
            self._mark(key)

    def _app_changed(self, change: Change, manifest: Manifest, before: Manifest | None) -> None:
        del change, manifest, before
        self._mark(APP)
