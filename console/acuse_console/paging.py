"""Cursors: where a page ended, as text that callers keep and hand back unread."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

import msgspec
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter

from acuse.errors import InvalidRequest
from acuse_console.access import Connection, Guard

T = TypeVar("T")
C = TypeVar("C")

Limit = Annotated[int, QueryParameter(ge=1, le=200, description="Items of one page.")]
Cursor = Annotated[
    str | None,
    QueryParameter(
        pattern=r"^[A-Za-z0-9_-]{1,1200}$", description="`next` of the page before; opaque."
    ),
]


# PostgreSQL's text holds no NUL, and a cursor may have been made up.
Word = Annotated[str, msgspec.Meta(pattern=r"^[^\x00]*$")]


def takes(*filters: str) -> Guard:
    """Return the guard that refuses a parameter that the list does not have, or that comes twice.

    A misspelt filter would otherwise show everything.
    """
    known = {*filters, "limit", "cursor"}

    def guard(connection: Connection, _: BaseRouteHandler) -> None:
        given = [name for name, _ in connection.query_params.multi_items()]
        if not known.issuperset(given) or len(set(given)) < len(given):
            raise InvalidRequest(f"this list takes {', '.join(sorted(known))}, each once")

    return guard


def write_cursor(place: object) -> str:
    """Return the cursor of a place: the sort key of a page's last item."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(place)).rstrip(b"=").decode()


def read_cursor(cursor: str | None, kind: type[C]) -> C | None:
    """Return the place that `write_cursor` wrote; raise InvalidRequest for anything else."""
    if cursor is None:
        return None
    try:
        data = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return msgspec.msgpack.decode(data, type=kind)
    except (binascii.Error, ValueError, msgspec.DecodeError) as exc:
        raise InvalidRequest("cursor: not one that this list gave") from exc


def page(
    found: Sequence[T], *, limit: int, place: Callable[[T], object]
) -> tuple[list[T], str | None]:
    """Return the page of a query that asked for one item more than `limit`, and what follows."""
    items = list(found[:limit])
    more = len(found) > limit
    return items, write_cursor(place(items[-1])) if more else None
