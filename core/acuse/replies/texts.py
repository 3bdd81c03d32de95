"""What Acuse says to senders: fixed sentences, es-AR (voseo) and en, with data in fixed places.

Data is cleaned (acuse.replies.plain) before it is put in, and never read as a pattern.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from acuse.replies.plain import day, money, plain
from acuse.tenants.tenant import Locale

Sentences = Mapping[Locale, str]
Doubtful = Literal["vendor", "amount", "date"]


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read from a document, as far as it is known."""

    vendor: str | None
    amount: Decimal | None
    currency: str | None
    issued_on: date | None
    # What was read unsurely, in the order in which it is shown.
    doubtful: tuple[Doubtful, ...] = ()
    # How many receipts were seen in the picture, of which this one alone was read.
    slips: int = 1


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """The ledger's line that a document belongs to."""

    description: str
    posted_on: date


_MATCHED: Final[Sentences] = {
    "es-AR": "✅ ¡Listo! Registramos tu comprobante.\n{seen}\nMovimiento: {line}, {posted_on}.",
    "en": "✅ Done! Your receipt is recorded.\n{seen}\nLedger entry: {line}, {posted_on}.",
}
_REVIEW: Final[Sentences] = {
    "es-AR": "🔎 Recibimos tu comprobante.\n{seen}\nUna persona lo va a revisar;"
    " no hace falta que hagas nada.",
    "en": "🔎 We got your receipt.\n{seen}\nSomeone will check it; you don't need to do anything.",
}
_REVIEW_OF_ONE: Final[Sentences] = {
    "es-AR": "🔎 Recibimos tu comprobante.\n{seen}\nUna persona lo va a revisar.",
    "en": "🔎 We got your receipt.\n{seen}\nSomeone will check it.",
}
_OTHERS: Final[Sentences] = {
    "es-AR": "👀 En la foto vi {slips} comprobantes y leí solo este. Mandame los demás de a uno.",
    "en": "👀 I saw {slips} receipts in the photo and read only this one. Please send the others"
    " one by one.",
}
_SEVERAL: Final[Sentences] = {
    "es-AR": "👀 En lo que mandaste vi {slips} comprobantes:",
    "en": "👀 I saw {slips} receipts in what you sent:",
}
_REST: Final[Sentences] = {
    "es-AR": "👀 No pude leer todos. Mandame los que faltan de a uno.",
    "en": "👀 I couldn't read all of them. Please send the missing ones one by one.",
}
_RESEND: Final[Sentences] = {
    "es-AR": "🔎 Recibimos tu comprobante, pero casi no se lee.\n{seen}\n¿Me mandás otra foto,"
    " nítida, de frente y con buena luz, enviada como documento? Mientras tanto lo va a revisar una"
    " persona.",
    "en": "🔎 We got your receipt, but it is hardly legible.\n{seen}\nCould you send another photo,"
    " sharp, straight and in good light, sent as a document? Meanwhile someone will check this"
    " one.",
}
_DUPLICATE: Final[Sentences] = {
    "es-AR": "♻️ Este comprobante ya lo teníamos.\n{seen}\nNo lo registramos de nuevo.",
    "en": "♻️ We already had this receipt.\n{seen}\nIt wasn't recorded again.",
}
_HELP: Final[Sentences] = {
    "es-AR": "¡Hola! Soy el asistente de comprobantes de {business}. Mandame una foto o un PDF de"
    " tu factura, ticket o transferencia y te confirmo cuando quede registrado. Para que se lea"
    " mejor, enviá la foto como documento.",
    "en": "Hi! I'm the receipts assistant of {business}. Send me a photo or a PDF of your invoice,"
    " ticket or transfer and I'll confirm once it is recorded. For the best reading, send the photo"
    " as a document.",
}
_DECLINED: Final[Sentences] = {
    "es-AR": "Gracias por escribir. Todavía no puedo leer {kind}: mandame una foto o un PDF del"
    " comprobante y lo registro.",
    "en": "Thanks for writing. I can't read {kind} yet: send me a photo or a PDF of the receipt and"
    " I'll record it.",
}
_KINDS: Final[Mapping[str, Sentences]] = {
    "audio": {"es-AR": "audios", "en": "voice messages"},
    "video": {"es-AR": "videos", "en": "videos"},
    "location": {"es-AR": "ubicaciones", "en": "locations"},
    "contacts": {"es-AR": "contactos", "en": "contacts"},
}
_ANY_KIND: Final[Sentences] = {"es-AR": "ese tipo de mensajes", "en": "this kind of message"}

_NO_AMOUNT: Final[Sentences] = {
    "es-AR": "No pude leer el importe.",
    "en": "I couldn't read the amount.",
}

_DOUBT: Final[Sentences] = {
    "es-AR": "⚠️ Con dudas: {fields}.",
    "en": "⚠️ Not sure of {fields}.",
}
_FIELDS: Final[Mapping[Doubtful, Sentences]] = {
    "vendor": {"es-AR": "el nombre", "en": "the name"},
    "amount": {"es-AR": "el importe", "en": "the amount"},
    "date": {"es-AR": "la fecha", "en": "the date"},
}

