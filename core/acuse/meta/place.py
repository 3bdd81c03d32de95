"""Where in a webhook body an update stands, and what that says about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec import Raw

from acuse.meta import wire
from acuse.meta.identity import canonical, hashed, usable
from acuse.meta.update import Update


@dataclass(slots=True)
class Place:
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
        """Return what is kept of an update: its own bytes, and those that say where it stood."""
        parts = [b'{"field":', self.field_text, b',"entry_id":', self.entry_id]
        if self.metadata:
            parts += (b',"metadata":', self.metadata)
        if contact:
            parts += (b',"contact":', contact)
        parts += (b',"', key, b'":', content, b"}")
        return b"".join(parts)

    def about(self, metadata: Raw) -> None:
        """Note which of the business's numbers the change is about."""
        self.metadata = bytes(metadata)
        said = wire.decoded(wire.METADATA, metadata)
        self.phone_number_id = usable(said.phone_number_id) if said else None

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


def contacts_of(raws: Sequence[Raw]) -> tuple[tuple[wire.Contact, bytes], ...]:
    """Return the people of a value, each with its bytes; what is no contact is left out."""
    found = [(wire.decoded(wire.CONTACT, raw), bytes(raw)) for raw in raws]
    return tuple((contact, raw) for contact, raw in found if contact is not None)


def contact_of(
    user_id: str | None, phone: str | None, place: Place
) -> tuple[wire.Contact | None, bytes]:
    """Return the contact that is this person, with its bytes; (None, b"") when there is none."""
    for contact, raw in place.contacts:
        if (user_id and contact.user_id == user_id) or (phone and contact.wa_id == phone):
            return contact, raw
    if not user_id and not phone and len(place.contacts) == 1:
        return place.contacts[0]
    return None, b""
