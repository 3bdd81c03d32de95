"""Receipts in one photo are told apart where each has a total of its own, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Final

import msgspec
import pytest

from acuse.reading.slips import slips_of
from acuse.reading.values import Box, Word
from support.written import ALL, moved, tilted, written

TICKETS: Final = sorted(name for name, look in ALL.items() if look.is_ticket)
SROIE: Final = Path(__file__).resolve().parents[4] / "shared" / "receipts" / "sroie_dev"
Words = Sequence[Word]
Lay = Callable[[Words, Words], list[Word]]


def beside(first: Words, second: Words, *, gap: float = 60) -> list[Word]:
    right = max(word.box.right for word in first) - min(word.box.left for word in second)
    return moved(second, right=right + gap)


def below(first: Words, second: Words, *, gap: float = 90) -> list[Word]:
    down = max(word.box.bottom for word in first) - min(word.box.top for word in second)
    return moved(second, down=down + gap)


def sets(parts: Sequence[Words]) -> set[frozenset[int]]:
    return {frozenset(map(id, part)) for part in parts}


@pytest.mark.parametrize("by_word", [False, True], ids=["by line", "by word"])
@pytest.mark.parametrize("name", ALL)
def test_one_document_stays_one_whatever_it_looks_like(name: str, *, by_word: bool) -> None:
    for seed, degrees in product(range(4), (0, 3, -5)):
        words = tilted(written(ALL[name], seed=seed, by_word=by_word).words, degrees)

        assert slips_of(words) == [words]


@pytest.mark.parametrize("lay", [beside, below])
@pytest.mark.parametrize("second", TICKETS)
@pytest.mark.parametrize("first", ["fiscal_ticket", "kiosk_slip", "supermarket_ticket"])
def test_two_tickets_on_one_photo_are_two(first: str, second: str, lay: Lay) -> None:
    one = tilted(written(ALL[first], seed=1).words, 1.5)
    other = lay(one, tilted(written(ALL[second], seed=2).words, -1.5))

    assert sets(slips_of([*other, *one])) == sets([one, other])


def test_three_tickets_are_three() -> None:
    one, second, third = (written(ALL[name], seed=3).words for name in TICKETS[:3])
    two = beside(one, second)
    three = beside(two, third)

    assert sets(slips_of([*three, *one, *two])) == sets([one, two, three])


def test_a_ticket_and_what_was_paid_for_it_by_card_below_are_one() -> None:
    ticket = [
        word(text, 20, 40 * row)
        for row, text in enumerate(
            ("ALMACEN SRL", "CUIT 30-99000001-4", "Fecha 05/11/2026", "TOTAL $ 1.234,50")
        )
    ]
    card = moved(ticket, down=400)

    assert slips_of([*ticket, *card]) == [[*ticket, *card]]


def test_parties_side_by_side_are_one_document() -> None:
    party = [
        word("Titular", 20, 20),
        word("CUIT 30-99000001-4", 20, 60),
        word("05/11/2026", 20, 99),
    ]
    total = [word("TOTAL $ 1.234,50", 20, 140), word("Gracias", 20, 180)]

    whole = [*party, *total, *moved(party, right=900)]

    assert slips_of(whole) == [whole]


def test_no_receipt_of_sroie_is_torn_apart() -> None:
    labels = sorted(SROIE.glob("*.json"))
    if not labels:
        pytest.skip(f"{SROIE} is not there")
    torn: list[str] = []
    for path in labels:
        lines = msgspec.json.decode(path.read_bytes())["lines"]
        words = [Word(line["text"], Box(*map(float, line["bbox"])), 1.0, 1) for line in lines]
        if len(slips_of(words)) > 1:
            torn.append(path.name)

    assert not torn


def word(text: str, left: float, top: float) -> Word:
    return Word(text, Box(left, top, left + 12.0 * len(text), top + 22), 0.9, 1)
