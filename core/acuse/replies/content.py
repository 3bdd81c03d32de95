"""The content of a reply, and the Graph API's body around it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from acuse.tenants.tenant import Locale

Kind = Literal["text", "template", "document"]

# Meta's limits, in characters.
TEXT_LIMIT: Final = 4096
_CAPTION_LIMIT: Final = 1024
# A template's body has at most 1,024 once filled; some of them are the template's own words.
_PARAMETER_LIMIT: Final = 900
# Meta echoes up to 512 characters: room for 13 ids of 36 and the commas between them.
MOST_TOGETHER: Final = 12

_LANGUAGES: Final[Mapping[Locale, str]] = {"es-AR": "es_AR", "en": "en"}
# Meta refuses line breaks, tabs and runs of spaces in a parameter (132018).
_SPACES: Final = re.compile(r"\s+")
_BETWEEN: Final = "\n\n"


@dataclass(frozen=True, slots=True)
class Content:
    """What a reply says, in the shape of the Graph API: {"text": {…}} or the like."""

    kind: Kind
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Address:
    """How Meta reaches a person: by phone, or by business-scoped id where no phone is known."""

    wa_id: str | None
    user_id: str | None


def text(body: str) -> Content:
    """Return a text message, cut to Meta's limit, without a preview of what it may link to."""
    return Content("text", {"text": {"body": shorten(body, TEXT_LIMIT), "preview_url": False}})


def template(name: str, *, locale: Locale, parameters: Sequence[str] = ()) -> Content:
    """Return a template message; `parameters` fill its body's {{1}}, {{2}} … in order."""
    filled: dict[str, Any] = {"name": name, "language": {"code": _LANGUAGES[locale]}}
    if parameters:
        values = [{"type": "text", "text": _parameter(value)} for value in parameters]
        filled["components"] = [{"type": "body", "parameters": values}]
    return Content("template", {"template": filled})


def document(media_id: str, *, filename: str, caption: str | None = None) -> Content:
    """Return a document message of a file that was uploaded to Meta."""
    shown: dict[str, Any] = {"id": media_id, "filename": filename}
    if caption:
        shown["caption"] = shorten(caption, _CAPTION_LIMIT)
    return Content("document", {"document": shown})


def body_of(content: Mapping[str, Any]) -> str:
    """Return the words of a text message's content."""
    return str(content["text"]["body"])


def joined(bodies: Sequence[str]) -> str:
    """Return several texts as one message, in order."""
    return _BETWEEN.join(bodies)


def fit_together(bodies: Sequence[str]) -> int:
    """Return how many of these texts, from the first, go into one message; at least one."""
    length = 0
    for count, body in enumerate(bodies[:MOST_TOGETHER]):
        length += len(body) + (len(_BETWEEN) if count else 0)
        if length > TEXT_LIMIT:
            return max(count, 1)
    return min(len(bodies), MOST_TOGETHER)


def message(
    content: Mapping[str, Any],
    *,
    kind: Kind,
    address: Address,
    ids: Sequence[UUID],
    context_id: str | None,
) -> dict[str, Any]:
    """Return the whole body for Meta; the outbox ids travel along and come back in statuses."""
    body: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "type": kind,
        "biz_opaque_callback_data": ",".join(str(i) for i in ids),
        **content,
    }
    if address.wa_id is not None:
        body["to"] = address.wa_id
    else:
        body["recipient"] = address.user_id
    if context_id is not None:
        body["context"] = {"message_id": context_id}
    return body


def ids_in(callback_data: str | None) -> list[UUID]:
    """Return the outbox ids that a status brought back; data that is not ours has none."""
    found: list[UUID] = []
    for part in (callback_data or "").split(",")[:MOST_TOGETHER]:
        try:
            found.append(UUID(part))
        except ValueError:
            return []
    return found


def shorten(value: str, limit: int) -> str:
    """Return a text of at most `limit` characters, with an ellipsis where it was cut."""
    return value if len(value) <= limit else value[: limit - 1] + "…"


def _parameter(value: str) -> str:
    # An empty parameter is refused too.
    return shorten(_SPACES.sub(" ", value).strip(), _PARAMETER_LIMIT) or "-"
