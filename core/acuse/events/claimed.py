"""An event as the worker that holds it sees it."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


def log_id(event_id: str) -> str:
    """Return what an event is called in logs: a message's own id holds its sender's phone number.

    The first 16 hex digits of the id's sha256; `acuse events show` takes it in place of the id.
    """
    return hashlib.sha256(event_id.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Claimed:
    """One row of webhook_events under lease; `attempt` is the fencing token of this claim."""

    region: str
    tenant_id: UUID
    event_id: str
    kind: str
    field: str
    lane: str
    phone_number_id: str | None
    occurred_at: datetime
    created_at: datetime
    # JSON text as Meta wrote it; may hold \\u0000 and lone surrogates.
    payload: bytes = dataclasses.field(repr=False)
    # Where to go on; None when no step has been finished yet.
    step: str | None
    # Why it is unknown (set by the intake), or why the last try failed.
    reason: str | None
    # Failed tries of this step.
    retries: int
    attempt: int

    @property
    def claim(self) -> tuple[UUID, str, int]:
        """Return what names this claim of the event within its region."""
        return self.tenant_id, self.event_id, self.attempt

    @property
    def log_id(self) -> str:
        """Return what the event is called in logs."""
        return log_id(self.event_id)
