"""From an event that was claimed to how its work ended: step after step, errors turned into states.

This is the edge where an error becomes a retry or a dead letter; the steps only raise.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import structlog

from acuse.data.pool import Conn, transaction
from acuse.errors import AcuseError, DatabaseUnavailable, GraphUnavailable, LeaseLost, Unavailable
from acuse.events import held
from acuse.events.claimed import Claimed
from acuse.events.queue import Patience
from acuse.tenants.tenant import NO_TENANT
from acuse_workers.metrics import LEASES_LOST, RETRIES, STEP_SECONDS
from acuse_workers.ports import Surroundings
from acuse_workers.steps.accept import accept, identify
from acuse_workers.steps.amend import edit, revoke
from acuse_workers.steps.answer import answer
from acuse_workers.steps.fetch import fetch
from acuse_workers.steps.job import Ended, Job, Step
from acuse_workers.steps.kinds import first_step
from acuse_workers.steps.match import match
from acuse_workers.steps.read import read
from acuse_workers.steps.status import ignore, status

log = structlog.get_logger()

Outcome: TypeAlias = Ended | Literal["failed", "lost", "handed_back"]

STEPS: Final[Mapping[str, Step]] = {
    "accept": accept,
    "answer": answer,
    "edit": edit,
    "fetch": fetch,
    "identify": identify,
    "ignore": ignore,
    "match": match,
    "read": read,
    "revoke": revoke,
    "status": status,
}

# How long to wait before writing down a failure again while PostgreSQL is away.
_SHORTEST_WAIT: Final = 0.2
_LONGEST_WAIT: Final = 5.0


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Works on events, one at a time per call, until each has ended or waits for its next try."""

    around: Surroundings
    patience: Patience

    async def work(self, event: Claimed) -> Outcome:
        """Take the event as far as it goes now; cancelled, it can be handed back."""
        current = event
        while True:
            try:
                following = await self._step(current)
            except LeaseLost:
                return _lost(current)
            except AcuseError as exc:
                return await self._settle(current, exc)
            except Exception as exc:
                # The loop's top: a fault of ours must neither end the worker nor lose the event.
                log.exception("step_crashed", event_id=current.log_id, step=_step_name(current))
                return await self._settle(current, exc)
            if isinstance(following, str):
                return following
            current = following

    async def hand_back(self, event: Claimed) -> None:
        """Let another worker have the event at once, unless one has it already."""
        try:
            async with transaction(self.around.pool, tenant_id=event.tenant_id) as conn:
                await held.hand_back(conn, event)
        except (LeaseLost, DatabaseUnavailable) as exc:
            log.warning("event_not_handed_back", event_id=event.log_id, code=exc.code)

    async def _step(self, event: Claimed) -> Claimed | Ended:
        name = _step_name(event)
        started = time.perf_counter()
        try:
            return await STEPS[name](Job(event, self.around))
        finally:
            STEP_SECONDS.labels(name).observe(time.perf_counter() - started)

    async def _settle(self, event: Claimed, exc: Exception) -> Outcome:
        """Write down what the error means for the event; wait for PostgreSQL if it is away."""
        code = exc.code if isinstance(exc, AcuseError) else "internal_error"
        retry_after = exc.retry_after if isinstance(exc, Unavailable) else 0.0
        again = isinstance(exc, Unavailable) or not isinstance(exc, AcuseError)
        detail = type(exc).__qualname__

        async def write(conn: Conn) -> bool:
            if not again:
                await held.give_up(conn, event, code, detail=detail)
                return True
            if isinstance(exc, GraphUnavailable) and exc.pauses:
                # Without its token or its means, a number can do nothing before a person acts.
                return await held.pause(conn, event, code, patience=self.patience, detail=detail)
            return await held.fail(
                conn,
                event,
                code,
                patience=self.patience,
                retry_after=retry_after,
                detail=detail,
            )

        try:
            died = await self._written(event, write)
        except LeaseLost:
            return _lost(event)
        if not died:
            RETRIES.labels(code).inc()
        log.warning(
            "event_died" if died else "event_failed",
            event_id=event.log_id,
            tenant_id=str(event.tenant_id),
            kind=event.kind,
            step=_step_name(event),
            reason=code,
            retries=event.retries,
        )
        return "dead" if died else "failed"

    async def _written(self, event: Claimed, write: Callable[[Conn], Awaitable[bool]]) -> bool:
        wait = _SHORTEST_WAIT
        while True:
            try:
                async with transaction(self.around.pool, tenant_id=event.tenant_id) as conn:
                    return await write(conn)
            except DatabaseUnavailable:
                await asyncio.sleep(wait * random.uniform(0.5, 1.5))  # noqa: S311 - only spreads load
                wait = min(wait * 2, _LONGEST_WAIT)


def _step_name(event: Claimed) -> str:
    """Return the step that the event is at; what belongs to nobody we know is only kept."""
    if event.tenant_id == NO_TENANT:
        return "ignore"
    # A step of another version of Acuse: the first is always safe to take again.
    step = event.step
    return step if step is not None and step in STEPS else first_step(event.kind)


def _lost(event: Claimed) -> Outcome:
    LEASES_LOST.inc()
    log.warning("lease_lost", event_id=event.log_id, attempt=event.attempt)
    return "lost"
