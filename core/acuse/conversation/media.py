"""Media of messages: announced by a webhook, then stored or rejected."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from psycopg.rows import class_row

from acuse.conversation.shapes import Attachment
from acuse.conversation.storable import storable
from acuse.data.pool import Conn
from acuse.media.checksum import normalise_sha256
from acuse.media.fetch import StoredMedia
from acuse.meta.identity import stable


@dataclass(frozen=True, slots=True)
class Media:
    """A media of a message; `object_key` is there once it is stored."""

    id: UUID
    graph_media_id: str
    mime_type: str | None
    announced_sha256: str | None
    state: str
    error_code: str | None
    object_key: str | None


ADD_MEDIA = """
    INSERT INTO acuse.media (tenant_id, message_id, graph_media_id, mime_type, filename,
        announced_sha256)
    VALUES (%(tenant_id)s, %(message_id)s, %(graph_media_id)s, %(mime_type)s, %(filename)s,
        %(sha256)s)
    ON CONFLICT DO NOTHING
"""

FIND_MEDIA = """
    SELECT id, graph_media_id, mime_type, announced_sha256, state, error_code, object_key
      FROM acuse.media
     WHERE tenant_id = %(tenant_id)s AND message_id = %(message_id)s
       AND graph_media_id = %(graph_media_id)s
"""

STORE_MEDIA = """
    UPDATE acuse.media
       SET state = 'stored', object_key = %(object_key)s, size = %(size)s, sha256 = %(sha256)s,
           mime_type = coalesce(%(mime_type)s, mime_type), error_code = NULL, stored_at = now()
     WHERE tenant_id = %(tenant_id)s AND id = %(id)s
"""

REJECT_MEDIA = """
    UPDATE acuse.media SET state = 'rejected', error_code = %(code)s
     WHERE tenant_id = %(tenant_id)s AND id = %(id)s AND state = 'wanted'
"""


def graph_id(attachment: Attachment) -> str:
    """Return the id that Meta gave a media; "" when Meta itself could not take it."""
    return stable(attachment.id) if attachment.id else ""


async def keep_media(conn: Conn, tenant_id: UUID, message_id: str, attachment: Attachment) -> None:
    """Keep what a message announced of its media, unless it is there already."""
    await conn.execute(
        ADD_MEDIA,
        {
            "tenant_id": tenant_id,
            "message_id": message_id,
            "graph_media_id": graph_id(attachment),
            "mime_type": storable(attachment.mime_type, longest=200),
            "filename": storable(attachment.filename, longest=1000),
            "sha256": normalise_sha256(attachment.sha256),
        },
    )


async def find_media(
    conn: Conn, tenant_id: UUID, message_id: str, *, graph_media_id: str
) -> Media | None:
    """Return a message's media by the id that Meta gave it."""
    values = {"tenant_id": tenant_id, "message_id": message_id, "graph_media_id": graph_media_id}
    async with conn.cursor(row_factory=class_row(Media)) as cursor:
        await cursor.execute(FIND_MEDIA, values)
        return await cursor.fetchone()


async def store_media(conn: Conn, tenant_id: UUID, media_id: UUID, stored: StoredMedia) -> None:
    """Say where a media is kept."""
    await conn.execute(
        STORE_MEDIA,
        {
            "tenant_id": tenant_id,
            "id": media_id,
            "object_key": stored.object_key,
            "size": stored.size,
            "sha256": stored.sha256,
            "mime_type": storable(stored.mime_type, longest=200),
        },
    )


async def reject_media(conn: Conn, tenant_id: UUID, media_id: UUID, *, code: str) -> None:
    """Say why a media will not be fetched."""
    await conn.execute(REJECT_MEDIA, {"tenant_id": tenant_id, "id": media_id, "code": code})
