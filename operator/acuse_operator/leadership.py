"""One operator of a release works at a time: chosen by a Lease, which counts who came after whom.

A leader stops `renew_deadline` seconds after it sent the last renewal that got through, whatever
the API server does; nobody takes the Lease before it was seen unchanged for `duration` seconds.
What holds a process up for longer than that, clock and all, is kept from harm by the epoch.

A Lease that is deleted is made anew by its leader, and those who saw it wait as for a leader that
died. Not covered: where nobody leads, or the leader ends before it could do so, the count is lost
unless somebody saw it, and the next epoch may be 1; and an operator that starts in just that moment
takes the Lease at once. A region refuses whoever comes with an epoch lower than it has seen.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from typing import Final

import structlog

from acuse.errors import AcuseError, ApiConflict, ApiRefused, ApiUnavailable
from acuse_cluster.client import Api
from acuse_cluster.kinds import Manifest, Ref
from acuse_operator import metrics
from acuse_operator.floor import Mandate
from acuse_operator.lease import Claim, Lookout, Seen, Terms, read_lease

log = structlog.get_logger()

# Between two tries of a leader whose renewal failed.
_AGAIN: Final = 0.5
# How much later than its deadline a leader whose event loop is stuck is ended.
_SLACK: Final = 0.5
# What handing the Lease over may take at the end.
_RELEASE: Final = 3.0
_NOT_FOUND: Final = 404


class Leader:
    """The one that leads, until `lost` is done; whoever hears of that must do nothing more."""

    def __init__(self, api: Api, claim: Claim, lease: Seen, *, sent: float) -> None:
        self.epoch = claim.transitions + 1
        self.mandate = Mandate(self.epoch, claim.identity)
        # Done with the reason: `expired`, or `taken`.
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        # By the monotonic clock, the last moment at which this one may lead.
        self.until = sent + claim.terms.renew_deadline
        self._api = api
        self._claim = claim
        self._lease: Seen | None = lease
        self._timer = self._armed()

    def _armed(self) -> asyncio.TimerHandle:
        """Have the time run out by itself: no call, and nothing that waits for one, is asked."""
        left = self.until - time.monotonic()
        return asyncio.get_running_loop().call_later(max(left, 0.0), self._lose, "expired")

    def _lose(self, why: str) -> None:
        self._timer.cancel()
        if not self.lost.done():
            metrics.LEADER.set(0)
            log.error("leadership_lost", reason=why, epoch=self.epoch)
            self.lost.set_result(why)

    async def keep(self) -> None:
        """Renew the Lease until it is lost."""
        terms, pause = self._claim.terms, self._claim.terms.renew_every
        while not self.lost.done():
            await asyncio.sleep(pause)
            try:
                async with _deadline(terms.call):
                    pause = terms.renew_every if await self._renewed() else 0.0
            except AcuseError as exc:
                left = round(self.until - time.monotonic(), 1)
                log.warning("lease_not_renewed", code=exc.code, error=str(exc), seconds=left)
                pause = _AGAIN

    async def _renewed(self) -> bool:
        """Renew, or see why not; return whether it was renewed."""
        sent = time.monotonic()
        if not await self._put(self._claim.held(self._lease, now=_now())):
            return False
        self.until = sent + self._claim.terms.renew_deadline
        self._timer.cancel()
        if not self.lost.done():
            self._timer = self._armed()
        return True

    async def _put(self, wanted: Manifest) -> bool:
        """Write over what is known to be there; where something else is, read that instead."""
        try:
            self._lease = await _write(self._api, wanted)
        except ApiConflict:
            await self._look()
            return False
        except ApiRefused as exc:
            if exc.status != _NOT_FOUND or self._lease is None:
                raise
            # Deleted: it is made anew as it was.
            self._lease = None
            return False
        return True

    async def _look(self) -> None:
        """Read what is there instead of what was written last."""
        self._lease = await _read(self._api, self._claim.where)
        if self._lease is not None and self._lease.holder != self._claim.identity:
            self._lose("taken")

    async def release(self) -> None:
        """Hand the Lease over while it is ours: the next one need not wait."""
        self._timer.cancel()
        metrics.LEADER.set(0)
        try:
            async with _deadline(_RELEASE):
                # The last renewal may have got through without an answer: then it takes two tries.
                while not self.lost.done():
                    if await self._put(self._claim.released(self._lease, now=_now())):
                        log.info("leadership_released", epoch=self.epoch)
                        return
        except AcuseError as exc:
            log.warning("lease_not_released", code=exc.code, error=str(exc))


class Candidate:
    """One that waits until it leads. `identity` is its alone: no earlier process had it."""

    def __init__(self, api: Api, where: Ref, *, identity: str, terms: Terms) -> None:
        self._api = api
        self._where = where
        self._terms = terms
        self._lookout = Lookout(identity, terms)
        self._heard = time.monotonic()
        # What was said last: who leads, or why this one does not know.
        self._said = ""

    def silence(self) -> float:
        """Return the seconds since the API server last told who leads."""
        return time.monotonic() - self._heard

    def doubt(self) -> str | None:
        """Return what keeps this one from standing by: None while another one is seen to lead."""
        if self.silence() > self._terms.duration:
            return "api_silent"
        return None if self._lookout.leader(now=self._heard) else "nobody_leads"

    @asynccontextmanager
    async def leading(self) -> AsyncGenerator[Leader, None]:
        """Wait until we lead, then lead while the block runs; on leaving, hand over."""
        leader = await self._elected()
        metrics.LEADER.set(1)
        log.info("leading", holder=self._lookout.identity, epoch=leader.epoch)
        keeping = asyncio.create_task(leader.keep(), name="lease")
        try:
            yield leader
        finally:
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping
            await leader.release()

    async def _elected(self) -> Leader:
        while True:
            try:
                async with _deadline(self._terms.call):
                    leader = await self._tried()
            except AcuseError as exc:
                if self._is_news(exc.code):
                    log.warning("leader_not_known", code=exc.code, error=str(exc))
            else:
                if leader is not None:
                    return leader
                holder = self._lookout.leader(now=self._heard) or "nobody"
                if self._is_news(holder):
                    log.info("standing_by", holder=holder)
            await asyncio.sleep(self._terms.look_every)

    def _is_news(self, what: str) -> bool:
        before, self._said = self._said, what
        return what != before

    async def _tried(self) -> Leader | None:
        """Look, and take the Lease if it may be taken; None when it may not, or is another's."""
        lease = await _read(self._api, self._where)
        self._heard = time.monotonic()
        self._lookout.see(lease, now=self._heard)
        if not self._lookout.may_take(now=self._heard):
            return None
        since, sent = _now(), time.monotonic()
        claim = Claim(
            self._where, self._lookout.identity, self._terms, self._lookout.transitions(), since
        )
        try:
            taken = await _write(self._api, claim.held(lease, now=since))
        except ApiConflict:
            # Somebody else was quicker.
            return None
        return Leader(self._api, claim, taken, sent=sent)


