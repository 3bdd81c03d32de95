"""The time of day at which a document was issued, to the minute."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import time

from acuse.reading.dates import find_dates
from acuse.reading.folding import fold
from acuse.reading.picking import Candidate, pick
from acuse.reading.values import Line, PageText, Reading

_TIME = re.compile(
    r"(?<![\d$])(?<!\d[:.,/-])(?P<hour>[01]?\d|2[0-3])\s?(?P<sep>[:.H])\s?(?P<minute>[0-5]\d)(?!\d)"
    r"(?:\s?[:.]\s?[0-5]\d(?!\d)(?:\.\d{1,6})?)?"
    r"\s?(?P<half>[AP]\.?\s?M\b\.?)?(?P<hours>\s?H(?:O?RA)?S?\b)?(?!\s?%)"
)
_LABEL = re.compile(
    r"\bHORA\b|\bTIME\b|\bA LAS?\b|\bHS\b|\bMASA\b|\bHEURE\b|UHRZEIT|\bTIJD\b|\bORA\b"
)
# Hours that are no moment of this document: a shop's, a period's, a delivery's.
_OTHER = re.compile(
    r"HORARIO|LUNES|VIERNES|SABADO|ATENCION|APERTURA|ABIERTO|OPEN|INGRESO|ENTRADA|DESDE|HASTA|"
    r"\bVTO\b|VENC|ENTREGA|DELIVER|CLOSE|VALID|CHECK.?IN|\bIN TIME\b|INICIO"
)
_NOON = 12


def read_time(pages: Sequence[PageText]) -> Reading[time] | None:
    """Return the time of day that a word or a date beside it calls the document's; None if none."""
    return pick(_candidates(pages), pages)


def _candidates(pages: Sequence[PageText]) -> Iterator[Candidate[time]]:
    for page in pages:
        for place, line in enumerate(page.lines):
            near = page.lines[max(place - 1, 0) : place] + page.lines[place + 1 : place + 2]
            yield from _in_line(line, near, 0.05 * place / len(page.lines))


def _in_line(line: Line, near: Sequence[Line], late: float) -> Iterator[Candidate[time]]:
    folded = fold(line.text)
    text, dates = folded, [*find_dates(line.text)]
    for found in dates:
        text = text[: found.start] + " " * (found.end - found.start) + text[found.end :]
    matches = [*_TIME.finditer(text)]
    for place, match in enumerate(matches):
        value = _value(match)
        before = text[: match.start()][-40:]
        if value is None or _OTHER.search(before):
            continue
        named = bool(_LABEL.search(before) or match["hours"])
        if match["sep"] != ":" and not (named or match["half"]):
            continue
        beside = bool(dates) or (
            not _letters(text) and any(any(find_dates(other.text)) for other in near)
        )
        points = (2.6 if named else 0.0) + (3.0 if beside else 0.0)
        points += 0.3 if match["half"] else 0.0
        if points > 1.0:
            yield Candidate(value, points + 0.8 - 0.4 * place - late, line)


def _value(match: re.Match[str]) -> time | None:
    hour, minute = int(match["hour"]), int(match["minute"])
    half = match["half"]
    if half and 1 <= hour <= _NOON:
        hour = hour % _NOON + (_NOON if half.startswith("P") else 0)
    return time(hour, minute)


def _letters(text: str) -> bool:
    return len(re.findall(r"[A-Z]", text)) > len("HS AM")
