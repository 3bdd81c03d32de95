"""One update of a webhook body, as the rest of Acuse sees it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

PROVIDER: Final = "meta.whatsapp"


class Update(msgspec.Struct, frozen=True):
    """What one webhook_events row is made of; a struct, because the intake makes so many.

    `kind` is `message.TYPE` (message.image, message.text …), `status`, `edit`, `revoke`,
    `account.FIELD`, `account.errors` (an error Meta reports beside or in place of messages), or
    `unknown` (then `reason` is a stable code saying why). acuse.meta.kinds lists them all.
    """

    event_id: str
    kind: str
    # The webhook field it came in; empty where the body names none that can be used.
    field: str
    waba_id: str | None
    phone_number_id: str | None
    # Events of one lane are worked on in order, one at a time.
    lane: str
    # The sender's business-scoped user id, else phone; None where there is no sender.
    sender: str | None
    occurred_at: datetime
    # Position in the body, from 0.
    ordinal: int
    # JSON text of the update alone: {"field", "entry_id", "metadata"?, "contact"?, and "message",
    # "status", or "value"}, each as Meta wrote it; {"raw_base64"} when the body was not JSON.
    payload: bytes
    reason: str | None = None

    @property
    def route(self) -> str | None:
        """Return what the update is routed by: its phone number id, else its WABA id."""
        return self.phone_number_id or self.waba_id
