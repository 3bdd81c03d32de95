"""Whether the API is there, and its database."""

from __future__ import annotations

from litestar import get

from acuse import __version__
from acuse.data.pool import transaction
from acuse_console.access import PUBLIC
from acuse_console.responses import can_be_away
from acuse_console.scope import Needed
from acuse_console.shapes import Healthy


@get("/health", opt=PUBLIC, responses=can_be_away(), operation_id="health", summary="Health")
async def health(means: Needed) -> Healthy:
    """Answer 200 when the database answers."""
    async with transaction(means.pool) as conn:
        await conn.execute("SELECT 1")
    return Healthy(status="ok", version=__version__)
