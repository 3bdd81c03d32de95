"""What an event's payload says, as far as Acuse acts on it.

Only what an event cannot do without may fail it: a context or a profile of another shape is as good
as none.
"""

from __future__ import annotations

import json
from typing import Final, TypeVar, cast

import msgspec
from msgspec import Raw, Struct

from acuse.conversation.senders import Person
from acuse.conversation.storable import storable
from acuse.errors import PayloadUnreadable
from acuse.meta.identity import stable

T = TypeVar("T")

_TOO_LARGE: Final = 131052


class Profile(Struct, frozen=True):
    """How a person calls themselves."""

    name: str | None = None
    username: str | None = None


class Contact(Struct, frozen=True):
    """Who someone is, as Meta's contacts say."""

    wa_id: str | None = None
    user_id: str | None = None
    profile: Raw = Raw(b"null")


class Context(Struct, frozen=True):
    """The message that a message answers."""

    id: str | None = None


class Text(Struct, frozen=True):
    """A text message's content."""

    body: str = ""


class Attachment(Struct, frozen=True):
    """An image's or document's content."""

    id: str | None = None
    mime_type: str | None = None
    sha256: str | None = None
    caption: str | None = None
    filename: str | None = None


class Failure(Struct, frozen=True):
    """An error that Meta reports in place of a content."""

    code: int = 0


class Edited(Struct, frozen=True):
    """What a message says after its edit."""

    type: str | None = None
    text: Text | None = None
    image: Attachment | None = None
    document: Attachment | None = None

    @property
    def attachment(self) -> Attachment | None:
        """Return the media that it has now."""
        return self.image or self.document

    @property
    def body(self) -> str | None:
        """Return its words: a text's body, or a caption."""
        if self.text is not None:
            return storable(self.text.body)
        return None if self.attachment is None else storable(self.attachment.caption)


class Edit(Struct, frozen=True):
    """A message of the sender's, written anew."""

    original_message_id: str
    message: Edited = Edited()


class Revoke(Struct, frozen=True):
    """A message of the sender's, taken back."""

    original_message_id: str


class System(Struct, frozen=True):
    """Meta's own news about a person: a new number, a new business-scoped id."""

    type: str | None = None
    wa_id: str | None = None
    new_wa_id: str | None = None
    user_id: str | None = None
    previous_user_id: str | None = None


class Message(Struct, frozen=True, rename={"phone": "from", "user_id": "from_user_id"}):
    """A message; its content is decoded by kind, on demand."""

    phone: str | None = None
    user_id: str | None = None
    context: Raw = Raw(b"null")
    errors: Raw = Raw(b"null")
    text: Raw = Raw(b"null")
    image: Raw = Raw(b"null")
    document: Raw = Raw(b"null")
    edit: Raw = Raw(b"null")
    revoke: Raw = Raw(b"null")
    system: Raw = Raw(b"null")

    @property
    def context_id(self) -> str | None:
        """Return the id of the message that this one answers."""
        context = _lenient(Context, self.context)
        return stable(context.id) if context and context.id else None

    @property
    def was_too_large(self) -> bool:
        """Say whether Meta itself found the media too large to pass on."""
        failures = _lenient(list[Failure], self.errors) or []
        return any(failure.code == _TOO_LARGE for failure in failures)


class Status(Struct, frozen=True):
    """What became of a message sent by us."""

    id: str
    status: str
    recipient_id: str | None = None
    recipient_user_id: str | None = None
    recipient_participant_id: str | None = None
    recipient_participant_user_id: str | None = None
    biz_opaque_callback_data: str | None = None
    errors: Raw = Raw(b"null")
    pricing: Raw = Raw(b"null")

    @property
    def recipient(self) -> str:
        """Return whose status it is, as the event's id counts it."""
        return stable(
            self.recipient_participant_id
            or self.recipient_participant_user_id
            or self.recipient_id
            or self.recipient_user_id
            or "-"
        )

    @property
    def error_code(self) -> int | None:
        """Return Meta's code of the first error, if it failed."""
        failures = _lenient(list[Failure], self.errors)
        return failures[0].code if failures else None


