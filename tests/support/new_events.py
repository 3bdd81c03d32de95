"""Events on their way into the inbox, for tests."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from acuse.events.inbox import NewEvent
from acuse.meta.update import Update

TENANT = uuid.UUID(int=7)
DELIVERY = uuid.UUID(int=9)


def new_event(
    event_id: str, *, payload: bytes = b"{}", tenant_id: uuid.UUID = TENANT, kind: str = "status"
) -> NewEvent:
    """Return an event that is work."""
    update = Update(
        event_id=event_id,
        kind=kind,
        field="messages",
        waba_id="222",
        phone_number_id="111",
        lane="sender:1",
        sender=None,
        occurred_at=datetime(2026, 11, 23, tzinfo=UTC),
        ordinal=0,
        payload=payload,
    )
    return NewEvent(tenant_id, DELIVERY, update)
