"""Replies that a tenant's own systems send through the outbox."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar import post

from acuse.data.pool import Conn
from acuse.errors import IdempotencyConflict, InvalidRequest, NotFound
from acuse.replies import content
from acuse.replies.content import Content
from acuse.replies.outbox import Reply, enqueue
from acuse.tenants.tenant import Tenant
from acuse.tokens import Scope
from acuse_console.access import needs
from acuse_console.bodies import (
    ApiRequest,
    DocumentReply,
    ReplyBody,
    TemplateReply,
    TextReply,
    read_body,
    read_json,
    refuse_other_types,
)
from acuse_console.responses import can_fail
from acuse_console.scope import Needed, caller, rows, scoped
from acuse_console.shapes import Queued

_BODY: Final = msgspec.json.Decoder(ReplyBody)
# Apart from the causes that events have.
_CAUSE: Final = "api:"
_PURPOSE: Final = "api"

# The number that the sender wrote to last; uses messages_sender (tenant_id, sender_id).
NUMBER: Final = """
    SELECT s.id,
           (SELECT m.phone_number_id FROM acuse.messages m
             WHERE m.tenant_id = s.tenant_id AND m.sender_id = s.id
             ORDER BY m.occurred_at DESC LIMIT 1)
      FROM acuse.senders s
     WHERE s.tenant_id = %(tenant_id)s AND s.id = %(sender_id)s
"""
KEPT: Final = """
    SELECT id, sender_id, kind, status, created_at
      FROM acuse.outbox
     WHERE tenant_id = %(tenant_id)s AND cause = %(cause)s AND purpose = %(purpose)s
"""
SAME: Final = """
    SELECT sender_id = %(sender_id)s AND kind = %(kind)s AND content::jsonb = %(content)s::jsonb
      FROM acuse.outbox
     WHERE tenant_id = %(tenant_id)s AND cause = %(cause)s AND purpose = %(purpose)s
"""


@post(
    "/replies",
    status_code=202,
    guards=[needs(Scope.REPLIES_WRITE)],
    responses=can_fail(404, 409, 413, 415, 422),
    operation_id="queueReply",
    summary="Queue a reply",
)
async def queue_reply(request: ApiRequest, means: Needed) -> Queued:
    """Queue a text, template or document to a sender; the same key again queues nothing more."""
    refuse_other_types(request, "application/json")
    body: ReplyBody = read_json(await read_body(request), _BODY)
    async with scoped(request, means) as conn:
        tenant = await caller(request, conn, means)
        said = _content(body, tenant)
        reply = Reply(
            tenant_id=tenant.id,
            sender_id=body.sender_id,
            phone_number_id=await _number(conn, tenant, body),
            cause=f"{_CAUSE}{body.idempotency_key}",
            purpose=_PURPOSE,
            content=said,
        )
        if await enqueue(conn, reply) is None:
            await _refuse_another(conn, reply)
        key = {"tenant_id": tenant.id, "cause": reply.cause, "purpose": reply.purpose}
        (kept,) = await rows(conn, KEPT, Queued, key)
    return kept


def _content(body: ReplyBody, tenant: Tenant) -> Content:
    match body:
        case TextReply(text=text):
            return content.text(text)
        case TemplateReply(template=template):
            return content.template(
                template.name,
                locale=template.locale or tenant.locale,
                parameters=template.parameters,
            )
        case DocumentReply(document=document):
            return content.document(
                document.media_id, filename=document.filename, caption=document.caption
            )


async def _number(conn: Conn, tenant: Tenant, body: ReplyBody) -> str:
    values = {"tenant_id": tenant.id, "sender_id": body.sender_id}
    row = await (await conn.execute(NUMBER, values)).fetchone()
    if row is None:
        raise NotFound("there is no such sender")
    if row[1] is not None:
        return str(row[1])
    if tenant.numbers:
        return tenant.numbers[0].phone_number_id
    raise InvalidRequest("sender_id: no number of the tenant is known to reach this sender")


async def _refuse_another(conn: Conn, reply: Reply) -> None:
    """Raise IdempotencyConflict unless what was queued under this key says the same."""
    values: dict[str, Any] = {
        "tenant_id": reply.tenant_id,
        "cause": reply.cause,
        "purpose": reply.purpose,
        "sender_id": reply.sender_id,
        "kind": reply.content.kind,
        "content": msgspec.json.encode(reply.content.data).decode(),
    }
    row = await (await conn.execute(SAME, values)).fetchone()
    if row is None or not row[0]:
        raise IdempotencyConflict("this idempotency_key was used for another reply")