class _Payload(Struct, frozen=True):
    contact: Raw = Raw(b"null")
    message: Raw = Raw(b"null")
    status: Raw = Raw(b"null")
    value: Raw = Raw(b"null")


class _UserIds(Struct, frozen=True):
    previous: str | None = None
    current: str | None = None


class _UserIdUpdate(Struct, frozen=True):
    wa_id: str | None = None
    user_id: _UserIds = _UserIds()


class _UserIdUpdates(Struct, frozen=True):
    user_id_update: list[_UserIdUpdate] = []


def message_of(payload: bytes) -> Message:
    """Return the payload's message; raise PayloadUnreadable when it holds none."""
    return content(Message, _payload(payload).message)


def status_of(payload: bytes) -> Status:
    """Return the payload's status; raise PayloadUnreadable when it holds none."""
    return content(Status, _payload(payload).status)


def content(kind: type[T], raw: Raw) -> T:
    """Return a part of a message as `kind`; raise PayloadUnreadable when it is not that."""
    found = _lenient(kind, raw)
    if found is None:
        raise PayloadUnreadable(f"the payload holds no {kind.__name__.lower()} that can be read")
    return found


def sender_of(payload: bytes) -> Person:
    """Return who sent the payload's message; raise PayloadUnreadable when it does not say."""
    message = message_of(payload)
    contact = _lenient(Contact, _payload(payload).contact) or Contact()
    profile = _lenient(Profile, contact.profile) or Profile()
    user_id = message.user_id or contact.user_id
    wa_id = contact.wa_id or message.phone
    if not user_id and not wa_id:
        raise PayloadUnreadable("the message names no sender")
    return Person(
        user_id=stable(user_id) if user_id else None,
        wa_id=stable(wa_id) if wa_id else None,
        name=storable(profile.name, longest=512),
        username=storable(profile.username, longest=512),
    )


def identities_of(payload: bytes) -> list[tuple[Person, Person]]:
    """Return each (who it was, who it is now) of a system message or a `user_id_update`."""
    parts = _payload(payload)
    message = _lenient(Message, parts.message)
    if message is not None:
        news = _lenient(System, message.system)
        if news is None or news.type not in {"user_changed_number", "user_changed_user_id"}:
            return []
        before = Person(_id(news.previous_user_id or message.user_id), _id(message.phone))
        return [(before, Person(_id(news.user_id), _id(news.wa_id or news.new_wa_id)))]
    updates = _lenient(_UserIdUpdates, parts.value) or _UserIdUpdates()
    return [
        (Person(_id(one.user_id.previous), None), Person(_id(one.user_id.current), _id(one.wa_id)))
        for one in updates.user_id_update
    ]


def _id(value: str | None) -> str | None:
    return stable(value) if value else None


def _payload(payload: bytes) -> _Payload:
    found = _lenient(_Payload, Raw(payload))
    if found is None:
        raise PayloadUnreadable("the payload is not an object")
    return found


def _lenient(kind: type[T], raw: Raw) -> T | None:
    """Return `raw` as `kind`, half surrogate pairs replaced; None when it has another shape."""
    if raw == b"null":
        return None
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError:
        return None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _repaired(kind, bytes(raw))


def _repaired(kind: type[T], raw: bytes) -> T | None:
    try:
        return msgspec.json.decode(msgspec.json.encode(_cleaned(json.loads(raw))), type=kind)
    except (msgspec.ValidationError, ValueError, RecursionError):
        return None


def _cleaned(data: object) -> object:
    if isinstance(data, str):
        return storable(data, longest=len(data)) or ""
    if isinstance(data, list):
        return [_cleaned(one) for one in cast("list[object]", data)]
    if isinstance(data, dict):
        return {k: _cleaned(v) for k, v in cast("dict[str, object]", data).items()}
    return data