@contextmanager
def guarded(leader: Leader, end: Callable[[], None]) -> Generator[None, None, None]:
    """While the block runs, call `end` from a thread if the loop is too stuck to stop in time."""
    done = threading.Event()

    def watch() -> None:
        """Wait until the leader's time is up and a little more."""
        while not done.wait(max(leader.until + _SLACK - time.monotonic(), 0.0)):
            if time.monotonic() >= leader.until + _SLACK:
                end()
                return

    threading.Thread(target=watch, name="lease-guard", daemon=True).start()
    try:
        yield
    finally:
        done.set()


@asynccontextmanager
async def _deadline(seconds: float) -> AsyncGenerator[None, None]:
    """Give up what the block does after so many seconds, as if there had been no answer."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as exc:
        raise ApiUnavailable(f"no answer within {seconds:g} s") from exc


async def _read(api: Api, where: Ref) -> Seen | None:
    found = await api.get(where)
    return None if found is None else read_lease(found)


async def _write(api: Api, manifest: Manifest) -> Seen:
    """Make the Lease, or write it over the very version that was read."""
    is_new = "resourceVersion" not in manifest["metadata"]
    return read_lease(await (api.create(manifest) if is_new else api.replace(manifest)))


def _now() -> datetime:
    return datetime.now(UTC)
