"""A tenant as programs use it: compiled from its manifest and the secrets the manifest names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, Protocol
from uuid import UUID, uuid5

from acuse.reading.decision import THRESHOLDS, Thresholds

# Any fixed namespace will do; this one makes a tenant's id the same in every region.
_NAMESPACE: Final = UUID("6f8a4c7e-5d0b-5b1e-9a55-0d7c1f0e2a11")

# The tenant_id of an event that belongs to no tenant we know.
NO_TENANT: Final = UUID(int=0)

Locale = Literal["es-AR", "en"]
WorkerMode = Literal["Shared", "Dedicated"]
# Which engine finds the letters in photos and scans; Auto: PP-OCR where it is installed.
OcrPolicy = Literal["Auto", "Tesseract", "PPOCR"]


def tenant_id(key: str) -> UUID:
    """Return the id of the tenant with this key: RFC 9562 version 5, equal in every region."""
    return uuid5(_NAMESPACE, key)


@dataclass(frozen=True, slots=True)
class Number:
    """One WhatsApp number of a tenant, with what it takes to receive and to send."""

    phone_number_id: str
    waba_id: str
    graph_version: str
    verify_token: str = field(repr=False)
    access_token: str = field(repr=False)
    # Current and previous secret of the Meta app that signs this number's webhooks.
    app_secrets: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tenant:
    """One business: `key` is NAMESPACE.NAME, unique in a region and used in its webhook path."""

    key: str
    id: UUID
    display_name: str
    numbers: tuple[Number, ...]
    locale: Locale = "es-AR"
    currency: str = "ARS"
    # Name of the approved template that carries a result once the 24-hour window has closed.
    result_template: str | None = None
    # While suspended its events are kept and nothing is done with them.
    suspended: bool = False
    workers_mode: WorkerMode = "Shared"
    ocr: OcrPolicy = "Auto"
    # How sure a reading must be to be taken as it is, and from where on its sender is asked again.
    thresholds: Thresholds = THRESHOLDS

    @property
    def app_secrets(self) -> tuple[bytes, ...]:
        """Return every app secret valid on this tenant's route, without repeats."""
        return tuple(dict.fromkeys(s for n in self.numbers for s in n.app_secrets))

    def number(self, phone_number_id: str) -> Number | None:
        """Return the tenant's number with this id, if it is the tenant's."""
        for number in self.numbers:
            if number.phone_number_id == phone_number_id:
                return number
        return None


@dataclass(frozen=True, slots=True)
class App:
    """The Meta app that all tenants may share: what the app-wide route is checked with."""

    app_secrets: tuple[bytes, ...] = field(repr=False)
    verify_token: str = field(repr=False)


class TenantDirectory(Protocol):
    """Whom this region serves. Answers from memory, at once; kept up to date behind the scenes."""

    @property
    def app(self) -> App | None:
        """Return the app-wide route's credentials; None when that route is off."""
        ...

    def tenants(self) -> tuple[Tenant, ...]:
        """Return all tenants."""
        ...

    def by_key(self, key: str) -> Tenant | None:
        """Return the tenant at this webhook path."""
        ...

    def by_id(self, tenant_id: UUID) -> Tenant | None:
        """Return the tenant with this id."""
        ...

    def by_phone_number_id(self, phone_number_id: str) -> Tenant | None:
        """Return the tenant that this number belongs to."""
        ...

    def by_waba_id(self, waba_id: str) -> Tenant | None:
        """Return the tenant that this WhatsApp Business Account belongs to, if to one only."""
        ...
