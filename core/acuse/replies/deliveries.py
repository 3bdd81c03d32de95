"""What Meta's status webhooks say of our messages, merged so that their order does not matter."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from acuse.data.pool import Conn
from acuse.replies.content import ids_in
from acuse.replies.outbox import LOCK_WAMID

KEEP_STATUS = """
    INSERT INTO acuse.message_statuses
           (region, tenant_id, message_id, status, recipient, occurred_at, callback_data,
            error_code, pricing)
    VALUES (%(region)s, %(tenant_id)s, %(message_id)s, %(status)s, %(recipient)s, %(occurred_at)s,
            %(callback_data)s, %(error_code)s, %(pricing)s)
    ON CONFLICT DO NOTHING
"""

# The greatest of sent < delivered < read < played < failed stays. A status with our id in it also
# proves that a row was sent whatever we believed: the answer to the call may have been lost.
MERGE = """
    UPDATE acuse.outbox o
       SET delivery = CASE WHEN coalesce(array_position(%(order)s::text[], o.delivery), 0)
                                < array_position(%(order)s::text[], %(status)s::text)
                           THEN %(status)s ELSE o.delivery END,
           reason = CASE WHEN o.delivery = 'failed' THEN o.reason
                         WHEN %(status)s = 'failed' THEN %(reason)s END,
           status = 'sent', wamid = %(message_id)s, lease_until = NULL, leased_by = NULL,
           finished_at = coalesce(o.finished_at, clock_timestamp())
     WHERE o.tenant_id = %(tenant_id)s
       AND (o.wamid = %(message_id)s OR o.wamid IS NULL AND o.id = ANY(%(ids)s::uuid[]))
"""

_ORDER = ["sent", "delivered", "read", "played", "failed"]


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """One status of one message of ours, as Meta's webhook brought it.

    `message_id` is the wamid; `pricing` is its JSON text; `error_code` the first error's code.
    """

    region: str
    tenant_id: UUID
    message_id: str
    status: str
    recipient: str = field(repr=False)
    occurred_at: datetime
    callback_data: str | None = None
    error_code: int | None = None
    pricing: str | None = None


async def merge_status(conn: Conn, status: DeliveryStatus) -> int:
    """Keep a status and bring the replies it is about up to date; return how many those are.

    None is fine: the message may have been sent by another program, or not be committed yet; then
    whoever commits it finds the status here. The transaction must see the tenant.
    """
    # PostgreSQL's text takes no NUL; data of ours has none.
    callback_data = status.callback_data and status.callback_data.replace("\0", "")
    await conn.execute(LOCK_WAMID, {"wamid": status.message_id})
    values = {
        "region": status.region,
        "tenant_id": status.tenant_id,
        "message_id": status.message_id,
        "status": status.status,
        "recipient": status.recipient,
        "occurred_at": status.occurred_at,
        "callback_data": callback_data,
        "error_code": status.error_code,
        "pricing": status.pricing,
        "ids": ids_in(callback_data),
        "order": _ORDER,
        "reason": f"graph_{status.error_code}" if status.error_code else "delivery_failed",
    }
    await conn.execute(KEEP_STATUS, values)
    if status.status not in _ORDER:
        return 0
    return (await conn.execute(MERGE, values)).rowcount
