"""The kinds of update that Acuse knows by name; anything else is kept as `unknown`."""

from __future__ import annotations

from typing import Final

# Each carries its content under a key of the same name, except CONTENTLESS.
MESSAGE_TYPES: Final = frozenset(
    {
        "audio",
        "button",
        "contacts",
        "document",
        "edit",
        "image",
        "interactive",
        "location",
        "order",
        "reaction",
        "revoke",
        "sticker",
        "system",
        "text",
        "unsupported",
        "video",
    }
)
CONTENTLESS: Final = frozenset({"unsupported"})
# Messages about another message: kinds of their own.
AMENDMENTS: Final = frozenset({"edit", "revoke"})

STATUSES: Final = frozenset({"sent", "delivered", "read", "played", "failed"})

# Webhook fields other than `messages`: each change of one is a single update.
ACCOUNT_FIELDS: Final = frozenset(
    {
        "account_alerts",
        "account_review_update",
        "account_settings_update",
        "account_update",
        "automatic_events",
        "business_capability_update",
        "business_status_update",
        "calls",
        "consumer_profile",
        "flows",
        "group_lifecycle_update",
        "group_participants_update",
        "group_settings_update",
        "group_status_update",
        "history",
        "message_echoes",
        "message_template_components_update",
        "message_template_quality_update",
        "message_template_status_update",
        "messaging_handovers",
        "partner_solutions",
        "payment_configuration_update",
        "phone_number_name_update",
        "phone_number_quality_update",
        "security",
        "smb_app_state_sync",
        "smb_message_echoes",
        "standby",
        "template_category_update",
        "template_correct_category_detection",
        "tracking_events",
        "user_id_update",
        "user_preferences",
    }
)

UNKNOWN: Final = "unknown"
STATUS: Final = "status"
ERRORS: Final = "account.errors"


def message_kind(message_type: str) -> str:
    """Return the kind of a message of a known type."""
    return message_type if message_type in AMENDMENTS else f"message.{message_type}"


def account_kind(field: str) -> str:
    """Return the kind of a change of a known field."""
    return f"account.{field}"


# Every kind there is: what an update's kind is one of, so that a metric may carry it.
KINDS: Final = frozenset(
    {
        *map(message_kind, MESSAGE_TYPES),
        *map(account_kind, ACCOUNT_FIELDS),
        STATUS,
        ERRORS,
        UNKNOWN,
    }
)
