"""Take a webhook body apart: every entry, change, message, status and error becomes one update.

Nothing is lost and nothing raises: what Acuse does not know, or what has the wrong shape, is an
update of kind `unknown` that carries the bytes and says why.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Raw

from acuse.errors import TooManyUpdates
from acuse.meta import kinds, wire
from acuse.meta.identity import canonical, hashed, moment, stable, usable
from acuse.meta.surrogates import mask
from acuse.meta.update import Update

MAX_UPDATES: Final = 1000

_OBJECT: Final = "whatsapp_business_account"
_CONTAINERS: Final = frozenset({b"{", b"["})
_VALUE_PARTS: Final = frozenset(
    {"messaging_product", "metadata", "contacts", "messages", "statuses", "errors"}
)


def updates(body: bytes, *, received_at: datetime) -> list[Update]:
    """Return every update of a body, in its order; raise TooManyUpdates when over 1,000.

    `received_at` stands in for times that are missing or make no sense.
    """
    walk = _Walk(received_at)
    walk.body(body)
    return walk.found


@dataclass(slots=True)
class _Place:
    """Where in the body an update stands: what its entry and its change say."""

    sent_at: datetime
    entry_id: bytes = b"null"
    waba_id: str | None = None
    # The entry's time: the same words said twice, at two times, are two updates.
    time: bytes = b""
    field_text: bytes = b"null"
    field: str = ""
    metadata: bytes = b""
    phone_number_id: str | None = None
    contacts: tuple[tuple[wire.Contact, bytes], ...] = ()

    def payload(self, key: bytes, content: Raw | bytes, *, contact: bytes = b"") -> bytes:
        parts = [b'{"field":', self.field_text, b',"entry_id":', self.entry_id]
        if self.metadata:
            parts += (b',"metadata":', self.metadata)
        if contact:
            parts += (b',"contact":', contact)
        parts += (b',"', key, b'":', content, b"}")
        return b"".join(parts)

    def update(
        self, kind: str, ordinal: int, *, payload: bytes, reason: str | None = None
    ) -> Update:
        """Return an update that has no id and no sender of its own."""
        return Update(
            event_id=hashed(self.time, canonical(payload)),
            kind=kind,
            field=self.field,
            waba_id=self.waba_id,
            phone_number_id=self.phone_number_id,
            lane=f"account:{self.waba_id or ''}:{self.field}",
            sender=None,
            occurred_at=self.sent_at,
            ordinal=ordinal,
            payload=payload,
            reason=reason,
        )


class _Walk:
    """One pass over one body."""

    def __init__(self, received_at: datetime) -> None:
        self.received_at = received_at
        self.found: list[Update] = []

    def body(self, body: bytes) -> None:
        reason = _unreadable(body)
        if reason == "malformed_json":
            masked = mask(body)
            if masked is not None and _unreadable(masked.body) is None:
                self.body(masked.body)
                self.found = [
                    replace(update, payload=masked.restored(update.payload))
                    for update in self.found
                ]
                return
        if reason is not None:
            self._raw(body, reason)
            return
        place = _Place(self.received_at)
        top = wire.members(body)
        if top is None:
            self._unknown(place, "not_an_object", body)
            return
        entries = wire.elements(top.pop("entry", None))
        if entries is None or wire.text(top.pop("object", None)) != _OBJECT:
            self._unknown(place, "not_whatsapp", body)
            return
        for raw in entries:
            self._entry(raw)
        self._rest(place, top)
        if not self.found:
            self._unknown(place, "empty", body)

    def _entry(self, raw: Raw) -> None:
        entry = wire.members(raw)
        place = _Place(self.received_at)
        changes = None
        if entry is not None:
            place.entry_id = bytes(entry.pop("id", b"null"))
            place.waba_id = usable(wire.text(place.entry_id))
            place.time = bytes(entry.pop("time", b""))
            place.sent_at = moment(place.time, received_at=self.received_at)
            changes = wire.elements(entry.pop("changes", None))
        if entry is None or changes is None:
            self._unknown(place, "no_changes", raw)
            return
        for change in changes:
            self._change(change, place)
        self._rest(place, entry)

    def _change(self, raw: Raw, entry: _Place) -> None:
        place = _Place(entry.sent_at, entry.entry_id, entry.waba_id, entry.time)
        change = wire.members(raw)
        if change is None or "field" not in change or "value" not in change:
            self._unknown(place, "no_value", raw)
            return
        value = change.pop("value")
        place.field_text = bytes(change.pop("field"))
        name = usable(wire.text(place.field_text)) or ""
        parts = wire.members(value)
        if parts is not None and "metadata" in parts:
            place.metadata = bytes(parts["metadata"])
            metadata = wire.decoded(wire.METADATA, place.metadata)
            place.phone_number_id = usable(metadata.phone_number_id) if metadata else None
        if name == "messages":
            place.field = name
            self._messages(parts, value, place)
        elif name in kinds.ACCOUNT_FIELDS:
            place.field = name
            self._account(kinds.account_kind(name), place, value)
        else:
            self._unknown(place, "unknown_field", value)
        self._rest(place, change)

    def _messages(self, parts: dict[str, Raw] | None, value: Raw, place: _Place) -> None:
        if parts is None:
            self._unknown(place, "wrong_type", value)
            return
        before = len(self.found)
        place.contacts = _contacts(parts.get("contacts"))
        for key, one in (
            ("messages", self._message),
            ("statuses", self._status),
            ("errors", self._error),
        ):
            if key not in parts:
                continue
            items = wire.elements(parts[key])
            if items is None:
                self._unknown(place, "wrong_type", msgspec.json.encode({key: parts[key]}))
            for item in items or ():
                one(item, place)
        self._rest(place, {k: raw for k, raw in parts.items() if k not in _VALUE_PARTS})
        if len(self.found) == before:
            self._unknown(place, "empty", value)

    def _rest(self, place: _Place, parts: dict[str, Raw]) -> None:
        """Keep what stands beside the known parts; a bare number or text can be no update."""
        kept = {key: raw for key, raw in parts.items() if bytes(raw)[:1] in _CONTAINERS}
        if kept:
            self._unknown(place, "unknown_part", msgspec.json.encode(kept))

    def _message(self, raw: Raw, place: _Place) -> None:
        message = wire.decoded(wire.MESSAGE, raw)
        if message is None:
            self._unknown(place, "wrong_type", raw, key=b"message")
            return
        contact, about = _contact_of(message.sender_user_id, message.sender_phone, place)
        named = message.sender_user_id or (contact and contact.user_id) or message.sender_phone
        sender = stable(named) if named else None
        reason = _message_fault(message, raw)
        payload = place.payload(b"message", raw, contact=about)
        self._add(
            Update(
                event_id=stable(message.id)
                if message.id
                else hashed(place.time, canonical(payload)),
                kind=kinds.UNKNOWN if reason else kinds.message_kind(message.type or ""),
                field=place.field,
                waba_id=place.waba_id,
                phone_number_id=place.phone_number_id,
                lane=f"sender:{sender}" if sender else f"number:{place.phone_number_id or ''}",
                sender=sender,
                occurred_at=moment(bytes(message.timestamp), received_at=self.received_at),
                ordinal=len(self.found),
                payload=payload,
                reason=reason,
            )
        )

    def _status(self, raw: Raw, place: _Place) -> None:
        status = wire.decoded(wire.STATUS, raw)
        if status is None or not status.id:
            reason = "wrong_type" if status is None else "missing_id"
            self._unknown(place, reason, raw, key=b"status")
            return
        known = status.status in kinds.STATUSES
        user = status.recipient_participant_user_id or status.recipient_user_id
        phone = status.recipient_participant_id or status.recipient_id
        _, about = _contact_of(user, phone, place)
        self._add(
            Update(
                event_id=stable(f"{status.id}:{status.status or ''}:{status.recipient}"),
                kind=kinds.STATUS if known else kinds.UNKNOWN,
                field=place.field,
                waba_id=place.waba_id,
                phone_number_id=place.phone_number_id,
                lane=f"status:{stable(status.id)}",
                sender=None,
                occurred_at=moment(bytes(status.timestamp), received_at=self.received_at),
                ordinal=len(self.found),
                payload=place.payload(b"status", raw, contact=about),
                reason=None if known else "unknown_status",
            )
        )

    def _error(self, raw: Raw, place: _Place) -> None:
        self._account(kinds.ERRORS, place, raw)

    def _account(self, kind: str, place: _Place, content: Raw) -> None:
        self._add(place.update(kind, len(self.found), payload=place.payload(b"value", content)))

    def _unknown(
        self, place: _Place, reason: str, content: Raw | bytes, *, key: bytes = b"value"
    ) -> None:
        payload = place.payload(key, content)
        self._add(place.update(kinds.UNKNOWN, len(self.found), payload=payload, reason=reason))

    def _raw(self, body: bytes, reason: str) -> None:
        place = _Place(self.received_at)
        payload = b'{"raw_base64":"%b"}' % base64.b64encode(body)
        self._add(place.update(kinds.UNKNOWN, len(self.found), payload=payload, reason=reason))

    def _add(self, update: Update) -> None:
        if len(self.found) >= MAX_UPDATES:
            raise TooManyUpdates(f"a body may hold {MAX_UPDATES} updates")
        self.found.append(update)


def _unreadable(body: bytes) -> str | None:
    """Return why the body as a whole cannot be taken apart; None when it is JSON."""
    try:
        if not body.isascii():
            body.decode()
        wire.JSON.decode(body)
    except RecursionError:
        return "too_deep"
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "malformed_json"
    return None


def _contacts(raw: Raw | None) -> tuple[tuple[wire.Contact, bytes], ...]:
    found = ((wire.decoded(wire.CONTACT, one), one) for one in wire.elements(raw) or ())
    return tuple((contact, bytes(one)) for contact, one in found if contact is not None)


def _contact_of(
    user_id: str | None, phone: str | None, place: _Place
) -> tuple[wire.Contact | None, bytes]:
    """Return the contact that is this person, with its bytes; (None, b"") when there is none."""
    for contact, raw in place.contacts:
        if (user_id and contact.user_id == user_id) or (phone and contact.wa_id == phone):
            return contact, raw
    if not user_id and not phone and len(place.contacts) == 1:
        return place.contacts[0]
    return None, b""


def _message_fault(message: wire.Message, raw: Raw) -> str | None:
    """Return why a message is of no known kind; None when it is of one."""
    if not message.id:
        return "missing_id"
    if message.type not in kinds.MESSAGE_TYPES:
        return "unknown_type" if message.type else "missing_type"
    if message.type in kinds.CONTENTLESS:
        return None
    content = (wire.members(raw) or {}).get(message.type, b"")
    return None if bytes(content)[:1] in _CONTAINERS else "missing_content"
