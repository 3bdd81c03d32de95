"""Pages of one file become as many documents as there are heads of other ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final

import pytest

from acuse.reading.binding import MOST, documents_of
from acuse.reading.choosing import read_all
from acuse.reading.values import Line, PageText
from acuse_lab.documents.fiscal_qr import FiscalFacts, fiscal_address
from support.reading_pages import page_of_rows

TODAY: Final = date(2026, 11, 23)
ON: Final = ("Detalle de horas trabajadas", "Remito 00009-00000077   10,00", "Fecha 02/11/2026")


def head(serial: int, *, total: str = "", tax_id: str = "30-99000001-4") -> tuple[str, ...]:
    """Return the rows of an invoice's first page."""
    rows = ("ALMACEN EL CEIBO S.R.L.", "FACTURA B", f"Nro. 00003-{serial:08d}", f"CUIT {tax_id}",
            "Fecha 05/11/2026")  # fmt: skip
    return (*rows, f"TOTAL   $ {total}") if total else rows


def file_of(*pages: tuple[str, ...]) -> list[PageText]:
    """Return the pages of a file, each with these rows."""
    return [_numbered(page_of_rows(*rows)[0], at) for at, rows in enumerate(pages, start=1)]


def _numbered(page: PageText, number: int) -> PageText:
    lines = tuple(_moved(line, number) for line in page.lines)
    return replace(page, number=number, lines=lines)


def _moved(line: Line, number: int) -> Line:
    return replace(line, page=number)


@pytest.mark.parametrize(
    ("pages", "bound"),
    [
        ([head(1, total="10,00")], [[1]]),
        ([head(1), head(1, total="10,00")], [[1, 2]]),
        ([head(1), ON, head(2), ON], [[1, 2], [3, 4]]),
        # Original, duplicado: the second copies come after the second document.
        ([head(1), head(2), head(1), head(2)], [[1, 3], [2, 4]]),
        # One number of two issuers.
        ([head(1), head(1, tax_id="30-71234567-1")], [[1], [2]]),
        # A cover, and a page that goes on before any head.
        ([("Resumen de noviembre",), head(1), head(2)], [[1, 2], [3]]),
        # Another's number without its head: a credit note says what it corrects.
        ([head(1), ("Comprobante asociado: FACTURA B 00003-00000007",)], [[1, 2]]),
        ([], []),
    ],
)
def test_pages_are_bound_by_issuer_and_number(
    pages: list[tuple[str, ...]], bound: list[list[int]]
) -> None:
    found = documents_of(file_of(*pages), today=TODAY)

    assert [[page.number for page in document] for document in found] == bound


def test_a_file_has_no_more_documents_than_can_be_answered_for() -> None:
    found = documents_of(file_of(*(head(n) for n in range(1, MOST + 6))), today=TODAY)

    assert [len(document) for document in found] == [1] * (MOST - 1) + [6]


def test_each_document_of_a_file_is_read_by_itself_with_its_own_qr() -> None:
    said = FiscalFacts(date(2026, 11, 5), "30990000014", 6, (3, 2), Decimal("88.00"), "7" * 14)
    pages = file_of(head(1, total="1.234,50"), head(2, total="88,00"), ON)

    found = read_all(pages, [fiscal_address(said)], today=TODAY, engine="pdfplumber")

    told = {
        one.number.value: (one.amount.value, one.amount.evidence.source, one.pages, one.slips)
        for one in found.apart()
        if one.number and one.amount
    }
    assert told == {
        "00003-00000001": (Decimal("1234.50"), "text_layer", 1, 2),
        "00003-00000002": (Decimal("88.00"), "qr", 2, 2),
    }
