"""What Acuse does with each kind of update, as acuse.meta.kinds names them."""

from __future__ import annotations

from typing import Final

DOCUMENTS: Final = frozenset({"message.image", "message.document"})
TEXT: Final = "message.text"
# Kept, and politely declined.
DECLINED: Final = frozenset(
    {
        "message.audio",
        "message.button",
        "message.contacts",
        "message.interactive",
        "message.location",
        "message.order",
        "message.sticker",
        "message.video",
    }
)
# Kept, and not answered.
SILENT: Final = frozenset({"message.reaction", "message.unsupported"})
SYSTEM: Final = "message.system"
# As Meta said it until August 2026; since then by a system message.
USER_ID_UPDATE: Final = "account.user_id_update"


def first_step(kind: str) -> str:
    """Return the step that an event of this kind begins with."""
    if kind == TEXT or kind in DOCUMENTS | DECLINED | SILENT:
        return "accept"
    if kind in {SYSTEM, USER_ID_UPDATE}:
        return "identify"
    return kind if kind in {"edit", "revoke", "status"} else "ignore"
