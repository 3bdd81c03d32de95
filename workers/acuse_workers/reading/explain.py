"""What was read, drawn onto what it was read from: a box for each field, and the list below."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image, ImageDraw, ImageFont

from acuse.reading.values import Box, DocumentReading, Reading
from acuse.reading.wire import fields_of, plain_text, transfer_fields_of

# Wider pages are shrunk: it is for eyes.
_WIDTH: Final = 1400
_TEXT: Final = 20
_LINE: Final = 28
_MARGIN: Final = 8
_STROKE: Final = 3
_LONGEST: Final = 70
_SYSTEM_FONT: Final = "DejaVuSans.ttf"
_SYSTEM_FAMILY: Final = "DejaVu Sans"
_PAPER: Final = (255, 255, 255)
_INK: Final = (20, 20, 20)
_COLOURS: Final[Mapping[str, tuple[int, int, int]]] = {
    "kind": (128, 64, 192),
    "date": (0, 112, 192),
    "amount": (200, 32, 32),
    "currency": (200, 96, 0),
    "vendor": (0, 136, 72),
    "tax_id": (0, 136, 136),
    "number": (160, 32, 128),
    "category": (112, 112, 0),
    "receiver_tax_id": (0, 160, 160),
    "cae": (96, 96, 96),
    "cae_expires": (140, 140, 140),
    "time": (64, 144, 216),
    "tip": (216, 96, 96),
    "payment_method": (144, 88, 40),
    "card_tail": (184, 128, 72),
    "coelsa_id": (96, 64, 96),
}
# All parts of one party.
_PARTIES: Final = {"payer": (216, 64, 160), "payee": (48, 160, 96)}


@dataclass(frozen=True, slots=True)
class _Field:
    """One field as it is shown."""

    name: str
    page: int
    box: Box | None
    line: str


def annotated(pictures: Mapping[int, Image.Image], reading: DocumentReading) -> Image.Image:
    """Return the pages that anything was read from, one below the other, with what was read.

    `pictures` are pages by number, as they were read; all that `pages_seen` names are there.
    """
    fields, font = tuple(_fields(reading)), legend_font()
    parts = [
        part
        for number in pages_seen(reading)
        for part in _page(
            pictures[number], [field for field in fields if field.page == number], font
        )
    ]
    whole = Image.new(
        "RGB", (max(part.width for part in parts), sum(part.height for part in parts)), _PAPER
    )
    top = 0
    for part in parts:
        whole.paste(part, (0, top))
        top += part.height
    return whole


def pages_seen(reading: DocumentReading) -> list[int]:
    """Return the pages that anything was read from; there is always one that says the kind."""
    fields = (field for one in reading.apart() for field in _found(one).values())
    return sorted({field.evidence.page for field in fields if field})


def legend_font() -> Any:
    """Return a font of the system with every letter of Spanish; Pillow's own has not all."""
    try:
        return ImageFont.truetype(_SYSTEM_FONT, _TEXT)
    except OSError:
        return ImageFont.load_default(_TEXT)


def drawable(text: str, font: Any) -> str:
    """Return text for a font; without their accents where Pillow's own would show boxes."""
    if isinstance(font, ImageFont.FreeTypeFont) and font.getname()[0] == _SYSTEM_FAMILY:
        return text
    plain = unicodedata.normalize("NFKD", text)
    return "".join(char for char in plain if not unicodedata.combining(char))


def _found(reading: DocumentReading) -> dict[str, Reading[Any] | None]:
    return {**fields_of(reading), **transfer_fields_of(reading)}


def _colour(name: str) -> tuple[int, int, int]:
    return _COLOURS.get(name) or _PARTIES[name.split(".", maxsplit=1)[0]]


def _fields(reading: DocumentReading) -> Iterator[_Field]:
    for place, one in enumerate(reading.apart(), start=1):
        for name, field in _found(one).items():
            if field is not None:
                line = _line(name if place == 1 else f"{name} ({place})", field)
                yield _Field(name, field.evidence.page, field.evidence.box, line)


def _line(label: str, field: Reading[Any]) -> str:
    line = f"{label}: {plain_text(field.value)}   {field.confidence:.0%}   {field.evidence.source}"
    text = _shortened(" ".join(field.evidence.text.split()))
    return f"{line}   «{text}»" if text else line


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _page(picture: Image.Image, fields: list[_Field], font: Any) -> Iterator[Image.Image]:
    scale = min(1.0, _WIDTH / picture.width)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    page = picture.convert("RGB").resize(size)
    pen = ImageDraw.Draw(page)
    drawn: list[Box] = []
    for field in fields:
        if field.box is not None:
            box = field.box
            # Around what was read for another field, too.
            margin = _MARGIN + drawn.count(box) * (_STROKE + 2)
            drawn.append(box)
            corners = (
                *(box.left * page.width - margin, box.top * page.height - margin),
                *(box.right * page.width + margin, box.bottom * page.height + margin),
            )
            pen.rectangle(corners, outline=_colour(field.name), width=_STROKE)
    yield page
    legend = Image.new("RGB", (_WIDTH, _MARGIN * 2 + _LINE * len(fields)), _PAPER)
    pen = ImageDraw.Draw(legend)
    for row, field in enumerate(fields):
        top = _MARGIN + row * _LINE
        colour = _colour(field.name)
        pen.rectangle((_MARGIN, top + 4, _MARGIN + _TEXT, top + 4 + _TEXT), fill=colour)
        pen.text((_MARGIN * 2 + _TEXT, top), drawable(field.line, font), fill=_INK, font=font)
    yield legend
