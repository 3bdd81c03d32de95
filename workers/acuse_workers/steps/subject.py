"""Which document an event is about: its own message's, or that of the message it edits."""

from __future__ import annotations

from dataclasses import dataclass

from acuse.conversation.incoming import content, message_of
from acuse.conversation.media import Media, find_media, graph_id, reject_media
from acuse.conversation.messages import Message as KeptMessage
from acuse.conversation.messages import find_message
from acuse.conversation.shapes import Attachment, Edit, Message
from acuse.data.pool import Conn
from acuse.errors import PayloadUnreadable
from acuse.events import held
from acuse.meta.identity import stable
from acuse.receipts.store import Document, reject_document
from acuse.replies import texts
from acuse_workers.steps.accept import attachment_of
from acuse_workers.steps.job import Ended, Job, reply


@dataclass(frozen=True, slots=True)
class Subject:
    """A document under work: its message, its media, and whether Meta found it too large."""

    message: KeptMessage
    media: Media
    was_too_large: bool

    def document(self, job: Job) -> Document:
        """Return what its receipt is kept under."""
        return Document(
            tenant_id=job.event.tenant_id,
            message_id=self.message.message_id,
            sender_id=self.message.sender_id,
            media_id=self.media.id,
        )


async def subject_of(conn: Conn, job: Job) -> Subject:
    """Return the document that the event is about, as the rows have it now."""
    event = job.event
    incoming = message_of(event.payload)
    message_id, attachment = _named(job, incoming)
    message = await find_message(conn, event.tenant_id, message_id, region=event.region)
    media = await find_media(conn, event.tenant_id, message_id, graph_media_id=graph_id(attachment))
    if message is None or media is None:
        raise PayloadUnreadable("the event's message or media has not been kept")
    return Subject(message, media, incoming.was_too_large)


def _named(job: Job, message: Message) -> tuple[str, Attachment]:
    if job.event.kind != "edit":
        return job.event.event_id, attachment_of(job.event, message)
    edit = content(Edit, message.edit)
    if edit.message.attachment is None:
        raise PayloadUnreadable("the edit has no media")
    return stable(edit.original_message_id), edit.message.attachment


async def end_if_overtaken(conn: Conn, job: Job, subject: Subject) -> bool:
    """End the event when its message was taken back, or has another media now; say if it was."""
    if subject.message.revoked_at is not None:
        await held.ignore(conn, job.event, "message_revoked")
        return True
    if subject.message.graph_media_id != subject.media.graph_media_id:
        await held.ignore(conn, job.event, "message_edited")
        return True
    return False


async def reject(conn: Conn, job: Job, subject: Subject, *, code: str) -> Ended:
    """End the event with a receipt that was rejected, and tell the sender why."""
    await reject_media(conn, job.event.tenant_id, subject.media.id, code=code)
    await reject_document(conn, subject.document(job), code=code)
    await reply(
        conn,
        job,
        to=subject.message.sender_id,
        purpose="result",
        body=texts.problem(job.tenant.locale, code),
        quoting=subject.message.message_id,
    )
    await held.finish(conn, job.event)
    return "processed"
