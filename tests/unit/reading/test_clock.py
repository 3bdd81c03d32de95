"""The time of day of a document, as the many ways to print it have it."""

from __future__ import annotations

from datetime import time

import pytest

from acuse.reading.clock import read_time
from support.reading_pages import page_of_rows


def read(*rows: str) -> time | None:
    found = read_time(page_of_rows(*rows))
    return found.value if found else None


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("Fecha 17/10/26   Hora 18:42", time(18, 42)),
        ("FECHA: 05/11/2026   HORA: 07:51:09", time(7, 51)),
        ("17/10/2618:42", time(18, 42)),
        ("12 de noviembre de 2026 a las 14:05 hs", time(14, 5)),
        ("12/nov/2026 - 18.22 hs", time(18, 22)),
        ("05/12/2024 11:06 a.m.", time(11, 6)),
        ("12/25/2018 8:13:39 PM", time(20, 13)),
        ("01/02/2018 12:05 AM", time(0, 5)),
        ("01/02/2018 12:05PM", time(12, 5)),
        ("TIME:08:30:00", time(8, 30)),
        ("2026-11-05T18:42:10", time(18, 42)),
        ("Hora: 9:05", time(9, 5)),
        ("Emitido 05/11/2026 21h15", None),
        ("Emitido 05/11/2026 a las 21h15", time(21, 15)),
    ],
)
def test_a_time_is_read_to_the_minute(row: str, expected: time | None) -> None:
    assert read("TIQUE", row, "TOTAL   $ 10,00") == expected


def test_a_time_on_a_row_of_its_own_belongs_to_the_day_above() -> None:
    assert read("Fecha: 05/11/2026", "18:42", "TOTAL   $ 10,00") == time(18, 42)


@pytest.mark.parametrize(
    "row",
    [
        "Horario de atención: 09:00 a 18:00 hs",
        "Lunes a viernes 9:00 a 18:00",
        "Vto. 10/11/2026 23:59",
        "Entrega: 10/11/2026 16:30 hs",
        "Relación 16:9",
        "Precio 12.30",
        "25:70",
        "RG 4892:20",
        "Versículo 3:16",
    ],
)
def test_other_hours_are_not_the_documents(row: str) -> None:
    assert read("TIQUE", row, "TOTAL   $ 10,00") is None


def test_the_time_beside_the_day_counts_more_than_another() -> None:
    rows = ("05/11/2026 18:42", "TOTAL   $ 10,00", "Impreso a las 19:30")

    assert read(*rows) == time(18, 42)
