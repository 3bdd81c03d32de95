"""Take a webhook body apart: every entry, change, message, status and error becomes one update.

Nothing is lost and nothing raises: what Acuse does not know, or what has the wrong shape, is an
update of kind `unknown` that carries the bytes and says why.
"""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Raw

from acuse.errors import TooManyUpdates
from acuse.meta import kinds, wire
from acuse.meta.identity import canonical, hashed, mark, moment, stable, usable
from acuse.meta.place import Place, contact_of, contacts_of
from acuse.meta.surrogates import mask
from acuse.meta.update import Update

MAX_UPDATES: Final = 1000

_OBJECT: Final = "whatsapp_business_account"
_MESSAGES: Final = b'"messages"'
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


class _Walk:
    """One pass over one body."""

    def __init__(self, received_at: datetime) -> None:
        self.received_at = received_at
        self.found: list[Update] = []

    def body(self, body: bytes) -> None:
        # Nearly every body is of one shape, which one typed decoding takes apart.
        usual = wire.decoded(wire.ENVELOPE, body) if body.isascii() else None
        if usual is None or usual.object != _OBJECT:
            self._unusual(body)
            return
        for entry in usual.entry:
            place = self._place(entry.id, entry.time)
            for change in entry.changes:
                self._content(change.field, change.value, place)
        if not self.found:
            self._unknown(Place(self.received_at), "empty", body)

    def _unusual(self, body: bytes) -> None:
        reason = _unreadable(body)
        if reason == "malformed_json":
            masked = mask(body)
            if masked is not None and _unreadable(masked.body) is None:
                self._unusual(masked.body)
                self.found = [
                    msgspec.structs.replace(update, payload=masked.restored(update.payload))
                    for update in self.found
                ]
                return
        if reason is not None:
            self._raw(body, reason)
            return
        place = Place(self.received_at)
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
        place = Place(self.received_at)
        changes = None
        if entry is not None:
            place = self._place(entry.pop("id", b"null"), entry.pop("time", b""))
            changes = wire.elements(entry.pop("changes", None))
        if entry is None or changes is None:
            self._unknown(place, "no_changes", raw)
            return
        for change in changes:
            self._change(change, place)
        self._rest(place, entry)

    def _place(self, entry_id: Raw | bytes, time: Raw | bytes) -> Place:
        place = Place(self.received_at, bytes(entry_id), time=bytes(time))
        place.waba_id = usable(wire.text(place.entry_id))
        if place.time:
            place.sent_at = moment(place.time, received_at=self.received_at)
        return place

    def _change(self, raw: Raw, entry: Place) -> None:
        change = wire.members(raw)
        if change is None or "field" not in change or "value" not in change:
            place = Place(entry.sent_at, entry.entry_id, entry.waba_id, entry.time)
            self._unknown(place, "no_value", raw)
            return
        place = self._content(change.pop("field"), change.pop("value"), entry)
        self._rest(place, change)

    def _content(self, field: Raw, value: Raw, entry: Place) -> Place:
        """Take a change's value apart; return its place, for what may stand beside it."""
        place = Place(entry.sent_at, entry.entry_id, entry.waba_id, entry.time, bytes(field))
        usual = wire.decoded(wire.VALUE, value) if place.field_text == _MESSAGES else None
        if usual is not None:
            self._usual_messages(usual, value, place)
            return place
        name = usable(wire.text(place.field_text)) or ""
        parts = wire.members(value)
        if parts is not None and "metadata" in parts:
            place.about(parts["metadata"])
        if name == "messages":
            place.field = name
            self._messages(parts, value, place)
        elif name in kinds.ACCOUNT_FIELDS:
            place.field = name
            self._account(kinds.account_kind(name), place, value)
        else:
            self._unknown(place, "unknown_field", value)
        return place

    def _usual_messages(self, usual: wire.Value, value: Raw, place: Place) -> None:
        before = len(self.found)
        place.field = "messages"
        place.about(usual.metadata)
        place.contacts = contacts_of(usual.contacts)
        for raw in usual.messages:
            self._message(raw, place)
        for raw in usual.statuses:
            self._status(raw, place)
        for raw in usual.errors:
            self._error(raw, place)
        if len(self.found) == before:
            self._unknown(place, "empty", value)

    def _messages(self, parts: dict[str, Raw] | None, value: Raw, place: Place) -> None:
        if parts is None:
            self._unknown(place, "wrong_type", value)
            return
        before = len(self.found)
        place.contacts = contacts_of(wire.elements(parts.get("contacts")) or ())
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

    def _rest(self, place: Place, parts: dict[str, Raw]) -> None:
        """Keep what stands beside the known parts; a bare number or text can be no update."""
        kept = {key: raw for key, raw in parts.items() if bytes(raw)[:1] in _CONTAINERS}
        if kept:
            self._unknown(place, "unknown_part", msgspec.json.encode(kept))

    def _message(self, raw: Raw, place: Place) -> None:
        message = wire.decoded(wire.MESSAGE, raw)
        if message is None:
            self._unknown(place, "wrong_type", raw, key=b"message")
            return
        contact, about = contact_of(message.sender_user_id, message.sender_phone, place)
        named = message.sender_user_id or (contact and contact.user_id) or message.sender_phone
        sender = stable(named) if named else None
        reason = _message_fault(message)
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

    def _status(self, raw: Raw, place: Place) -> None:
        status = wire.decoded(wire.STATUS, raw)
        if status is None or not status.id:
            reason = "wrong_type" if status is None else "missing_id"
            self._unknown(place, reason, raw, key=b"status")
            return
        known = status.status in kinds.STATUSES
        user = status.recipient_participant_user_id or status.recipient_user_id
        phone = status.recipient_participant_id or status.recipient_id
        _, about = contact_of(user, phone, place)
        self._add(
            Update(
                event_id=stable(f"{status.id}:{status.status or ''}:{mark(status.recipient)}"),
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

    def _error(self, raw: Raw, place: Place) -> None:
        self._account(kinds.ERRORS, place, raw)

    def _account(self, kind: str, place: Place, content: Raw) -> None:
        self._add(place.update(kind, len(self.found), payload=place.payload(b"value", content)))

    def _unknown(
        self, place: Place, reason: str, content: Raw | bytes, *, key: bytes = b"value"
    ) -> None:
        payload = place.payload(key, content)
        self._add(place.update(kinds.UNKNOWN, len(self.found), payload=payload, reason=reason))

    def _raw(self, body: bytes, reason: str) -> None:
        place = Place(self.received_at)
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


def _message_fault(message: wire.Message) -> str | None:
    """Return why a message is of no known kind; None when it is of one."""
    if not message.id:
        return "missing_id"
    if message.type not in kinds.MESSAGE_TYPES:
        return "unknown_type" if message.type else "missing_type"
    if message.type in kinds.CONTENTLESS:
        return None
    return None if message.content[:1] in _CONTAINERS else "missing_content"
