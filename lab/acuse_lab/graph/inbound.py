"""Builders of what people send, in the shapes of Meta's `messages` webhook.

Each returns the type and content of one message; `stamped` adds who, when and its id.
"""

from __future__ import annotations

import base64
from typing import Any

from acuse_lab.graph import ids
from acuse_lab.graph.contract import Inbound, MediaInfo, Person
from acuse_lab.graph.errors import received_error

Message = dict[str, Any]


def text(body: str) -> Message:
    """Return a text message."""
    return {"type": "text", "text": {"body": body}}


def image(media: MediaInfo, *, caption: str | None = None) -> Message:
    """Return a photo, with a caption or without."""
    return {"type": "image", "image": _captioned(media, caption)}


def document(media: MediaInfo, *, caption: str | None = None) -> Message:
    """Return a document under its file name, with a caption or without."""
    content = _captioned(media, caption)
    return {"type": "document", "document": {"filename": media.filename or "archivo"} | content}


def video(media: MediaInfo, *, caption: str | None = None) -> Message:
    """Return a video, with a caption or without."""
    return {"type": "video", "video": _captioned(media, caption)}


def audio(media: MediaInfo, *, voice: bool = True) -> Message:
    """Return a voice note, or another audio file."""
    return {"type": "audio", "audio": _media(media) | {"voice": voice}}


def sticker(media: MediaInfo, *, animated: bool = False) -> Message:
    """Return a sticker."""
    return {"type": "sticker", "sticker": _media(media) | {"animated": animated}}


def location(
    latitude: float, longitude: float, *, name: str | None = None, address: str | None = None
) -> Message:
    """Return a place, in degrees."""
    place: dict[str, Any] = {"latitude": latitude, "longitude": longitude}
    return {"type": "location", "location": place | _given(name=name, address=address)}


def contacts(*cards: tuple[str, str]) -> Message:
    """Return contact cards: pairs of a name and a phone number."""
    return {
        "type": "contacts",
        "contacts": [
            {
                "name": {"first_name": name.split()[0], "formatted_name": name},
                "phones": [{"phone": phone, "type": "CELL"}],
            }
            for name, phone in cards
        ],
    }


def reaction(message_id: str, emoji: str | None) -> Message:
    """Return a reaction to a message; None takes it away."""
    return {"type": "reaction", "reaction": {"message_id": message_id} | _given(emoji=emoji)}


def button_reply(button_id: str, title: str, *, quoted: str, business: str) -> Message:
    """Return a tap on a button of the interactive message `quoted`."""
    reply = {"type": "button_reply", "button_reply": {"id": button_id, "title": title}}
    return quoting({"type": "interactive", "interactive": reply}, quoted, business=business)


def list_reply(row_id: str, title: str, *, quoted: str, business: str) -> Message:
    """Return a choice from the list of the interactive message `quoted`."""
    reply = {"type": "list_reply", "list_reply": {"id": row_id, "title": title}}
    return quoting({"type": "interactive", "interactive": reply}, quoted, business=business)


def button(payload: str, *, shown: str, quoted: str, business: str) -> Message:
    """Return a tap on a quick-reply button of the template message `quoted`."""
    content = {"payload": payload, "text": shown}
    return quoting({"type": "button", "button": content}, quoted, business=business)


def edit(original_id: str, message: Message) -> Message:
    """Return the edition of an earlier message."""
    return {"type": "edit", "edit": {"original_message_id": original_id, "message": message}}


def revoke(original_id: str) -> Message:
    """Return the deletion of an earlier message."""
    return {"type": "revoke", "revoke": {"original_message_id": original_id}}


def changed_number(old: str, new: str) -> Message:
    """Return the system message of a person who changed their number."""
    body = f"User changed from {old} to {new}"
    return {
        "type": "system",
        "system": {"body": body, "wa_id": new, "type": "user_changed_number"},
    }


def unsupported(*, code: int = 131051) -> Message:
    """Return a message that the Cloud API cannot carry; 131052 is a file it could not fetch."""
    return {"type": "unsupported", "errors": [received_error(code)]}


def quoting(message: Message, message_id: str, *, business: str | None = None) -> Message:
    """Return the message as an answer to another, which the business's number sent if given."""
    return {"context": _given(**{"from": business}) | {"id": message_id}} | message


def forwarded(message: Message, *, often: bool = False) -> Message:
    """Return the message as a forwarded one."""
    return {"context": {"frequently_forwarded" if often else "forwarded": True}} | message


def stamped(inbound: Inbound, *, at: float) -> Message:
    """Return the message with who sent it, its id (unless it has one) and its time."""
    person = inbound.person
    party = person.wa_id or person.user_id or "unknown"
    head = _given(
        **{
            "from": person.wa_id,
            "from_user_id": person.user_id,
            "from_parent_user_id": person.parent_user_id,
        }
    )
    head |= {"id": ids.message_id(party, inbound=True), "timestamp": str(int(at))}
    return head | inbound.message


def contact_of(person: Person) -> Message:
    """Return a person as the `contacts[]` item of a webhook."""
    profile = {"name": person.name} | _given(username=person.username)
    known = _given(wa_id=person.wa_id, user_id=person.user_id, parent_user_id=person.parent_user_id)
    return {"profile": profile} | known


def _media(media: MediaInfo) -> dict[str, Any]:
    digest = base64.b64encode(bytes.fromhex(media.sha256)).decode()
    return {"mime_type": media.mime_type, "sha256": digest, "id": media.id}


def _captioned(media: MediaInfo, caption: str | None) -> dict[str, Any]:
    return _given(caption=caption) | _media(media)


def _given(**parts: str | None) -> dict[str, Any]:
    return {name: part for name, part in parts.items() if part is not None}
