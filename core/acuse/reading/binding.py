"""Which pages of a file belong to one document: several invoices may come in one PDF."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final, TypeAlias

from acuse.reading.dates import read_date
from acuse.reading.kind import read_kind
from acuse.reading.number import read_number
from acuse.reading.tax_id import read_tax_id
from acuse.reading.values import Kind, PageText

Pages: TypeAlias = Sequence[PageText]
_Name: TypeAlias = tuple[str, str]

# Of a file with more documents than these the last ones stay together.
MOST: Final = 20
_OTHERS: Final = frozenset({Kind.TRANSFER, Kind.FOREIGN, Kind.NONE})


def documents_of(pages: Pages, *, today: date) -> list[list[PageText]]:
    """Return the pages of each document, in order; one list of all where they are of one.

    A page begins another document when it has the head of an Argentine one, issuer's tax id, date
    and fiscal number, and none before it has that number: copies and pages that go on stay.
    """
    documents: list[list[PageText]] = []
    names: list[_Name | None] = []
    for page in pages:
        name = _name(page, today)
        if name is not None and name in names:
            documents[names.index(name)].append(page)
        elif not documents or (name and names[-1] and len(documents) < MOST):
            documents.append([page])
            names.append(name)
        else:
            documents[-1].append(page)
            # What comes before the first head is its cover.
            names[-1] = names[-1] or name
    return documents


def _name(page: PageText, today: date) -> _Name | None:
    """Return issuer and number of the document that a page shows the head of."""
    kind = read_kind([page]).value
    if kind in _OTHERS:
        return None
    number, tax_id = read_number([page], kind), read_tax_id([page])
    if number is None or tax_id is None or read_date([page], today=today) is None:
        return None
    return tax_id.value, number.value
