"""What callers send, and how strictly it is read."""

from __future__ import annotations

from typing import Annotated, Final, TypeVar
from uuid import UUID

import msgspec
from litestar.connection import Request
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from msgspec import Meta, Struct

from acuse.errors import BodyTooLarge, ContentTypeUnsupported, InvalidRequest
from acuse.ledger.csv_file import MAX_BYTES
from acuse.ledger.rows import MAX_ROWS, RawRow
from acuse.tenants.tenant import Locale
from acuse.tokens import Bearer

T = TypeVar("T")
ApiRequest = Request[None, Bearer, State]

LARGEST: Final = MAX_BYTES
_TOO_LARGE: Final = 413

# No control characters but tab and line break: PostgreSQL and WhatsApp take none.
_TEXT: Final = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"
Key = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._:\-]{1,128}$(?!\n)")]
Text = Annotated[str, Meta(min_length=1, max_length=4096, pattern=_TEXT)]
Parameter = Annotated[str, Meta(min_length=1, max_length=900, pattern=_TEXT)]
Name = Annotated[str, Meta(min_length=1, max_length=240, pattern=_TEXT)]


class Line(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A line of the ledger; each value as it would stand in a CSV file."""

    date: str
    amount: str
    description: str
    currency: str | None = None
    external_id: str | None = None
    counterparty: str | None = None
    tax_id: str | None = None
    reference: str | None = None

    def raw(self, line: int) -> RawRow:
        """Return the line as the ledger's own rules read it."""
        return RawRow(line, {k: v for k, v in msgspec.structs.asdict(self).items() if v})


class Ledger(Struct, frozen=True, forbid_unknown_fields=True):
    """Lines to import, all or none."""

    transactions: Annotated[list[Line], Meta(max_length=MAX_ROWS)]


class Template(Struct, frozen=True, forbid_unknown_fields=True):
    """A template that Meta approved, the values of its body, and its language."""

    name: Annotated[str, Meta(pattern=r"^[a-z0-9_]{1,512}$(?!\n)")]
    parameters: Annotated[list[Parameter], Meta(max_length=20)] = []
    locale: Locale | None = None


class Document(Struct, frozen=True, forbid_unknown_fields=True):
    """A file that was uploaded to Meta, under its id there."""

    media_id: Annotated[str, Meta(pattern=r"^[0-9]{1,64}$(?!\n)")]
    filename: Name
    caption: Annotated[str, Meta(min_length=1, max_length=1024, pattern=_TEXT)] | None = None


class _Reply(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind"):
    sender_id: UUID
    # The same key with the same reply queues it once.
    idempotency_key: Key


class TextReply(_Reply, frozen=True, kw_only=True, tag="text"):
    """Words, for a sender who wrote within the last day."""

    text: Text


class TemplateReply(_Reply, frozen=True, kw_only=True, tag="template"):
    """A template, for any sender."""

    template: Template


class DocumentReply(_Reply, frozen=True, kw_only=True, tag="document"):
    """A file, for a sender who wrote within the last day."""

    document: Document


ReplyBody = TextReply | TemplateReply | DocumentReply


def content_type(request: ApiRequest) -> str:
    """Return the body's media type without parameters, in lower case."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_body(request: ApiRequest) -> bytes:
    """Return the whole body; raise BodyTooLarge over the limit."""
    try:
        return await request.body()
    except HTTPException as exc:
        if exc.status_code == _TOO_LARGE:
            raise BodyTooLarge(f"the body is larger than {LARGEST} bytes") from exc
        raise


def read_json(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Return the body's value; raise InvalidRequest, naming no value, when its shape is another."""
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise InvalidRequest("the body does not have the documented shape") from exc


def refuse_other_types(request: ApiRequest, *taken: str) -> str:
    """Return the body's media type; raise ContentTypeUnsupported unless it is one of `taken`."""
    found = content_type(request)
    if found not in taken:
        raise ContentTypeUnsupported(f"the body must be {' or '.join(taken)}")
    return found
