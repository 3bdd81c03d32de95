"""One update of a webhook body, as the rest of Acuse sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

PROVIDER: Final = "meta.whatsapp"


@dataclass(frozen=True, slots=True)
class Update:
    """What one webhook_events row is made of.

    `kind` is `message.TYPE` (message.image, message.text …), `status`, `edit`, `revoke`,
    `account.FIELD`, or `unknown` (then `reason` is a stable code saying why).
    """

    event_id: str
    kind: str
    field: str
    waba_id: str | None
    phone_number_id: str | None
    # Events of one lane are worked on in order, one at a time.
    lane: str
    # Sender's business-scoped user id, or phone where Meta sends no id; None where there is no sender.
    sender: str | None
    occurred_at: datetime
    # Position in the body, from 0.
    ordinal: int
    # JSON text of the update alone: {"field", "entry_id", "metadata"?, "contact"?, and "message",
    # "status", or "value"}, each as Meta wrote it.
    payload: bytes
    reason: str | None = None
