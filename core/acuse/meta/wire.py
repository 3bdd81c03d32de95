"""The shapes of Meta's JSON that Acuse looks at; all else stays bytes, exactly as it came."""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec
from msgspec import Raw

T = TypeVar("T")

# What msgspec raises on wrong shapes, lone surrogates and nesting past the interpreter's limit.
DECODE_ERRORS: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Metadata(msgspec.Struct):
    """Which of the business's numbers a change is about."""

    phone_number_id: str | None = None


class Contact(msgspec.Struct):
    """Who someone is: phone, business-scoped user id, or both."""

    wa_id: str | None = None
    user_id: str | None = None


class Change(msgspec.Struct, forbid_unknown_fields=True):
    """A change as Meta usually writes it: a field's name and its value."""

    field: Raw
    value: Raw


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    """An entry as Meta usually writes it."""

    changes: list[Change]
    id: Raw = Raw(b"null")
    time: Raw = Raw(b"")


class Envelope(msgspec.Struct, forbid_unknown_fields=True):
    """A body as Meta usually writes it; one with anything more is taken apart step by step."""

    object: str
    entry: list[Entry]


class Value(msgspec.Struct, forbid_unknown_fields=True):
    """The value of `messages` as Meta usually writes it."""

    metadata: Raw
    messaging_product: Raw = Raw(b"")
    contacts: list[Raw] = []
    messages: list[Raw] = []
    statuses: list[Raw] = []
    errors: list[Raw] = []


class Message(msgspec.Struct, rename={"sender_phone": "from", "sender_user_id": "from_user_id"}):
    """What identifies a message; its content is left alone."""

    id: str | None = None
    type: str | None = None
    sender_phone: str | None = None
    sender_user_id: str | None = None
    # Raw: a timestamp that makes no sense must not cost the message.
    timestamp: Raw = Raw(b"")
    # The content stands under the name of the message's type (acuse.meta.kinds.MESSAGE_TYPES).
    audio: Raw = Raw(b"")
    button: Raw = Raw(b"")
    contacts: Raw = Raw(b"")
    document: Raw = Raw(b"")
    edit: Raw = Raw(b"")
    image: Raw = Raw(b"")
    interactive: Raw = Raw(b"")
    location: Raw = Raw(b"")
    order: Raw = Raw(b"")
    reaction: Raw = Raw(b"")
    revoke: Raw = Raw(b"")
    sticker: Raw = Raw(b"")
    system: Raw = Raw(b"")
    text: Raw = Raw(b"")
    video: Raw = Raw(b"")

    @property
    def content(self) -> bytes:
        """Return what stands under the name of the message's type; empty when nothing does."""
        return bytes(getattr(self, self.type or "", b""))


class Status(msgspec.Struct):
    """What identifies a status of a message that was sent."""

    id: str | None = None
    status: str | None = None
    recipient_id: str | None = None
    recipient_user_id: str | None = None
    recipient_participant_id: str | None = None
    recipient_participant_user_id: str | None = None
    timestamp: Raw = Raw(b"")

    @property
    def recipient(self) -> str:
        """Return whose status it is: a group's participant, a phone, or a user id; else ""."""
        return (
            self.recipient_participant_id
            or self.recipient_participant_user_id
            or self.recipient_id
            or self.recipient_user_id
            or ""
        )


JSON: Final = msgspec.json.Decoder(Raw)
_OBJECT: Final = msgspec.json.Decoder(dict[str, Raw])
_ARRAY: Final = msgspec.json.Decoder(list[Raw])
_TEXT: Final = msgspec.json.Decoder(str)
ENVELOPE: Final = msgspec.json.Decoder(Envelope)
VALUE: Final = msgspec.json.Decoder(Value)
METADATA: Final = msgspec.json.Decoder(Metadata)
CONTACT: Final = msgspec.json.Decoder(Contact)
MESSAGE: Final = msgspec.json.Decoder(Message)
STATUS: Final = msgspec.json.Decoder(Status)


def decoded(decoder: msgspec.json.Decoder[T], raw: Raw | bytes | None) -> T | None:
    """Return `raw` as the decoder's type; None when it is absent or has another shape."""
    if raw is None:
        return None
    try:
        return decoder.decode(raw)
    except DECODE_ERRORS:
        return None


def members(raw: Raw | bytes | None) -> dict[str, Raw] | None:
    """Return an object's members; None when it is not an object."""
    return decoded(_OBJECT, raw)


def elements(raw: Raw | bytes | None) -> list[Raw] | None:
    """Return an array's elements; None when it is not an array."""
    return decoded(_ARRAY, raw)


def text(raw: Raw | bytes | None) -> str | None:
    """Return a string; None when it is not one, or holds half a surrogate pair."""
    return decoded(_TEXT, raw)
