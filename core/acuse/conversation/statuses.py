"""What Meta says became of messages that were sent: facts, kept as they come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from acuse.data.pool import Conn


@dataclass(frozen=True, slots=True)
class NewStatus:
    """One status of one message for one recipient; `pricing` is JSON text as Meta wrote it."""

    region: str
    tenant_id: UUID
    message_id: str
    status: str
    recipient: str
    occurred_at: datetime
    callback_data: str | None
    error_code: int | None
    pricing: str | None


ADD = """
    INSERT INTO acuse.message_statuses (region, tenant_id, message_id, status, recipient,
        occurred_at, callback_data, error_code, pricing)
    VALUES (%(region)s, %(tenant_id)s, %(message_id)s, %(status)s, %(recipient)s, %(occurred_at)s,
        %(callback_data)s, %(error_code)s, %(pricing)s)
    ON CONFLICT DO NOTHING
"""


async def keep_status(conn: Conn, status: NewStatus) -> None:
    """Keep a status, unless it is there already."""
    await conn.execute(
        ADD,
        {
            "region": status.region,
            "tenant_id": status.tenant_id,
            "message_id": status.message_id,
            "status": status.status,
            "recipient": status.recipient,
            "occurred_at": status.occurred_at,
            "callback_data": status.callback_data,
            "error_code": status.error_code,
            "pricing": status.pricing,
        },
    )
