"""The day a document was issued, among all the dates that it shows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from acuse.reading.folding import fold
from acuse.reading.picking import Candidate, pick
from acuse.reading.values import Line, PageText, Reading

# Folded beginnings of month names in the languages invoices come in: four letters of a word that
# has as many, or the whole of a short one, so that a "2 MARTINI 12" is no day of March.
_MONTHS = (
    "JAN ENE GEN JANU ENER JANV GENN JANE",
    "FEB FEV FEBR FEVR FEBB FEVE",
    "MAR MRT MARC MARS MARZ MAAR MAER",
    "APR ABR AVR APRI ABRI AVRI",
    "MAY MAI MEI MAG MAYO MAIO MAGG",
    "JUN GIU JUNE JUNI JUIN GIUG JUNH",
    "JUL LUG JULY JULI JUIL LUGL JULH",
    "AUG AGO AUGU AGOS AOUT",
    "SEP SET SEPT SETI SETT SETE",
    "OCT OKT OUT OTT OCTO OKTO OTTO OUTU OCTU",
    "NOV NOVE NOVI",
    "DEC DIC DEZ DECE DICI DEZE",
)
_MONTH_OF = {
    name: number for number, names in enumerate(_MONTHS, start=1) for name in names.split()
}
_WORD = r"(?P<month>[A-Z]{3,10})\.?"
_YEAR = r"(?P<year>20\d\d|(?<!\d)\d\d(?!\d))"
_SEP = r"\s?[-/.]\s?"
_NUMERIC = re.compile(
    r"(?<![\d.,])(?P<first>\d{1,2})\s?(?P<sep>[-/.])\s?(?P<second>\d{1,2})\s?(?P=sep)\s?"
    # The time may stand so close behind that its hour looks like the year's end.
    r"(?P<year>20\d\d(?!:\d\d)|\d\d(?!\d)|\d\d(?=[0-2]\d:\d\d))"
)
_ISO = re.compile(
    rf"(?<!\d)(?P<year>20\d\d){_SEP}(?P<month>\d{{1,2}}){_SEP}(?P<day>\d{{1,2}})(?!\d)"
)
_COMPACT = re.compile(r"(?<!\d)(?P<year>20[0-4]\d)(?P<month>[01]\d)(?P<day>[0-3]\d)(?!\d)")
_COMPACT_DAY_FIRST = re.compile(
    r"(?<!\d)(?P<day>[0-3]\d)(?P<month>[01]\d)(?P<year>20[0-4]\d)(?!\d)"
)
_DAY_FIRST_NAMED = re.compile(
    rf"(?<!\d)(?P<day>\d{{1,2}})(?:\s?(?:ST|ND|RD|TH|ER|O|\.))?[\s\-/.,]{{0,2}}(?:DE\s|"
    rf"OF\s)?{_WORD}"
    r"[\s\-/.,]{0,3}(?:DEL?\s)?(?P<year>20\d\d|\d\d(?!\d))"
)
_MONTH_FIRST_NAMED = re.compile(
    rf"\b{_WORD}\s?(?P<day>\d{{1,2}})(?:ST|ND|RD|TH)?\s?,?\s?(?P<year>20\d\d)"
)
_PATTERNS = (
    _ISO,
    _DAY_FIRST_NAMED,
    _MONTH_FIRST_NAMED,
    _NUMERIC,
    _COMPACT,
    _COMPACT_DAY_FIRST,
)
_GOOD = re.compile(
    r"FECHA DE EMISION|FECHA EMISION|F\. ?EMISION|EMITID|INVOICE DATE|DATE OF ISSUE|ISSUE DATE|"
    r"RECHNUNGSDATUM|FACTUURDATUM|ACTUURDATUM|FECHA Y HORA|FECHA DE (?:LA )?(?:OPERACION|"
    r"TRANSFER)"
)
_FAIR = re.compile(r"FECHA|\bDATE|DATED?\b|TARIKH|DATUM|\bDIA\b|\bDATA\b|\bDU $|RECEIPT")
_BAD = re.compile(
    r"VTO|VENC|INICIO|DESDE|HASTA|PERIODO|\bDUE\b|EXP(?:IR|\b)|VALID|LIMITE|LIMIT|VERVAL|"
    r"ZAHLUNGSZIEL|CHECK|DELIVER|ENTREGA|ORDER DATE|ORDERDATUM|PRELEV|\bAU $|SHIP|CLOSED|BIRTH|"
    r"NACIM|\bCAE\b|\bCAI\b|DEBITO AUTO|PROXIM|WARRANTY|RETURN BY|UNTIL|EFFECTIVE|PERIOD"
)
_TIME = re.compile(r"\d{1,2}\s?[:.]\s?\d{2}(?:\s?[:.]\s?\d{2})?\s?(?:AM|PM|HS)?|\d{1,2}:\d{2}")
_EARLIEST = date(2000, 1, 1)
_CENTURY = 2000
_MAX_MONTH = 12
# How sure a day can be that is not there yet, however clearly it is called the day of issue; three
# ways of reading that agree on it are still in doubt.
_YET_TO_COME = 0.3


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date in a text; `other` is it with day and month the other way round."""

    value: date
    other: date | None
    start: int
    end: int


