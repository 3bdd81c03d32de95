"""The operator as a program: its roles, their queues and watches, started and stopped in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

import structlog

from acuse.errors import AcuseError, ApiRefused, ApiUnavailable, Unavailable
from acuse.monitoring import Health
from acuse.resources.names import COMPONENT
from acuse_cluster.access import load_access
from acuse_cluster.client import Api
from acuse_cluster.informer import Informer
from acuse_cluster.kinds import PLACEMENTS, REGIONS, SECRETS, TENANTS, Kind, Manifest
from acuse_operator.desired.views import RegionSettings
from acuse_operator.events import Events
from acuse_operator.floor import Mandate
from acuse_operator.handlers import GONE, Told
from acuse_operator.hub.hub import Hub, Outside, open_outside
from acuse_operator.hub.profiles import ClusterProfiles
from acuse_operator.probe import Ages
from acuse_operator.queue import Backoff, WorkQueue
from acuse_operator.region.heartbeat import Heartbeat
from acuse_operator.region.role import REGION_KEY, RegionRole
from acuse_operator.region_manifest import apply_region, keep_region
from acuse_operator.relisting import Relisting
from acuse_operator.settings import OperatorSettings
from acuse_operator.watching import kopf_watching

log = structlog.get_logger()

_CONTROLLER: Final = "acuse.dev/operator"
# How long a start waits for an API server and for our kinds in it.
_PATIENCE: Final = 120.0
# What runs when the program is asked to stop has this long to end.
_GRACE: Final = 2.0
_AGES_EVERY: Final = 2.0


@dataclass(slots=True)
class Running:
    """An operator that runs: what must not end."""

    tasks: list[asyncio.Future[Any]] = field(default_factory=list[asyncio.Future[Any]])

    async def failed(self) -> None:
        """Return, or raise what it raised, once any part of the operator has ended by itself."""
        done, _ = await asyncio.wait(self.tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            await task


@dataclass(slots=True)
class _Roles:
    """The roles of this operator, and whom its watches tell."""

    hub: Hub | None = None
    region: RegionRole | None = None
    # Is this cluster a region, of this operator's or of another's?
    has_placements: bool = True
    queues: list[WorkQueue] = field(default_factory=list[WorkQueue])

    def tenant_seen(self, change: str, obj: Manifest) -> None:
        """Tell the hub of a Tenant."""
        if self.hub is not None:
            self.hub.tenant_seen(change, obj)

    def region_seen(self, change: str, obj: Manifest) -> None:
        """Tell both roles of a Region."""
        if self.hub is not None:
            self.hub.region_seen(change, obj)
        if self.region is not None:
            self.region.region_seen(obj, deleted=change in GONE)

    def placement_seen(self, change: str, obj: Manifest) -> None:
        """Tell both roles of a placement."""
        if self.hub is not None:
            self.hub.placement_seen(change, obj)
        if self.region is not None:
            self.region.placement_seen(obj, deleted=change in GONE)

    def told(self) -> dict[Kind, Told]:
        """Return whom each kind's watch tells, in the order in which they are listed."""
        told: dict[Kind, Told] = {REGIONS: self.region_seen}
        if self.has_placements:
            told[PLACEMENTS] = self.placement_seen
        if self.hub is not None:
            told[TENANTS] = self.tenant_seen
        return told


def region_settings(settings: OperatorSettings) -> RegionSettings:
    """Return what the region role is told of the operator's settings."""
    name, _, port = settings.intake_service.partition(":")
    return RegionSettings(
        region=settings.region,
        release_namespace=settings.release_namespace,
        tenants_namespace=settings.tenants_namespace,
        worker_image=settings.worker_image,
        intake_service=name,
        intake_port=int(port),
        graph_url=settings.graph_url,
        media_hosts=settings.media_hosts,
        image_pull_policy=settings.worker_pull_policy,
        image_pull_secrets=settings.worker_pull_secrets,
        database_url=settings.database_url,
        intake_ca_file=settings.intake_ca_file,
        drift_hold=settings.drift_hold,
        mass_deletion=settings.mass_deletion,
    )


@asynccontextmanager
async def running(
    settings: OperatorSettings,
    health: Health,
    *,
    outside: Outside | None = None,
    mandate: Mandate,
) -> AsyncGenerator[Running, None]:
    """Run the operator while the block runs; on leaving, end what runs and start nothing more.

    `mandate` is the leadership's; `health` is the caller's to show.
    Raises InvalidSettings, KubeconfigRefused or ApiUnavailable when it cannot start.
    """
    ages = Ages()
    health.checks["start"] = lambda: "not_started"
    health.checks["watches"] = ages.check(settings.watch_stale_after)
    health.vital["watches"] = ages.check(settings.watch_dead_after)
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(Api(await load_access(), agent="acuse-operator"))
        manifest = settings.region_manifest
        if manifest is not None:
            await _patiently(lambda: apply_region(api, manifest))
        events = Events(api, controller=_CONTROLLER)
        await stack.enter_async_context(events.posting())
        if settings.is_hub and outside is None:
            outside = await stack.enter_async_context(open_outside(settings))
        roles = _roles(api, settings, events, outside, mandate=mandate)
        operator = Running()
        await _start(_Start(api, settings, events, roles, ages), operator, stack)
        del health.checks["start"]
        role, region = settings.operator_role, settings.region
        log.info("operator_running", role=role, region=region, epoch=mandate.epoch)
        try:
            yield operator
        finally:
            health.stopping = True


