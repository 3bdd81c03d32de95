"""Edits and revocations: what was said before is changed, or taken back with all that followed."""

from __future__ import annotations

from typing import Final

from acuse.conversation.incoming import content, message_of, sender_of
from acuse.conversation.media import graph_id, keep_media
from acuse.conversation.messages import (
    Edition,
    Message,
    NewMessage,
    edit_message,
    find_message,
    keep_message,
    revoke_message,
)
from acuse.conversation.senders import keep_sender
from acuse.conversation.shapes import Edit, Revoke
from acuse.data.pool import Conn
from acuse.errors import MessageNotHere
from acuse.events import held
from acuse.matching.decide import undo_match
from acuse.meta.identity import stable
from acuse.receipts.store import revoke_receipt, standing_receipts
from acuse_workers.steps.job import NOT_LONG, Job, Next

# Meta keeps no order: the message may come yet. After these tries it was never ours to see.
_TRIES: Final = 6


async def edit(job: Job) -> Next:
    """Give the message its new words; a new document is fetched, read and matched afresh."""
    event = job.event
    news = content(Edit, message_of(event.payload).edit)
    async with job.transaction() as conn:
        original = await _original(conn, job, news.original_message_id)
        if original is None:
            return "ignored"
        attachment = news.message.attachment
        media_id = graph_id(attachment) if attachment is not None and attachment.id else None
        edition = Edition(news.message.body, media_id, event.occurred_at)
        if not await edit_message(
            conn, event.tenant_id, original.message_id, region=event.region, edition=edition
        ):
            revoked = original.revoked_at is not None
            await held.ignore(conn, event, "message_revoked" if revoked else "edited_later")
            return "ignored"
        # A caption changes without the media, which comes along all the same.
        if attachment is not None and media_id not in {None, original.graph_media_id}:
            await _take_back(conn, job, original.message_id, why="edited")
            await keep_media(conn, event.tenant_id, original.message_id, attachment)
            return await held.advance(conn, event, "fetch")
        await held.finish(conn, event)
    return "processed"


async def revoke(job: Job) -> Next:
    """Leave a tombstone of the message, and undo what its receipt has led to."""
    event = job.event
    news = content(Revoke, message_of(event.payload).revoke)
    async with job.transaction() as conn:
        original = await _original(conn, job, news.original_message_id)
        if original is None:
            await _leave_tombstone(conn, job, stable(news.original_message_id))
            return "ignored"
        await revoke_message(
            conn,
            event.tenant_id,
            original.message_id,
            region=event.region,
            at=event.occurred_at,
        )
        await _take_back(conn, job, original.message_id, why="revoked")
        await held.finish(conn, event)
    return "processed"


async def _original(conn: Conn, job: Job, message_id: str) -> Message | None:
    """Return the message that the event is about; None when it was given up on."""
    event = job.event
    found = await find_message(conn, event.tenant_id, stable(message_id), region=event.region)
    if found is None and event.retries + 1 < _TRIES:
        raise MessageNotHere("the message has not come yet", retry_after=1.0)
    if found is None:
        await held.ignore(conn, event, "message_unknown")
    return found


async def _leave_tombstone(conn: Conn, job: Job, message_id: str) -> None:
    """Keep that a message was revoked which has not come: Meta tries for days to deliver one."""
    event = job.event
    if event.phone_number_id is None:
        return
    person = sender_of(event.payload)
    sender_id = await keep_sender(conn, event.tenant_id, person, seen_at=None)
    await keep_message(
        conn,
        NewMessage(
            region=event.region,
            tenant_id=event.tenant_id,
            message_id=message_id,
            sender_id=sender_id,
            phone_number_id=event.phone_number_id,
            kind="unknown",
            body=None,
            graph_media_id=None,
            context_id=None,
            occurred_at=event.occurred_at,
        ),
    )
    await revoke_message(
        conn, event.tenant_id, message_id, region=event.region, at=event.occurred_at
    )


async def _take_back(conn: Conn, job: Job, message_id: str, *, why: str) -> None:
    await conn.execute(NOT_LONG)
    for receipt_id in await standing_receipts(conn, job.event.tenant_id, message_id):
        await undo_match(conn, job.event.tenant_id, receipt_id, why)
        await revoke_receipt(conn, job.event.tenant_id, receipt_id, code=why)
