"""`acuse operator release`: what has to happen before the operator is taken away.

Without the operator nobody would take its finalizers off, and deleting a Tenant would wait for
ever. Each step is bounded, says what it could not do, and leads to the next all the same.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final

from acuse.errors import AcuseError, ApiConflict, ApiRefused
from acuse.resources.names import (
    COMPONENT,
    HUB_FINALIZER,
    MANAGED_BY,
    PART_OF,
    REGION_FINALIZER,
    key_of_sealed,
    tenant_key,
    webhook_path,
)
from acuse_cluster.access import load_access
from acuse_cluster.client import Api
from acuse_cluster.kinds import (
    DEPLOYMENTS,
    HTTPROUTES,
    INGRESSES,
    NETWORKPOLICIES,
    PLACEMENTS,
    PODS,
    SECRETS,
    TENANTS,
    Kind,
    Manifest,
    Ref,
    ref_of,
)
from acuse_operator.hub.budget import Budgets
from acuse_operator.hub.departure import wishes_of
from acuse_operator.hub.hub import open_outside
from acuse_operator.hub.numbers import Wish
from acuse_operator.hub.registration import Management
from acuse_operator.hub.sealing import read_sealed
from acuse_operator.hub.unregistration import remove_override
from acuse_operator.region.heartbeat import heartbeat
from acuse_operator.settings import OperatorSettings

Say = Callable[[str], None]

_AT_A_TIME: Final = 8
_PODS_SECONDS: Final = 45.0
_TRIES: Final = 5
_NOT_FOUND: Final = 404
_OURS: Final = f"{MANAGED_BY}=acuse"
_SEALED: Final = f"{COMPONENT}=sealed"
_REGIONAL: Final = f"{_OURS},{COMPONENT}=region"
# Others' charts have operators, too.
_OPERATOR: Final = f"{COMPONENT}=operator,{PART_OF}=acuse"


async def release_everything(settings: OperatorSettings, *, deployment: str, say: Say) -> None:
    """Stop the operator, remove webhooks at Meta, let go of Tenants, take down what was made."""
    async with Api(await load_access(), agent="acuse-operator-release") as api:
        release = _Release(api, settings, say)
        await release.stop_operator(deployment)
        if settings.is_hub:
            await release.remove_webhooks()
            await release.let_go(await release.all_of(TENANTS), HUB_FINALIZER)
        await release.take_down()
    say("release: done")


class _Release:
    """The steps, each of which ends and raises nothing of the API server's."""

    def __init__(self, api: Api, settings: OperatorSettings, say: Say) -> None:
        self._api = api
        self._settings = settings
        self._say = say

    async def all_of(
        self, kind: Kind, *, namespace: str | None = None, labels: str | None = None
    ) -> list[Manifest]:
        """Return all objects of a kind; none, and a word, when they cannot be listed."""
        try:
            return (await self._api.list(kind, namespace=namespace, labels=labels)).items
        except AcuseError as exc:
            self._say(f"release: {kind.plural} cannot be listed: {exc}")
            return []

    async def stop_operator(self, deployment: str) -> None:
        """Scale the operator away: it would put back what is taken down here."""
        namespace = self._settings.release_namespace
        try:
            await self._api.merge_patch(
                Ref(DEPLOYMENTS, deployment, namespace),
                {"spec": {"replicas": 0}},
                subresource="scale",
            )
        except AcuseError as exc:
            if not _is_missing(exc):
                self._say(f"release: the operator cannot be stopped: {exc}")
            return
        ends = time.monotonic() + _PODS_SECONDS
        while await self.all_of(PODS, namespace=namespace, labels=_OPERATOR):
            if time.monotonic() > ends:
                self._say("release: the operator's pod is still there; going on")
                return
            await asyncio.sleep(0.5)

    async def remove_webhooks(self) -> None:
        """Remove the webhook overrides at Meta, for a bounded time."""
        if not self._settings.meta_registration:
            return
        wishes = await self._wishes()
        left = {wish.phone_number_id for wish in wishes}
        budgets, turns = Budgets(), asyncio.Semaphore(_AT_A_TIME)

        async def remove(management: Management, wish: Wish) -> None:
            async with turns:
                fault = await remove_override(management, budgets, wish)
            if fault is None:
                left.discard(wish.phone_number_id)
            else:
                self._say(f"release: number {wish.phone_number_id}: {fault}")

        try:
            async with (
                asyncio.timeout(self._settings.release_timeout),
                open_outside(self._settings) as outside,
            ):
                await asyncio.gather(*(remove(outside.management, wish) for wish in wishes))
        except TimeoutError:
            self._say("release: Meta does not answer in time")
        if left:
            self._say(f"release: remove these numbers' webhooks at Meta: {', '.join(sorted(left))}")

    async def _wishes(self) -> list[Wish]:
        namespace = self._settings.tenants_namespace
        placements = await self.all_of(PLACEMENTS, namespace=namespace)
        secrets = await self.all_of(SECRETS, namespace=namespace, labels=_SEALED)
        sealed = {key_of_sealed(secret["metadata"]["name"]): secret for secret in secrets}
        urls: dict[str, object] = {}
        for tenant in await self.all_of(TENANTS):
            status: dict[str, object] = tenant.get("status") or {}
            metadata = tenant["metadata"]
            urls[tenant_key(metadata["namespace"], metadata["name"])] = status.get("webhookURL")
        wishes: list[Wish] = []
        for placement in placements:
            key: str = placement["metadata"]["name"]
            url = urls.get(key)
            if isinstance(url, str) and url.endswith(webhook_path(key)):
                wishes.extend(wishes_of(placement, read_sealed(sealed.get(key)), url=url))
        return wishes

    async def let_go(self, objects: Sequence[Manifest], finalizer: str) -> None:
        """Take a finalizer of ours off objects."""
        turns = asyncio.Semaphore(_AT_A_TIME)

        async def one(obj: Manifest) -> None:
            async with turns:
                await self._let_go(obj, finalizer)

        await asyncio.gather(*(one(obj) for obj in objects))

    async def _let_go(self, obj: Manifest, finalizer: str) -> None:
        ref, seen = ref_of(obj), obj
        for _ in range(_TRIES):
            metadata = seen["metadata"]
            held: list[str] = metadata.get("finalizers") or []
            if finalizer not in held:
                return
            rest = [name for name in held if name != finalizer]
            changed = {"resourceVersion": metadata["resourceVersion"], "finalizers": rest}
            try:
                await self._api.merge_patch(ref, {"metadata": changed})
            except ApiConflict:
                fresh = await self._get(ref)
                if fresh is None:
                    return
                seen = fresh
            except AcuseError as exc:
                if not _is_missing(exc):
                    self._say(f"release: {ref} cannot be let go: {exc}")
                return
            else:
                return

    async def _get(self, ref: Ref) -> Manifest | None:
        try:
            return await self._api.get(ref)
        except AcuseError as exc:
            self._say(f"release: {ref} cannot be read: {exc}")
            return None

    async def take_down(self) -> None:
        """Delete placements with all that is theirs, and the routes beside the intake."""
        tenants, release = self._settings.tenants_namespace, self._settings.release_namespace
        placements = await self.all_of(PLACEMENTS, namespace=tenants)
        await self.let_go(placements, REGION_FINALIZER)
        await self._delete(placements)
        await self._delete(await self.all_of(SECRETS, namespace=tenants, labels=_SEALED))
        # What the region has once: the namespace may not be ours to take away, its login is.
        for kind in (SECRETS, NETWORKPOLICIES):
            await self._delete(await self.all_of(kind, namespace=tenants, labels=_REGIONAL))
        if self._settings.is_region:
            await self._delete([heartbeat(region=self._settings.region, namespace=tenants)])
        for kind in (HTTPROUTES, INGRESSES):
            if await self._has(kind):
                await self._delete(await self.all_of(kind, namespace=release, labels=_OURS))

    async def _has(self, kind: Kind) -> bool:
        try:
            return await self._api.has_kind(kind)
        except AcuseError as exc:
            self._say(f"release: {kind.plural}: {exc}")
            return False

    async def _delete(self, objects: Sequence[Manifest]) -> None:
        for obj in objects:
            try:
                await self._api.delete(ref_of(obj))
            except AcuseError as exc:
                self._say(f"release: {ref_of(obj)} cannot be deleted: {exc}")


def _is_missing(exc: AcuseError) -> bool:
    return isinstance(exc, ApiRefused) and exc.status == _NOT_FOUND
