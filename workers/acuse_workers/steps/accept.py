"""First step of a message: who sent it, what it said, and the sign that it was seen."""

from __future__ import annotations

import asyncio

import structlog

from acuse.conversation.incoming import content, identities_of, message_of, sender_of
from acuse.conversation.media import graph_id, keep_media
from acuse.conversation.messages import NewMessage, claim_acknowledgement, keep_message
from acuse.conversation.senders import change_identity, keep_sender
from acuse.conversation.shapes import Attachment, Message, Text
from acuse.conversation.storable import storable
from acuse.data.pool import Conn
from acuse.errors import AcuseError, PayloadUnreadable
from acuse.events import held
from acuse.events.claimed import Claimed
from acuse_workers.steps.job import Job, Next
from acuse_workers.steps.kinds import DOCUMENTS, SILENT, TEXT

log = structlog.get_logger()

# The acknowledgement is a courtesy: it must not hold the receipt up for long.
_ACKNOWLEDGE_WITHIN = 3.0


async def accept(job: Job) -> Next:
    """Keep the message and its sender; acknowledge it if an answer is to come."""
    event, message = job.event, message_of(job.event.payload)
    attachment = attachment_of(event, message) if event.kind in DOCUMENTS else None
    async with job.transaction() as conn:
        await _keep(conn, job, message, attachment)
        if event.kind in SILENT:
            await held.ignore(conn, event, event.kind.removeprefix("message."))
            return "ignored"
        first = await claim_acknowledgement(
            conn, event.tenant_id, event.event_id, region=event.region
        )
        onward = await held.advance(conn, event, "answer" if attachment is None else "fetch")
    if first:
        await _acknowledge(job)
    return onward


async def identify(job: Job) -> Next:
    """Give senders the ids that Meta says they have now."""
    event = job.event
    async with job.transaction() as conn:
        known = [
            await change_identity(conn, event.tenant_id, before, after)
            for before, after in identities_of(event.payload)
        ]
        reason = "identity_updated" if any(known) else event.kind.rpartition(".")[2]
        await held.ignore(conn, event, reason)
    return "ignored"


def attachment_of(event: Claimed, message: Message) -> Attachment:
    """Return an image's or document's content; raise PayloadUnreadable when it has none."""
    raw = message.image if event.kind == "message.image" else message.document
    return content(Attachment, raw)


async def _keep(conn: Conn, job: Job, message: Message, attachment: Attachment | None) -> None:
    event = job.event
    if event.phone_number_id is None:
        raise PayloadUnreadable("the message names no number of ours")
    sender_id = await keep_sender(
        conn,
        event.tenant_id,
        sender_of(event.payload),
        # A reaction opens no customer service window.
        seen_at=None if event.kind in SILENT else event.occurred_at,
    )
    if attachment is not None:
        body = storable(attachment.caption)
    else:
        body = storable(content(Text, message.text).body) if event.kind == TEXT else None
    await keep_message(
        conn,
        NewMessage(
            region=event.region,
            tenant_id=event.tenant_id,
            message_id=event.event_id,
            sender_id=sender_id,
            phone_number_id=event.phone_number_id,
            kind=event.kind.removeprefix("message."),
            body=body,
            graph_media_id=None if attachment is None else graph_id(attachment),
            context_id=message.context_id,
            occurred_at=event.occurred_at,
        ),
    )
    if attachment is not None:
        await keep_media(conn, event.tenant_id, event.event_id, attachment)


async def _acknowledge(job: Job) -> None:
    """Show that the message was read and an answer is coming; that it fails is no matter."""
    event = job.event
    try:
        async with asyncio.timeout(_ACKNOWLEDGE_WITHIN):
            await job.around.graph.mark_read(job.number, event.event_id, typing=True)
    except (AcuseError, TimeoutError) as exc:
        code = exc.code if isinstance(exc, AcuseError) else "timeout"
        log.info("acknowledgement_failed", event_id=event.log_id, code=code)
