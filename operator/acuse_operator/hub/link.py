"""One region as the hub has it: what is wanted there, what is there, and the way between.

Nobody waits for a region. What is wanted is a wish, carried out by the link's own queue; what
comes of it is heard of by the tenant's key in the hub's queue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from acuse.errors import AcuseError, ApiConflict, ApiRefused, ApiUnavailable
from acuse.resources.names import key_of_sealed, sealed_name
from acuse_cluster.client import Api
from acuse_cluster.kinds import Manifest
from acuse_operator import metrics
from acuse_operator.floor import Mandate
from acuse_operator.handlers import DELETED, GONE
from acuse_operator.hub.breaker import Breaker
from acuse_operator.hub.compiling import Compiled
from acuse_operator.hub.differences import differs, epoch_of
from acuse_operator.hub.findings import Obstacle
from acuse_operator.hub.hand import Hand
from acuse_operator.hub.reach import Reach
from acuse_operator.queue import EDIT, NEWS, RESYNC, Backoff, Priority, WorkQueue
from acuse_operator.store import Store

log = structlog.get_logger()

# What was refused is tried again, for the reason may have gone; and so is what is slow to go.
_REFUSED_RETRY: Final = 30.0
_LEAVING_RETRY: Final = 5.0
# Where nobody answered, or only something in between.
_NOBODY: Final = frozenset({None, 401, 502, 503, 504})
# So many tries in a row pass by themselves.
_TOLD_AFTER: Final = 3
# Calls at a time: more only makes each slower.
_CONCURRENCY: Final = 8


class Listener(Protocol):
    """Who wants to hear of regions."""

    def tenant_heard(self, key: str, priority: Priority) -> None:
        """Hear that something is new of a tenant in a region."""
        ...

    def region_heard(self, name: str) -> None:
        """Hear that something is new of a region as a whole."""
        ...


@dataclass(frozen=True, slots=True)
class Observed:
    """What a region has of a tenant, as last seen."""

    placement: Manifest | None
    sealed: Manifest | None

    @property
    def is_gone(self) -> bool:
        """Tell whether nothing of the tenant is left."""
        return self.placement is None and self.sealed is None

    @property
    def epoch(self) -> int:
        """Return the highest epoch that a hub has written any of it in."""
        return max(epoch_of(self.placement), epoch_of(self.sealed))


class RegionLink:
    """One region; `queue` is to be run by whoever connects it."""

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        listener: Listener,
        mandate: Mandate,
        is_draining: Callable[[], bool],
    ) -> None:
        """`is_draining` tells whether the hub has the region left by all."""
        self.name = name
        self._is_draining = is_draining
        # Of a region elsewhere; None for the hub's own cluster.
        self.reach: Reach | None = None
        self.breaker = Breaker()
        self.queue = WorkQueue(
            f"region/{name}", self, concurrency=_CONCURRENCY, backoff=Backoff(longest=30.0)
        )
        self._namespace = namespace
        self._listener = listener
        self._mandate = mandate
        # The latest hub that the region has seen; None before it was asked.
        self._floor: Mandate | None = None
        self._api: Api | None = None
        self._placements, self._sealed = Store(is_packed=True), Store(is_packed=True)
        self._hand = Hand(namespace, placements=self._placements, sealed=self._sealed)
        # None: all of the tenant is to go.
        self._wishes: dict[str, Compiled | None] = {}
        self._troubles: dict[str, Obstacle] = {}
        # How often in a row a write was answered, and not done.
        self._put_off: dict[str, int] = {}
        self._is_known = False

    # --- the connection ---------------------------------------------------------------------------

    def connect(self, api: Api) -> None:
        """Use this from now on; what waits is sent."""
        self._api = api
        self._again()

    def disconnect(self) -> None:
        """Send nothing more until there is a connection again."""
        self._api = None

    def knows(self, placements: Iterable[str], sealed: Iterable[str]) -> None:
        """Hear that all there is was told, and the names of it: anything else is not there."""
        for store, names in ((self._placements, set(placements)), (self._sealed, set(sealed))):
            for obj in store:
                if obj["metadata"]["name"] not in names:
                    store.drop(self._namespace, obj["metadata"]["name"])
        self.knows_all()

    def knows_all(self) -> None:
        """Hear that all there is was told."""
        self._is_known = True
        self._listener.region_heard(self.name)

    def floor_seen(self, seen: Mandate) -> None:
        """Hear of a hub that the region has seen: after it, nothing is sent, deletions neither.

        A region refuses what an older hub writes, but nobody refuses what it deletes.
        """
        before, was_older = self._floor, self.is_older
        if before is None or seen.epoch > before.epoch or self._mandate.is_passed_by(seen):
            self._floor = seen
        if before is None:
            self._again()
        if self.is_older and not was_older:
            log.error("newer_hub", region=self.name, epoch=seen.epoch)
            self._listener.region_heard(self.name)

    @property
    def is_older(self) -> bool:
        """Tell whether this hub is older than one that the region has seen."""
        is_passed = self._floor is not None and self._mandate.is_passed_by(self._floor)
        return self.reach is not None and is_passed

    @property
    def _may_send(self) -> bool:
        """Tell whether this hub is known to be the one that the region is to listen to."""
        return self.reach is None or (self._floor is not None and not self.is_older)

    @property
    def is_known(self) -> bool:
        """Tell whether what the region has was ever listed whole."""
        return self._is_known

    def obstacle(self) -> Obstacle | None:
        """Return what is in the way of anything in the region; None when nothing is."""
        if self.reach is None:
            return None
        standing = self.reach.standing()
        if not standing.is_good:
            return Obstacle(f"Region{standing.condition.reason}", standing.condition.message)
        if self._floor is not None and self.is_older:
            return Obstacle("NewerHub", f"{self._newer(self._floor)} Nothing is changed.")
        return None if self._is_known else self._unlisted(self.reach)

    def _newer(self, seen: Mandate) -> str:
        if seen.epoch == self._mandate.epoch:
            return f"Another hub of epoch {seen.epoch}, which is also this one's, was there first."
        return f"A hub of epoch {seen.epoch} was there; this one is of {self._mandate.epoch}."

    def _unlisted(self, reach: Reach) -> Obstacle:
        if reach.is_new:
            return Obstacle("RegionConnecting", "What it has is being listed.")
        text = "It answers, but does not let the hub list what is there."
        return Obstacle("RegionUnauthorized", text)

    # --- what the region has ----------------------------------------------------------------------

    def observed(self, key: str) -> Observed:
        """Return what the region has of a tenant, from memory."""
        return Observed(
            self._placements.get(self._namespace, key),
            self._sealed.get(self._namespace, sealed_name(key)),
        )

    def placements(self) -> Store:
        """Return all placements, as last seen."""
        return self._placements

    def placement_seen(self, change: str, obj: Manifest) -> None:
        """Take a placement as a watch tells of it."""
        metadata = obj["metadata"]
        if metadata["namespace"] != self._namespace:
            return
        key, before = metadata["name"], self._placements.get(self._namespace, metadata["name"])
        if _took(self._placements, change, obj):
            if self.reach is not None and epoch_of(obj) > self._mandate.epoch:
                self.floor_seen(Mandate(epoch_of(obj)))
            wish = self._wishes.get(key) if change not in GONE else None
            if wish is None or not _is_echo(wish.placement, obj, before):
                self._heard(key, RESYNC if change == "LISTED" else NEWS)

    def sealed_seen(self, change: str, obj: Manifest) -> None:
        """Take a sealed Secret as a watch tells of it."""
        key = key_of_sealed(obj["metadata"]["name"])
        if key is not None and _took(self._sealed, change, obj):
            wish = self._wishes.get(key) if change not in GONE else None
            if wish is None or not _is_echo(wish.sealed, obj, None):
                self._heard(key, NEWS)

    def _heard(self, key: str, priority: Priority) -> None:
        self._listener.tenant_heard(key, priority)

    # --- what is wanted of it ---------------------------------------------------------------------

    def want(self, key: str, compiled: Compiled, *, priority: Priority = EDIT) -> Obstacle | None:
        """Wish for what is compiled; return what is in the way of it, as far as is known."""
        seen = self.observed(key)
        if (
            seen.sealed is not None
            and seen.placement is not None
            and not differs(compiled.sealed, seen.sealed)
            and not differs(compiled.placement, seen.placement)
        ):
            self._wishes.pop(key, None)
            self._troubles.pop(key, None)
            return self.obstacle()
        if self._wishes.get(key) != compiled:
            self._wishes[key] = compiled
            self._troubles.pop(key, None)
            self.queue.add(key, priority=priority)
        return self.obstacle() or self._troubles.get(key)

    def unwant(self, key: str) -> Obstacle | None:
        """Wish for all of a tenant to go; return what is in the way.

        `observed` says when it has gone.
        """
        if self.observed(key).is_gone:
            self._wishes.pop(key, None)
            self._troubles.pop(key, None)
        elif self._wishes.get(key, key) is not None:
            self._wishes[key] = None
            self._troubles.pop(key, None)
            self.queue.add(key)
        elif key not in self._troubles:
            # The region may have let go of the one that the other waits for.
            self.queue.add(key)
        return self.obstacle() or self._troubles.get(key)

    def forget(self, key: str) -> None:
        """Wish for nothing of a tenant any more, and leave what there is."""
        self._wishes.pop(key, None)
        self._troubles.pop(key, None)
        self._put_off.pop(key, None)

    # --- carrying it out --------------------------------------------------------------------------

    async def reconcile(self, key: str) -> float | None:
        """Carry out the wish for one tenant; return when to look again."""
        if key not in self._wishes or self._api is None or self.breaker.is_open:
            # What closes the breaker, or connects, takes up all that waits.
            return None
        if not self._may_send:
            # And so does what says which hubs the region has seen.
            return None
        wish = self._wishes[key]
        try:
            is_done = await self._hand.carry_out(self._api, key, wish, mark=self._mark())
        except (ApiRefused, ApiConflict, ApiUnavailable) as exc:
            return self._failed(key, exc)
        self.answered()
        return self._carried_out(key, wish, is_done=is_done)

    def _mark(self) -> str | None:
        """Return what a region is told with a deletion that it is not to take for a mistake."""
        if self.reach is None or not self._is_draining():
            # The hub's own region sees for itself that it is drained.
            return None
        return f"drain:{self._mandate.epoch}"

    def _failed(self, key: str, exc: ApiRefused | ApiConflict | ApiUnavailable) -> float | None:
        if isinstance(exc, ApiUnavailable) and exc.status in _NOBODY:
            self.failed(str(exc))
            self._trouble(key, Obstacle("RegionUnreachable", f"It does not answer: {exc}."))
            if self.breaker.is_open:
                return None
            raise exc
        # An answer, of whatever kind, is about this one object.
        self.answered()
        if isinstance(exc, ApiRefused):
            self._trouble(key, Obstacle("RegionRefused", f"It refused: {exc}."))
            return _REFUSED_RETRY
        self._put_off[key] = self._put_off.get(key, 0) + 1
        if self._put_off[key] >= _TOLD_AFTER:
            self._trouble(key, Obstacle("RegionRefused", f"It puts it off: {exc}."))
        raise exc

    def _carried_out(self, key: str, wish: Compiled | None, *, is_done: bool) -> float | None:
        had_trouble = self._troubles.pop(key, None) is not None
        self._put_off.pop(key, None)
        is_current = self._wishes.get(key, key) is wish
        if is_current and is_done:
            del self._wishes[key]
        # Where something else is wanted by now, what was done may not be what that was based on;
        # and what is done is told once: its echo by the watch is not, whichever comes first.
        if had_trouble or not is_current or is_done:
            self._heard(key, NEWS)
        return None if is_done else _LEAVING_RETRY

    def _trouble(self, key: str, obstacle: Obstacle) -> None:
        if self._troubles.get(key) != obstacle:
            self._troubles[key] = obstacle
            self._heard(key, NEWS)

    # --- whether it answers -----------------------------------------------------------------------

    def answered(self) -> None:
        """Hear that the region answered something."""
        if self.reach is not None:
            self.reach.answered()
        if self.breaker.answered():
            log.info("region_answers", region=self.name)
            self._again()
        metrics.REGION_UP.labels(self.name).set(1)

    def failed(self, fault: str) -> None:
        """Hear that it did not."""
        # The hub's own cluster has no probe, and needs none: the hub does not work without it.
        if self.reach is not None:
            self.reach.failed(fault)
            if self.breaker.failed():
                log.warning("region_does_not_answer", region=self.name, reason=fault)
        metrics.REGION_UP.labels(self.name).set(0)

    def refused(self, exc: AcuseError) -> None:
        """Hear that there is no way in."""
        if self.reach is not None:
            self.reach.refused(str(exc))
        metrics.REGION_UP.labels(self.name).set(0)

    def _again(self) -> None:
        for key in self._wishes:
            self.queue.add(key, priority=RESYNC)


def _is_echo(wanted: Manifest, obj: Manifest, before: Manifest | None) -> bool:
    """Tell whether a watch tells of a write of ours that is under way, and of nothing else."""
    said = None if before is None else before.get("status")
    is_same = obj.get("status") == said and not obj["metadata"].get("deletionTimestamp")
    return is_same and not differs(wanted, obj)


def _took(store: Store, change: str, obj: Manifest) -> bool:
    metadata = obj["metadata"]
    if change not in GONE:
        return store.put(obj)
    if change == DELETED:
        return store.end(obj)
    # What is only missing may come back as it was.
    known = store.get(metadata["namespace"], metadata["name"])
    if known is None or known["metadata"]["uid"] != metadata["uid"]:
        return False
    store.drop(metadata["namespace"], metadata["name"])
    return True
