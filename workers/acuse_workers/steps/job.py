"""What a step gets and gives: an event to work on, and where it goes from there."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias
from uuid import UUID

from acuse.data.pool import Conn, transaction
from acuse.errors import TenantMissing
from acuse.events.claimed import Claimed
from acuse.replies.content import text
from acuse.replies.outbox import Reply, enqueue
from acuse.tenants.tenant import Number, Tenant
from acuse_workers.ports import Surroundings

# How an event ended.
Ended = Literal["processed", "ignored", "dead"]
# The same event at its next step, or its end.
Next: TypeAlias = Claimed | Ended
Step: TypeAlias = Callable[["Job"], Awaitable[Next]]

# An import holds its tenant's ledger for as long as it takes. A step that waited for it would hold
# a connection that other tenants' events, and the leases, need: it comes again instead.
NOT_LONG: Final = "SET LOCAL lock_timeout = '1s'"


@dataclass(frozen=True, slots=True)
class Job:
    """One event under work, and what there is to work with."""

    event: Claimed
    around: Surroundings

    @property
    def tenant(self) -> Tenant:
        """Return the event's tenant; raise TenantMissing when it is in no manifest now."""
        tenant = self.around.directory.by_id(self.event.tenant_id)
        if tenant is None:
            raise TenantMissing("no manifest names the event's tenant")
        return tenant

    @property
    def number(self) -> Number:
        """Return the number that was written to; raise TenantMissing when it is not ours now."""
        number = self.tenant.number(self.event.phone_number_id or "")
        if number is None:
            raise TenantMissing("no manifest gives the event's number to its tenant")
        return number

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Conn, None]:
        """Run one transaction that sees the event's tenant."""
        async with transaction(self.around.pool, tenant_id=self.event.tenant_id) as conn:
            yield conn


async def reply(
    conn: Conn, job: Job, *, to: UUID, purpose: str, body: str, quoting: str | None = None
) -> None:
    """Put an answer to the event in the outbox, once; `to` is the sender's id."""
    await enqueue(
        conn,
        Reply(
            tenant_id=job.event.tenant_id,
            sender_id=to,
            phone_number_id=job.number.phone_number_id,
            cause=job.event.event_id,
            purpose=purpose,
            content=text(body),
            context_id=quoting if quoting and not quoting.startswith("sha256:") else None,
        ),
    )
