"""A ledger as a CSV file; docs/ledger.md describes the format."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Final

from acuse.errors import LedgerFault
from acuse.ledger.rows import MAX_ROWS, OPTIONAL, REQUIRED, RawRow, refuse
from acuse.matching.names import fold

MAX_BYTES: Final = 5 * 1024 * 1024
_BOM: Final = b"\xef\xbb\xbf"

# A header's name, folded, to its column.
_NAMES: Final[Mapping[str, str]] = {
    **{fold(name): name for name in (*REQUIRED, *OPTIONAL)},
    "fecha": "date",
    "importe": "amount",
    "monto": "amount",
    "moneda": "currency",
    "descripcion": "description",
    "id": "external_id",
    "contraparte": "counterparty",
    "cuit": "tax_id",
    "referencia": "reference",
}


def read_csv(data: bytes) -> list[RawRow]:
    """Return the lines of the file; raise LedgerInvalid when it is not such a file."""
    if len(data) > MAX_BYTES:
        raise refuse([LedgerFault(1, "file_too_large")])
    text = _decoded(data)
    header, _, _ = text.lstrip().partition("\n")
    delimiter = ";" if header.count(";") > header.count(",") else ","
    records = _records(text, delimiter)
    first = next(records, None)
    if first is None:
        raise refuse([LedgerFault(1, "file_empty")])
    columns = _columns(first)
    rows: list[RawRow] = []
    for line, cells in records:
        if len(rows) == MAX_ROWS:
            raise refuse([LedgerFault(line, "too_many_lines")])
        named = dict(zip(columns, cells, strict=False))
        fits = len(cells) == len(columns)
        rows.append(
            RawRow(
                line,
                {column: cell for column, cell in named.items() if column is not None},
                fault=None if fits else "cells_do_not_fit_header",
            )
        )
    return rows


def _decoded(data: bytes) -> str:
    data = data.removeprefix(_BOM)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        raise refuse([LedgerFault(line, "not_utf8")]) from exc


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record that is not blank, with the number of the line it starts on."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as exc:
            raise refuse([LedgerFault(line, "csv_broken")]) from exc
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield line, cells
        line = reader.line_num + 1


def _columns(first: tuple[int, list[str]]) -> list[str | None]:
    """Return the column of each cell, None for those that are not ours."""
    line, header = first
    columns = [_NAMES.get(fold(name)) for name in header]
    named = [column for column in columns if column is not None]
    faults = [
        LedgerFault(line, "column_missing", column) for column in REQUIRED if column not in named
    ]
    faults += [
        LedgerFault(line, "column_repeated", column)
        for column in dict.fromkeys(named)
        if named.count(column) > 1
    ]
    if faults:
        raise refuse(faults)
    return columns
