"""Second step of a document: from Meta into the object store."""

from __future__ import annotations

from typing import Final

from acuse.conversation.media import store_media
from acuse.errors import MediaGone, MediaTooLarge, MediaTypeUnsupported
from acuse.events import held
from acuse.media.fetch import StoredMedia, WantedMedia
from acuse_workers.steps.job import Job, Next
from acuse_workers.steps.subject import Subject, end_if_overtaken, reject, subject_of

# What its sender can help with. An address that our settings forbid, or a call that Meta refuses,
# is for us to mend: a dead letter, to be tried again.
_REJECTED: Final = (MediaGone, MediaTooLarge, MediaTypeUnsupported)


async def fetch(job: Job) -> Next:
    """Have the document's media in the object store, or reject it and say why."""
    event = job.event
    async with job.transaction() as conn:
        subject = await subject_of(conn, job)
        if await end_if_overtaken(conn, job, subject):
            return "ignored"
        if subject.media.state == "stored":
            return await held.advance(conn, event, "read")
    try:
        stored = await _fetched(job, subject)
    except _REJECTED as exc:
        async with job.transaction() as conn:
            if await end_if_overtaken(conn, job, await subject_of(conn, job)):
                return "ignored"
            return await reject(conn, job, subject, code=exc.code)
    async with job.transaction() as conn:
        await store_media(conn, event.tenant_id, subject.media.id, stored)
        return await held.advance(conn, event, "read")


async def _fetched(job: Job, subject: Subject) -> StoredMedia:
    if subject.was_too_large:
        raise MediaTooLarge("Meta could not pass the media on")
    if not subject.media.graph_media_id:
        raise MediaGone("the message names no media")
    return await job.around.fetcher.fetch(
        job.number,
        WantedMedia(
            id=subject.media.id,
            tenant_id=job.event.tenant_id,
            graph_media_id=subject.media.graph_media_id,
            kind=subject.message.kind,
            mime_type=subject.media.mime_type,
            sha256=subject.media.announced_sha256,
        ),
    )
