"""What is known of a number at Meta, and what that means for its tenant; plain values."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from acuse.resources.tenant_status import Credentials as Verdict
from acuse_operator.conditions import Status

_SPREAD: Final = 2.0**32
_REASONS: Final[Mapping[str, str]] = {"Valid": "Valid", "Invalid": "TokenRejected"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What the hub wants at Meta of one number."""

    phone_number_id: str
    waba_id: str
    graph_version: str
    # Where its webhooks are to go; None while the route there is not ready.
    url: str | None
    verify_token: str = field(repr=False)
    access_token: str = field(repr=False)

    @property
    def credentials_hash(self) -> str:
        """Return a hash that changes when the credentials do."""
        text = f"{self.access_token}\0{self.verify_token}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Webhook:
    """Whether a number's webhooks come to us, as WebhookRegistered says it."""

    status: Status
    reason: str
    message: str


NOT_LOOKED: Final = Webhook("Unknown", "NotChecked", "Meta was not asked yet.")


@dataclass(frozen=True, slots=True)
class NumberReport:
    """What is known of one number."""

    phone_number_id: str
    credentials: Verdict = "Unknown"
    credentials_reason: str = "NotChecked"
    message: str = "Meta was not asked yet."
    # When the verdict on the credentials was reached; the same verdict again says nothing new.
    checked_at: datetime | None = field(default=None, compare=False)
    override_url: str | None = None
    webhook: Webhook = NOT_LOOKED


def restore(number: Mapping[str, Any]) -> NumberReport:
    """Return what a Tenant's status says of a number: what we knew before a restart."""
    checked: str | None = number.get("checkedAt")
    url: str | None = number.get("overrideURL")
    verdict: Verdict = number.get("credentials", "Unknown")
    return NumberReport(
        phone_number_id=number["phoneNumberId"],
        credentials=verdict,
        credentials_reason=_REASONS.get(verdict, "NotChecked"),
        message=number.get("message", ""),
        checked_at=None if checked is None else datetime.fromisoformat(checked),
        override_url=url,
        webhook=NOT_LOOKED if url is None else registered(url),
    )


def registered(url: str) -> Webhook:
    """Return the verdict on a number whose webhooks come to `url`."""
    return Webhook("True", "Registered", f"Meta sends this number's webhooks to {url}.")


def spread(phone_number_id: str, period: float) -> float:
    """Return a number's own moment within a period, the same at every start."""
    digest = hashlib.sha256(phone_number_id.encode()).digest()
    return int.from_bytes(digest[:4], "big") / _SPREAD * period
