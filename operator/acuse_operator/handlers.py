"""Kopf's entry points: each hands on what the watch told, and decides nothing.

Only `on.event` is used: no other decorator of Kopf's comes without a write to the object.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final, TypeAlias, cast

import kopf

from acuse_cluster.access import load_access
from acuse_cluster.kinds import Kind, Manifest
from acuse_operator.discovery import insist
from acuse_operator.probe import Ages, listening_session

# An object that was seen to go, and one that a list no longer has; anything else is there.
DELETED: Final = "DELETED"
VANISHED: Final = "VANISHED"
GONE: Final = frozenset({DELETED, VANISHED})
Told: TypeAlias = Callable[[str, Manifest], None]

_SERVER_SECONDS: Final = 300
_CLIENT_SECONDS: Final = 310
_REQUEST_SECONDS: Final = 60
_CONNECT_SECONDS: Final = 10
_LONGEST_WAIT: Final = 20.0


class Patience:
    """Waits between tries without an end: an API server that is away does not end the process.

    Kopf's own list of waits does, after 54 seconds. Each request goes through it anew.
    """

    def __iter__(self) -> Iterator[float]:
        step = 0.5
        while True:
            yield step * (0.5 + random.random() / 2)  # noqa: S311 - spreads tries, protects nothing
            step = min(step * 1.6, _LONGEST_WAIT)


class NoDiff(kopf.DiffBaseStorage):
    """Remembers nothing of an object, here or on it: nobody asks what changed."""

    def build(self, *, body: kopf.Body, extra_fields: Any = None) -> kopf.BodyEssence:
        """Return no essence."""
        del body, extra_fields
        return cast("kopf.BodyEssence", {})

    def fetch(self, *, body: kopf.Body) -> kopf.BodyEssence | None:
        """Return nothing."""
        del body
        return None

    def store(self, *, body: kopf.Body, patch: kopf.Patch, essence: kopf.BodyEssence) -> None:
        """Write nothing."""
        del body, patch, essence


def kopf_settings() -> kopf.OperatorSettings:
    """Return settings with which Kopf watches and writes nothing at all."""
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.persistence.diffbase_storage = NoDiff()
    settings.watching.server_timeout = _SERVER_SECONDS
    settings.watching.client_timeout = _CLIENT_SECONDS
    settings.watching.connect_timeout = _CONNECT_SECONDS
    settings.networking.request_timeout = _REQUEST_SECONDS
    settings.networking.connect_timeout = _CONNECT_SECONDS
    settings.networking.error_backoffs = Patience()
    # It would kill a process that embeds Kopf and lives on.
    settings.process.ultimate_exiting_timeout = None
    return settings


def registry_of(told: Mapping[Kind, Told], *, ages: Ages) -> kopf.OperatorRegistry:
    """Return handlers that hand on all that is told of these kinds, and log in as we do."""
    registry = kopf.OperatorRegistry()

    async def login(**_: Any) -> kopf.AiohttpSession:
        """Give Kopf a session with the credentials that our own client has."""
        access = await load_access()
        return kopf.AiohttpSession(
            server=access.server,
            aiohttp_session=listening_session(access, ages.heard, insist(tuple(told))),
        )

    cast("Any", kopf.on.login)(registry=registry, id="acuse")(login)
    for kind, tell in told.items():
        _handle(registry, kind, tell)
    return registry


def _handle(registry: kopf.OperatorRegistry, kind: Kind, tell: Told) -> None:
    group, _, version = kind.api_version.rpartition("/")

    async def seen(event: Mapping[str, Any], **_: Any) -> None:
        """Hand on what the watch told."""
        tell(event["type"] or "LISTED", _without_managers(cast("Manifest", event["object"])))

    cast("Any", kopf.on.event)(group, version, kind.plural, registry=registry, id="seen")(seen)


def _without_managers(obj: Manifest) -> Manifest:
    """Return an object without its managers: the larger half of it, and nobody asks for them."""
    metadata = {key: value for key, value in obj["metadata"].items() if key != "managedFields"}
    return {**obj, "metadata": metadata}


def expect(ages: Ages, kinds: Collection[Kind]) -> None:
    """Begin to count the age of Kopf's watches of these kinds."""
    for kind in kinds:
        ages.expect(f"kopf/{kind.plural}")