def days_of_issue(page: PageText) -> Iterator[date]:
    """Yield every day on the page, but those in lines that speak of another one."""
    for line in page.lines:
        if not _BAD.search(fold(line.text)):
            yield from (found.value for found in find_dates(line.text))


def read_date(
    pages: Sequence[PageText], *, today: date, month_first: bool = False
) -> Reading[date] | None:
    """Return the day of issue, or None if the document shows no date."""
    found = pick(_candidates(pages, today=today, month_first=month_first), pages)
    if found is None or found.value <= today:
        return found
    return replace(found, confidence=min(found.confidence, _YET_TO_COME))


def find_dates(text: str) -> Iterator[FoundDate]:
    """Yield each date of the text; a numeric one is day first, as in Argentina."""
    folded = fold(text)
    taken: list[tuple[int, int]] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(folded):
            span = match.span()
            found = _found(match, pattern)
            if found and not any(span[0] < end and start < span[1] for start, end in taken):
                taken.append(span)
                yield found


def _found(match: re.Match[str], pattern: re.Pattern[str]) -> FoundDate | None:
    year = int(match["year"])
    year += 0 if year >= _CENTURY else _CENTURY
    if pattern is not _NUMERIC:
        month = match["month"]
        number = int(month) if month.isdigit() else _month(month)
        named = _date(year, number, int(match["day"]))
        return FoundDate(named, None, match.start(), match.end()) if named else None
    first, second = int(match["first"]), int(match["second"])
    day_first, month_first = _date(year, second, first), _date(year, first, second)
    value = day_first or month_first
    other = month_first if day_first and first != second else None
    return FoundDate(value, other, match.start(), match.end()) if value else None


def _month(word: str) -> int:
    return _MONTH_OF.get(word[:4], 0)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        value = date(year, month, day)
    except ValueError:
        return None
    return value if value >= _EARLIEST else None


def _candidates(
    pages: Sequence[PageText], *, today: date, month_first: bool
) -> Iterator[Candidate[date]]:
    month_first = month_first or _shows_month_first(pages)
    for page in pages:
        for place, line in enumerate(page.lines):
            above = page.lines[place - 1] if place else None
            for found in find_dates(line.text):
                value = found.other if month_first and found.other else found.value
                points = _points(found, line, above) - (0.05 * place) / len(page.lines)
                late = value > today + timedelta(days=1)
                points -= (3.0 if late else 0.0) + 0.3 * (page.number - 1)
                yield Candidate(value, points, line)


def _shows_month_first(pages: Sequence[PageText]) -> bool:
    """Whether a date that can only be month first stands beside none that can only be day first."""
    found = [(f, line) for page in pages for line in page.lines for f in find_dates(line.text)]
    numeric = [
        (f, _NUMERIC.match(fold(line.text), f.start)) for f, line in found if f.other is None
    ]
    firsts = [int(m["first"]) for _, m in numeric if m]
    seconds = [int(m["second"]) for _, m in numeric if m]
    return any(s > _MAX_MONTH for s in seconds) and not any(f > _MAX_MONTH for f in firsts)


def _points(found: FoundDate, line: Line, above: Line | None) -> float:
    """Say how clearly the words before the date, or above it, call it the day of issue."""
    folded = fold(line.text)
    start = max(folded.rfind("   ", 0, max(found.start - 4, 0)), found.start - 45, 0)
    before = folded[start : found.start]
    # Eight digits in a row may be any number.
    points = 1.0 if folded[found.start : found.end].isdigit() else 2.5
    if _GOOD.search(before):
        points += 3.0
    elif _FAIR.search(before):
        points += 2.0
    elif _TIME.search(folded[found.end : found.end + 14]) or _TIME.search(before[-12:]):
        points += 1.5
    if _BAD.search(before) and not _GOOD.search(before):
        points -= 3.0
    elif above is not None and not _FAIR.search(before):
        points += _label_above(found, line, above)
    return points


def _label_above(found: FoundDate, line: Line, above: Line) -> float:
    """Weigh the column heading that stands over the date, if the row above has any dates' names."""
    folded = fold(above.text)
    if not (_GOOD.search(folded) or _FAIR.search(folded) or _BAD.search(folded)):
        return 0.0
    share = len(line.text) or 1
    centre = line.box.left + (found.start + found.end) / 2 / share * (
        line.box.right - line.box.left
    )
    wide = (above.box.right - above.box.left) / (len(folded) or 1)
    spot = int((centre - above.box.left) / (wide or 1.0))
    heading = folded[max(spot - 14, 0) : spot + 14] if 0 <= spot <= len(folded) + 8 else ""
    if _BAD.search(heading) and not _GOOD.search(heading):
        return -1.0
    return 1.5 if _GOOD.search(heading) or _FAIR.search(heading) else 0.0