_BROKEN: Final[Sentences] = {
    "es-AR": "😕 No pude abrir el archivo: parece dañado. ¿Me lo mandás de nuevo, como documento?",
    "en": "😕 I couldn't open the file: it seems damaged. Could you send it again, as a document?",
}
_TOO_LARGE: Final[Sentences] = {
    "es-AR": "😕 El archivo es demasiado grande. ¿Me mandás una foto, o solo las páginas del"
    " comprobante?",
    "en": "😕 The file is too large. Could you send a photo, or only the receipt's pages?",
}
# By the code of the error that ended a document's way (acuse.errors).
_PROBLEMS: Final[Mapping[str, Sentences]] = {
    "media_gone": {
        "es-AR": "😕 El archivo ya no está disponible en WhatsApp. ¿Me lo mandás de nuevo, como"
        " documento?",
        "en": "😕 WhatsApp no longer has the file. Could you send it again, as a document?",
    },
    "media_too_large": _TOO_LARGE,
    "document_too_big": _TOO_LARGE,
    "media_type_unsupported": {
        "es-AR": "😕 Ese tipo de archivo no lo puedo leer. Mandame una foto (JPG, PNG, HEIC, WebP)"
        " o un escaneo (PDF, TIFF).",
        "en": "😕 I can't read this type of file. Send me a photo (JPG, PNG, HEIC, WebP) or a scan"
        " (PDF, TIFF).",
    },
    "document_protected": {
        "es-AR": "🔒 El PDF tiene contraseña y no lo puedo abrir. ¿Me lo mandás sin contraseña, o"
        " una foto?",
        "en": "🔒 The PDF has a password and I can't open it. Could you send it without one, or a"
        " photo?",
    },
    "not_a_receipt": {
        "es-AR": "🤔 No encontré un comprobante en lo que mandaste. Si lo es, probá con una foto"
        " más nítida, de frente y con buena luz, enviada como documento.",
        "en": "🤔 I found no receipt in what you sent. If it is one, try a sharper photo, straight"
        " and in good light, sent as a document.",
    },
}


def matched(locale: Locale, seen: Seen, line: LedgerLine) -> str:
    """Say that a receipt was matched, with the ledger's line."""
    said = _MATCHED[locale].format(
        seen=_summary(locale, seen),
        line=plain(line.description),
        posted_on=day(line.posted_on, locale=locale),
    )
    return said + _others(locale, seen)


def needs_review(locale: Locale, seen: Seen) -> str:
    """Say that a person will look at a receipt."""
    sentences = _REVIEW if seen.slips == 1 else _REVIEW_OF_ONE
    return sentences[locale].format(seen=_summary(locale, seen)) + _others(locale, seen)


def resend(locale: Locale, seen: Seen) -> str:
    """Ask for a better photo of a receipt that could hardly be read, and is reviewed meanwhile."""
    return _RESEND[locale].format(seen=_summary(locale, seen)) + _others(locale, seen)


def duplicate(locale: Locale, seen: Seen) -> str:
    """Say that a receipt was had before."""
    return _DUPLICATE[locale].format(seen=_summary(locale, seen)) + _others(locale, seen)


def several(locale: Locale, each: Sequence[str], *, slips: int) -> str:
    """Say what became of several receipts of one photo, in which `slips` were seen."""
    parts = [_SEVERAL[locale].format(slips=max(slips, len(each))), *each]
    if slips > len(each):
        parts.append(_REST[locale])
    return "\n\n".join(parts)


def problem(locale: Locale, code: str) -> str:
    """Say why a file led nowhere, by an error's code or `not_a_receipt`, and what to do instead."""
    return _PROBLEMS.get(code, _BROKEN)[locale]


def help_text(locale: Locale, business: str) -> str:
    """Say what this number is for."""
    return _HELP[locale].format(business=plain(business))


def declined(locale: Locale, kind: str) -> str:
    """Say that a type of message is not read."""
    return _DECLINED[locale].format(kind=_KINDS.get(kind, _ANY_KIND)[locale])


def _others(locale: Locale, seen: Seen) -> str:
    """Ask for the other receipts of the picture, where there are any."""
    return "" if seen.slips == 1 else "\n" + _OTHERS[locale].format(slips=seen.slips)


def _summary(locale: Locale, seen: Seen) -> str:
    """Return what was read: vendor, amount, date on one line, and on another what is doubtful."""
    parts: list[str] = []
    if seen.vendor and (vendor := plain(seen.vendor)):
        parts.append(f"*{vendor}*")
    if seen.amount is not None:
        parts.append(money(seen.amount, seen.currency or "ARS", locale=locale))
    if seen.issued_on is not None:
        parts.append(day(seen.issued_on, locale=locale))
    if seen.amount is None:
        parts.append(_NO_AMOUNT[locale])
    line = " · ".join(parts)
    if not seen.doubtful:
        return line
    fields = ", ".join(_FIELDS[field][locale] for field in seen.doubtful)
    return f"{line}\n{_DOUBT[locale].format(fields=fields)}"
