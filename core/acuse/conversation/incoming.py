"""What an event's payload says: its message or status, its sender, and news of who people are."""

from __future__ import annotations

from typing import TypeVar

from msgspec import Raw

from acuse.conversation.decoding import lenient
from acuse.conversation.senders import Person
from acuse.conversation.shapes import (
    Contact,
    Message,
    Payload,
    Profile,
    Status,
    System,
    UserIdUpdates,
)
from acuse.conversation.storable import storable
from acuse.errors import PayloadUnreadable
from acuse.meta.identity import stable

T = TypeVar("T")


def message_of(payload: bytes) -> Message:
    """Return the payload's message; raise PayloadUnreadable when it holds none."""
    return content(Message, _payload(payload).message)


def status_of(payload: bytes) -> Status:
    """Return the payload's status; raise PayloadUnreadable when it holds none."""
    return content(Status, _payload(payload).status)


def content(kind: type[T], raw: Raw) -> T:
    """Return a part of a message as `kind`; raise PayloadUnreadable when it is not that."""
    found = lenient(kind, raw)
    if found is None:
        raise PayloadUnreadable(f"the payload holds no {kind.__name__.lower()} that can be read")
    return found


def sender_of(payload: bytes) -> Person:
    """Return who sent the payload's message; raise PayloadUnreadable when it does not say."""
    message = message_of(payload)
    contact = lenient(Contact, _payload(payload).contact) or Contact()
    profile = lenient(Profile, contact.profile) or Profile()
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
    message = lenient(Message, parts.message)
    if message is not None:
        news = lenient(System, message.system)
        if news is None or news.type not in {"user_changed_number", "user_changed_user_id"}:
            return []
        before = Person(_id(news.previous_user_id or message.user_id), _id(message.phone))
        return [(before, Person(_id(news.user_id), _id(news.wa_id or news.new_wa_id)))]
    updates = lenient(UserIdUpdates, parts.value) or UserIdUpdates()
    return [
        (Person(_id(one.user_id.previous), None), Person(_id(one.user_id.current), _id(one.wa_id)))
        for one in updates.user_id_update
    ]


def _id(value: str | None) -> str | None:
    return stable(value) if value else None


def _payload(payload: bytes) -> Payload:
    found = lenient(Payload, Raw(payload))
    if found is None:
        raise PayloadUnreadable("the payload is not an object")
    return found
