"""Second step of a message that is no document: a helpful word."""

from __future__ import annotations

from acuse.conversation.messages import find_message
from acuse.errors import PayloadUnreadable
from acuse.events import held
from acuse.replies import texts
from acuse_workers.steps.job import Job, Next, reply
from acuse_workers.steps.kinds import TEXT


async def answer(job: Job) -> Next:
    """Say what this number is for, or that this type of message is not read."""
    event, tenant = job.event, job.tenant
    async with job.transaction() as conn:
        message = await find_message(conn, event.tenant_id, event.event_id, region=event.region)
        if message is None:
            raise PayloadUnreadable("the event's message has not been kept")
        if message.revoked_at is not None:
            await held.ignore(conn, event, "message_revoked")
            return "ignored"
        helps = event.kind == TEXT
        body = (
            texts.help_text(tenant.locale, tenant.display_name)
            if helps
            else texts.declined(tenant.locale, message.kind)
        )
        purpose = "help" if helps else "declined"
        await reply(conn, job, to=message.sender_id, purpose=purpose, body=body)
        await held.finish(conn, event)
    return "processed"
