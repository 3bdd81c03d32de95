"""A status of a message that was sent: kept, and merged into the reply that it is about."""

from __future__ import annotations

from acuse.conversation.incoming import status_of
from acuse.events import held
from acuse.meta.identity import stable
from acuse.replies.deliveries import DeliveryStatus, merge_status
from acuse_workers.steps.job import Job, Next


async def status(job: Job) -> Next:
    """Keep what Meta says became of a message."""
    event, news = job.event, status_of(job.event.payload)
    async with job.transaction() as conn:
        await merge_status(
            conn,
            DeliveryStatus(
                region=event.region,
                tenant_id=event.tenant_id,
                message_id=stable(news.id),
                status=news.status,
                recipient=news.recipient,
                occurred_at=event.occurred_at,
                callback_data=news.biz_opaque_callback_data,
                error_code=news.error_code,
                pricing=None if news.pricing == b"null" else bytes(news.pricing).decode(),
            ),
        )
        await held.finish(conn, event)
    return "processed"


async def ignore(job: Job) -> Next:
    """End an event that asks for nothing, with the reason that the intake gave it, if any."""
    event = job.event
    reason = "account_field" if event.kind.startswith("account.") else event.kind
    async with job.transaction() as conn:
        await held.ignore(conn, event, event.reason or reason)
    return "ignored"