def _roles(
    api: Api,
    settings: OperatorSettings,
    events: Events,
    outside: Outside | None,
    *,
    mandate: Mandate,
) -> _Roles:
    roles = _Roles(has_placements=settings.is_region or settings.hub_local)
    if settings.is_hub and outside is not None:
        roles.hub = Hub(api, settings, events=events, outside=outside, mandate=mandate)
        roles.queues += [roles.hub.tenants, roles.hub.meta, roles.hub.fleet.queue]
        if roles.hub.fleet.local is not None:
            roles.queues.append(roles.hub.fleet.local.queue)
    if settings.is_region:
        region = RegionRole(api, region_settings(settings), events)
        queue = WorkQueue(
            "placement",
            region,
            concurrency=settings.operator_concurrency,
            backoff=Backoff(longest=30.0),
        )
        region.enqueue = queue.add
        roles.region = region
        roles.queues.append(queue)
    return roles


@dataclass(frozen=True, slots=True)
class _Start:
    """What a start needs."""

    api: Api
    settings: OperatorSettings
    events: Events
    roles: _Roles
    ages: Ages


async def _start(start: _Start, operator: Running, stack: AsyncExitStack) -> None:
    """Learn all there is, then begin to work, then watch."""
    settings, roles, namespace = start.settings, start.roles, start.settings.tenants_namespace
    told = Relisting(start.api, roles.told(), namespaces={PLACEMENTS: namespace})
    if roles.hub is not None and settings.hub_local:
        sealed = Informer(
            start.api,
            SECRETS,
            namespace=namespace,
            labels=f"{COMPONENT}=sealed",
            on_change=roles.hub.sealed_seen,
        )
        sealed.is_thin = True
        operator.tasks.append(await stack.enter_async_context(_task(sealed.run(), "sealed")))
        start.ages.show("sealed", sealed.age)
        # Nothing is sealed anew before what was sealed last is known.
        await _patiently(sealed.synced.wait)
    await _patiently(told.once)
    if roles.hub is not None:
        stack.push_async_callback(roles.hub.fleet.close)
        roles.hub.all_told()
    if roles.region is not None:
        stack.push_async_callback(roles.region.close)
        roles.region.enqueue(REGION_KEY)
        following = _follow_ages(start.ages, roles.region)
        operator.tasks.append(await stack.enter_async_context(_task(following, "ages")))
        heartbeat = Heartbeat(start.api, region=settings.region, namespace=namespace)
        operator.tasks.append(await stack.enter_async_context(_task(heartbeat.run(), "heartbeat")))
    for watched, where in _watches(told.told, settings):
        kopf = kopf_watching(watched, namespaces=where, ages=start.ages)
        operator.tasks.append((await stack.enter_async_context(kopf)).ended)
    for queue in roles.queues:
        operator.tasks.append(await stack.enter_async_context(_worked(queue)))
    looked = roles.hub.count_orphans if roles.hub is not None else _nothing
    operator.tasks.append(
        await stack.enter_async_context(_task(told.run(after=looked), "relisting"))
    )
    operator.tasks.append(await stack.enter_async_context(_task(told.until_lost(), "kinds")))
    for name, work in _beside(start):
        operator.tasks.append(await stack.enter_async_context(_task(work, name)))


def _beside(start: _Start) -> Iterator[tuple[str, Coroutine[Any, Any, None]]]:
    """Yield what keeps Region objects, where there is something to make them of."""
    api, settings = start.api, start.settings
    if settings.is_hub and settings.cluster_profiles:
        where = (settings.cluster_profiles, settings.release_namespace)
        yield "cluster-profiles", ClusterProfiles(api, start.events, *where).run()
    if settings.region_manifest is not None:
        yield "region-manifest", keep_region(api, settings.region_manifest)


def _nothing() -> None:
    """Do nothing."""


def _watches(
    told: Mapping[Kind, Told], settings: OperatorSettings
) -> list[tuple[dict[Kind, Told], tuple[str, ...]]]:
    """Return what Kopf watches everywhere, and what in the tenants' namespace only."""
    everywhere = {kind: tell for kind, tell in told.items() if kind != PLACEMENTS}
    there = {kind: tell for kind, tell in told.items() if kind == PLACEMENTS}
    watches: list[tuple[dict[Kind, Told], tuple[str, ...]]] = [(everywhere, ())]
    return [*watches, (there, (settings.tenants_namespace,))] if there else watches


async def _follow_ages(ages: Ages, region: RegionRole) -> None:
    """Keep to the region role's own watches, which begin and end as the cluster's kinds do."""
    while True:
        ages.follow("region", {name: watch.age for name, watch in region.watches.items()})
        await asyncio.sleep(_AGES_EVERY)


async def _patiently(act: Callable[[], Awaitable[Any]]) -> None:
    """Do what a start needs of the API server; it may be coming up, or our kinds with us."""
    said: AcuseError | None = None
    try:
        async with asyncio.timeout(_PATIENCE):
            while True:
                try:
                    await act()
                except (ApiRefused, Unavailable) as exc:
                    if said is None:
                        log.warning("api_not_ready", code=exc.code)
                    said = exc
                    await asyncio.sleep(1.0)
                else:
                    return
    except TimeoutError as exc:
        raise ApiUnavailable(f"the operator cannot start: {said or 'no answer'}") from exc


@asynccontextmanager
async def _task(
    coroutine: Coroutine[Any, Any, None], name: str
) -> AsyncGenerator[asyncio.Task[None], None]:
    """Run something while the block runs."""
    task = asyncio.create_task(coroutine, name=name)
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task


@asynccontextmanager
async def _worked(queue: WorkQueue) -> AsyncGenerator[asyncio.Task[None], None]:
    """Work on a queue while the block runs; on leaving, let what runs end."""
    async with _task(queue.run(), "queue") as task:
        try:
            yield task
        finally:
            await queue.close(grace=_GRACE)
