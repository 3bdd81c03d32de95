"""A ledger file: read as documented, or refused whole with each line's fault."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acuse.errors import LedgerFault, LedgerInvalid
from acuse.ledger.csv_file import MAX_BYTES, read_csv
from acuse.ledger.rows import MAX_FAULTS, MAX_ROWS, LedgerRow, RawRow, check_rows

FULL = LedgerRow(
    external_id="7",
    posted_on=date(2026, 3, 10),
    amount=Decimal("-1234.50"),
    currency="USD",
    description="Panadería",
    counterparty_name="La Unión",
    tax_id="30712345671",
    reference="A-1",
)


def rows(text: str | bytes) -> tuple[LedgerRow, ...]:
    data = text.encode() if isinstance(text, str) else text
    return check_rows(read_csv(data), currency="ARS")


def faults(text: str | bytes) -> list[tuple[int, str, str | None]]:
    with pytest.raises(LedgerInvalid) as caught:
        rows(text)
    return [(each.line, each.code, each.column) for each in caught.value.faults]


@pytest.mark.parametrize(
    "text",
    [
        "date,amount,currency,description,external_id,counterparty,tax_id,reference\n"
        "2026-03-10,-1234.50,USD,Panadería,7,La Unión,30-71234567-1,A-1\n",
        "fecha;importe;moneda;descripcion;id;contraparte;cuit;referencia\r\n"
        '10/03/2026;-1.234,50;usd;"Panadería";7;La Unión;30712345671;A-1',
        "\ufeffFECHA;Importe;Moneda;Descripción;ID;Contraparte;CUIT;Referencia;Saldo\n\n"
        "10/03/2026;-1.234,50;USD;Panadería;7;La Unión;30712345671;A-1;999\n;;;;;;;;\n",
        "reference,tax id,counterparty,external id,description,currency,amount,date\n"
        'A-1, 30712345671 ,La Unión,7,Panadería,USD,"-1.234,50",10/03/2026\n',
    ],
    ids=["english, comma", "spanish, semicolon", "BOM, capitals, extra column, blanks", "order"],
)
def test_the_same_line_is_read_from_each_way_of_writing_it(text: str) -> None:
    assert rows(text) == (FULL,)


def test_what_is_optional_may_be_missing() -> None:
    (row,) = rows("date,amount,description\n2026-03-10,5,Kiosco\n")

    assert row.external_id.startswith("line:")
    assert (row.currency, row.counterparty_name, row.tax_id, row.reference) == (
        "ARS",
        None,
        None,
        None,
    )


def test_equal_lines_stay_apart_and_keep_their_ids_in_the_next_file() -> None:
    header, line = "date,amount,description\n", "2026-03-10,5,Kiosco\n"

    one, two = rows(header + line + line)

    assert one.external_id != two.external_id
    assert rows(header + line) == (one,)
    assert rows("descripcion;fecha;importe\nKiosco;10/03/2026;5,00\n") == (one,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", [(1, "file_empty", None)]),
        (b"\n \n", [(1, "file_empty", None)]),
        (b"date,amount,description\n2026-03-10,5,Panader\xeda\n", [(2, "not_utf8", None)]),
        ("fecha,importe\n", [(1, "column_missing", "description")]),
        ("date,fecha,amount,description\n", [(1, "column_repeated", "date")]),
        ('date,amount,description\n2026-03-10,5,"open\n', [(2, "csv_broken", None)]),
        (
            "date,amount,description\n2026-03-10,5\n2026-03-10,5,a,b\n2026-03-10,1.234,a\n",
            [
                (2, "cells_do_not_fit_header", None),
                (3, "cells_do_not_fit_header", None),
                (4, "amount_ambiguous", "amount"),
            ],
        ),
        (
            "date,amount,description,currency,cuit\n31/02/2026,x,,PESOS,1\n",
            [
                (2, "date_invalid", "date"),
                (2, "amount_invalid", "amount"),
                (2, "currency_invalid", "currency"),
                (2, "value_missing", "description"),
                (2, "tax_id_invalid", "tax_id"),
            ],
        ),
        (
            'date,amount,description,id\n2026-03-10,5,"two\nlines",1\n2026-03-10,5,b,1\n',
            [(4, "external_id_repeated", "external_id")],
        ),
        ("date,amount,description\n2026-03-10,5,a\x00b\n", [(2, "text_invalid", "description")]),
        (f"date,amount,description\n2026-03-10,5,{'a' * 501}\n",
         [(2, "text_too_long", "description")]),
        (b"a" * (MAX_BYTES + 1), [(1, "file_too_large", None)]),
    ],
    ids=["empty", "blank", "latin-1", "no description", "date twice", "open quote", "cells",
         "every cell", "id twice", "NUL", "long", "large"],
)  # fmt: skip
def test_a_file_that_is_not_one_is_refused_with_line_and_code(
    text: str | bytes, expected: list[tuple[int, str, str | None]]
) -> None:
    assert faults(text) == expected


def test_a_value_is_never_repeated_in_the_error() -> None:
    with pytest.raises(LedgerInvalid) as caught:
        rows("date,amount,description\nSECRET,SECRET,x\n")

    assert "SECRET" not in f"{caught.value} {caught.value.faults}"


def test_faults_are_counted_beyond_those_listed() -> None:
    text = "date,amount,description\n" + "x,1,a\n" * 250

    with pytest.raises(LedgerInvalid, match="and 247 more") as caught:
        rows(text)

    assert len(caught.value.faults) == MAX_FAULTS


def test_too_many_lines_are_refused() -> None:
    text = "date,amount,description\n" + "2026-03-10,1,a\n" * (MAX_ROWS + 1)

    assert faults(text) == [(MAX_ROWS + 2, "too_many_lines", None)]
    with pytest.raises(LedgerInvalid) as caught:
        check_rows([RawRow(line, {}) for line in range(MAX_ROWS + 1)], currency="ARS")
    assert caught.value.faults == (LedgerFault(MAX_ROWS, "too_many_lines"),)


@given(
    st.lists(
        st.tuples(
            st.dates(date(1990, 1, 1), date(2199, 12, 31)),
            st.decimals(-(10**12), 10**12, places=2),
            st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=50).filter(
                str.strip
            ),
        ),
        max_size=20,
    ),
    st.sampled_from(",;"),
)
def test_any_ledger_written_as_csv_is_read_back(
    lines: list[tuple[date, Decimal, str]], delimiter: str
) -> None:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter)
    writer.writerow(("date", "amount", "description"))
    writer.writerows((day.isoformat(), f"{amount:.2f}", text) for day, amount, text in lines)

    found = rows(written.getvalue())

    assert [(row.posted_on, row.amount, row.description) for row in found] == [
        (day, amount, text.strip()) for day, amount, text in lines
    ]
    assert len({row.external_id for row in found}) == len(lines)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(LedgerInvalid):
        assert isinstance(rows(b"date,amount,description\n" + data), tuple)
