"""Dates in every form, and which of a document's dates is its day of issue."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acuse.reading.dates import find_dates, read_date
from support.reading_pages import page_of_rows

TODAY = date(2026, 11, 23)

FORMS = {
    "12/03/2025": date(2025, 3, 12),
    "12-03-25": date(2025, 3, 12),
    "12.03.2025": date(2025, 3, 12),
    "12 / 03 / 2025": date(2025, 3, 12),
    "2025-03-12": date(2025, 3, 12),
    "20250312": date(2025, 3, 12),
    "12 de marzo de 2025 a las 14:05 hs": date(2025, 3, 12),
    "Miércoles 12 de Marzo del 2025": date(2025, 3, 12),
    "1° de mayo de 2025": date(2025, 5, 1),
    "18 MAR 2018": date(2018, 3, 18),
    "01-NOV-2017": date(2017, 11, 1),
    "12/mar/2025": date(2025, 3, 12),
    "August 3 , 2014": date(2014, 8, 3),
    "7. Mai 2014": date(2014, 5, 7),
    "02 Juillet 2015": date(2015, 7, 2),
    "04/03/201815:41": date(2018, 3, 4),
    "14/09/2514:32 hs": date(2025, 9, 14),
    "14/09/2014:32": date(2020, 9, 14),
    "-REG #19- 10/03/2018 17:24": date(2018, 3, 10),
    "03/20/2023": date(2023, 3, 20),
}


@pytest.mark.parametrize(("text", "day"), FORMS.items(), ids=FORMS)
def test_a_date_is_read_in_any_form(text: str, day: date) -> None:
    assert [found.value for found in find_dates(text)] == [day]


@pytest.mark.parametrize(
    "text", ["14-16-2018", "07-3507405", "2 MARTINI 12", "31/02/2025", "99/99/99"]
)
def test_what_is_no_day_is_no_date(text: str) -> None:
    assert not list(find_dates(text))


@given(st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 12, 31)))
def test_every_day_written_the_argentine_way_is_read_back(day: date) -> None:
    assert [found.value for found in find_dates(day.strftime("%d/%m/%Y"))] == [day]


@given(st.text(max_size=80))
def test_no_text_breaks_the_search(text: str) -> None:
    assert all(found.value.year >= 2000 for found in find_dates(text))


DAYS_OF_ISSUE = {
    "label": (
        "Inicio de Actividades: 01/05/2009",
        "Fecha de Emisión: 02/10/2026",
        "Vto. CAE: 12/10/2026",
    ),
    "beside_a_time": ("Vencimiento 30/12/2026", "02/10/2026 18:42"),
    "billed_period": ("Desde: 01/09/2026 Hasta: 30/09/2026", "Fecha: 02/10/2026"),
    "heading_above": ("Invoice Date:   Due Date:", "02/10/2026   30/10/2026"),
    "in_the_future": ("02/10/2026", "05/05/2031"),
}


@pytest.mark.parametrize("rows", DAYS_OF_ISSUE.values(), ids=DAYS_OF_ISSUE)
def test_the_day_of_issue_is_told_from_the_other_dates(rows: tuple[str, ...]) -> None:
    reading = read_date(page_of_rows(*rows), today=TODAY)

    assert reading is not None
    assert reading.value == date(2026, 10, 2)


def test_a_date_that_can_only_be_month_first_decides_for_the_others() -> None:
    rows = ("Date: 04/05/2023", "Due: 04/19/2023")

    reading = read_date(page_of_rows(*rows), today=TODAY)

    assert reading is not None
    assert reading.value == date(2023, 4, 5)


def test_the_evidence_is_the_row_it_was_read_from() -> None:
    reading = read_date(page_of_rows("SHOP", "Fecha 02/10/2026"), today=TODAY)

    assert reading is not None
    assert (reading.evidence.page, reading.evidence.text) == (1, "Fecha 02/10/2026")
    assert reading.evidence.box is not None
    assert 0 < reading.evidence.box.top < reading.evidence.box.bottom <= 1


def test_nobody_is_sure_of_a_day_that_is_yet_to_come() -> None:
    reading = read_date(page_of_rows("Transferencia", "Fecha de Emisión:   1/1/30"), today=TODAY)

    assert reading is not None
    assert reading.value == date(2030, 1, 1)
    assert reading.confidence <= 0.3
