"""The file that a receipt was read from."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Final
from uuid import UUID

from litestar import get
from litestar.params import FromPath
from litestar.response import Stream

from acuse.errors import NotFound
from acuse.tokens import Scope
from acuse_console.access import needs
from acuse_console.bodies import ApiRequest
from acuse_console.media_type import media_type
from acuse_console.responses import can_fail
from acuse_console.scope import Needed, scoped

KEY: Final = """
    SELECT d.object_key
      FROM acuse.receipts r
      JOIN acuse.media d ON d.tenant_id = r.tenant_id AND d.id = r.file_id
     WHERE r.tenant_id = %(tenant_id)s AND r.id = %(receipt_id)s AND d.state = 'stored'
"""


@get(
    "/receipts/{receipt_id:uuid}/media",
    guards=[needs(Scope.RECEIPTS_READ)],
    responses=can_fail(404),
    operation_id="downloadMedia",
    summary="Download a receipt's file",
)
async def download_media(request: ApiRequest, means: Needed, receipt_id: FromPath[UUID]) -> Stream:
    """Download the file as it came, under the type that its bytes have."""
    values = {"tenant_id": request.auth.tenant_id, "receipt_id": receipt_id}
    async with scoped(request, means) as conn:
        row = await (await conn.execute(KEY, values)).fetchone()
    if row is None:
        raise NotFound("there is no such file")
    pieces = means.objects.read(row[0])
    # Before the answer begins, so that a store that is away is still told by a status.
    first = await anext(pieces, b"")
    kind, ending = media_type(first)
    return Stream(
        _all(first, pieces),
        media_type=kind,
        headers={
            "Content-Disposition": f'attachment; filename="receipt-{receipt_id}.{ending}"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )


async def _all(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    yield first
    async for piece in rest:
        yield piece
