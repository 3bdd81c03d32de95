"""The score: exact amount first, then the day and who it was; every point explained."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acuse.matching.score import RULES, Claim, Scored, Transaction, score
from acuse.matching.texts import SENTENCES

DAY = date(2026, 3, 10)
CLAIM = Claim(
    amount=Decimal("1234.50"),
    currency="ARS",
    kind="factura_a",
    issued_on=DAY,
    vendor="Panadería La Unión S.R.L.",
    tax_id="30712345671",
    number="00003-00012345",
)
LINE = Transaction(
    id=UUID(int=1),
    posted_on=DAY,
    amount=Decimal("-1234.50"),
    currency="ARS",
    description="COMPRA CON TARJETA",
)


def value(scored: Scored, feature: str) -> float:
    return next(each.value for each in scored.explanation if each.feature == feature)


def text(scored: Scored, feature: str) -> str:
    return next(each.text for each in scored.explanation if each.feature == feature)


def test_the_weights_share_out_one() -> None:
    assert sum(RULES.weights.values()) == pytest.approx(1.0)


def test_a_line_that_agrees_in_everything_scores_one() -> None:
    line = replace(LINE, tax_id="30712345671", reference="FC A 00003-00012345")

    assert score(CLAIM, line).score == 1.0


@pytest.mark.parametrize(
    ("amount", "expected"),
    [("-1234.50", 1.0), ("-1234.49", 0.5), ("-1222.155", 0.25), ("-1209.81", 0.0), ("-1", 0.0)],
)
def test_an_inexact_amount_is_worth_at_most_half(amount: str, expected: float) -> None:
    found = score(CLAIM, replace(LINE, amount=Decimal(amount)))

    assert value(found, "amount") == pytest.approx(expected, abs=0.01)
    assert found.exact is (expected == 1.0)


@pytest.mark.parametrize(
    ("kind", "amount", "expected", "words"),
    [
        ("factura_b", "-1234.50", 1.0, "es el esperado"),
        ("factura_b", "1234.50", 0.0, "Un pago debería salir"),
        ("nota_credito", "1234.50", 1.0, "es el esperado"),
        ("nota_credito", "-1234.50", 0.0, "nota de crédito debería entrar"),
        ("nota_debito", "1234.50", 0.0, "Un pago debería salir"),
        ("transfer", "-1234.50", 1.0, "un pago o un cobro"),
        ("transfer", "1234.50", 1.0, "un pago o un cobro"),
        ("recibo", "1234.50", 1.0, "un pago o un cobro"),
        (None, "1234.50", 1.0, "un pago o un cobro"),
    ],
)
def test_a_credit_note_is_expected_to_come_in_and_a_purchase_to_go_out(
    kind: str | None, amount: str, expected: float, words: str
) -> None:
    found = score(replace(CLAIM, kind=kind), replace(LINE, amount=Decimal(amount)))

    assert value(found, "sign") == expected
    assert words in text(found, "sign")


@pytest.mark.parametrize(
    ("days", "expected"),
    [(0, 1.0), (1, 0.833), (-1, 0.833), (3, 0.5), (5, 0.167), (6, 0.0), (-30, 0)],
)
def test_a_day_counts_less_the_farther_it_is(days: int, expected: float) -> None:
    found = score(CLAIM, replace(LINE, posted_on=DAY + timedelta(days=days)))

    assert value(found, "date") == pytest.approx(expected, abs=0.001)


@pytest.mark.parametrize(
    ("line", "least", "most"),
    [
        (replace(LINE, tax_id="30712345671"), 1, 1),
        (replace(LINE, description="DEBITO 30-71234567-1 PROV"), 1, 1),
        (replace(LINE, reference="30712345671"), 1, 1),
        (replace(LINE, counterparty_name="PANADERIA LA UNION SRL"), 1, 1),
        (replace(LINE, description="compra panaderia la union cba"), 1, 1),
        (replace(LINE, counterparty_name="Panadria La Unon"), 0.6, 0.99),
        (replace(LINE, counterparty_name="Panadería La Unión", tax_id="20111111112"), 0.5, 0.5),
        (replace(LINE, counterparty_name="Farmacity", tax_id="20111111112"), 0, 0),
        (replace(LINE, counterparty_name="Ferretería Norte"), 0, 0.1),
        (LINE, 0, 0),
    ],
    ids=[
        "same tax id", "tax id in the text", "tax id in the reference", "same name",
        "name in the text", "misread name", "same name, other tax id", "other in both",
        "other name", "nothing said",
    ],
)  # fmt: skip
def test_who_it_was_is_told_by_tax_id_or_name(line: Transaction, least: float, most: float) -> None:
    found = score(CLAIM, line)

    assert least <= value(found, "party") <= most


@pytest.mark.parametrize(
    ("number", "description", "expected"),
    [
        ("00003-00012345", "FC 00003-00012345", 1.0),
        ("00003-00012345", "FC 3-00012345", 1.0),
        ("00003-00012345", "PAGO 12345 PROV", 1.0),
        ("00003-00012345", "PAGO 123456 PROV", 0.0),
        ("00003-00000012", "CUOTA 12 DE 12", 0.0),
        ("00003-00000012", "FC 00003-00000012", 1.0),
        ("89123456789", "TRANSF 89123456789", 1.0),
        ("LX9K-22MN", "TRANSF lx9k22mn", 1.0),
        ("LX9K-22MN", "TRANSF OTRA", 0.0),
        (None, "FC 00003-00012345", 0.0),
    ],
)
def test_a_number_counts_when_the_line_names_it_whole(
    number: str | None, description: str, expected: float
) -> None:
    found = score(replace(CLAIM, number=number), replace(LINE, description=description))

    assert value(found, "number") == expected


def test_the_published_anchors_hold() -> None:
    """Ramp: exact amount and exact day. Fyle: exact amount within 5 days, here when named too."""
    bare = replace(CLAIM, vendor=None, tax_id=None, number=None)
    named = replace(LINE, counterparty_name="La Unión Panadería")

    assert score(bare, LINE).score >= RULES.auto
    assert score(bare, replace(LINE, posted_on=DAY + timedelta(days=3))).score < RULES.auto
    assert score(CLAIM, replace(named, posted_on=DAY + timedelta(days=5))).score >= RULES.auto


def test_every_feature_says_why_in_the_tenants_language() -> None:
    found = {locale: score(CLAIM, LINE, locale=locale) for locale in SENTENCES}

    assert text(found["es-AR"], "amount") == "El importe es igual: 1234.50 ARS."
    assert text(found["en"], "amount") == "The amount is the same: 1234.50 ARS."
    assert text(found["en"], "date") == "The date is the same."


def test_each_language_says_the_same_things() -> None:
    assert {frozenset(said) for said in SENTENCES.values()} == {frozenset(SENTENCES["en"])}


NAMES = st.one_of(st.none(), st.text(max_size=30), st.sampled_from(["YPF S.A.", "ypf", "La Unión"]))
CENTS = st.integers(1, 10**8).map(lambda cents: Decimal(cents) / 100)
CLAIMS = st.builds(
    Claim,
    amount=CENTS,
    currency=st.just("ARS"),
    kind=st.sampled_from([None, "factura_a", "nota_credito", "transfer"]),
    issued_on=st.one_of(st.none(), st.dates(date(2020, 1, 1), date(2030, 1, 1))),
    vendor=NAMES,
    tax_id=st.sampled_from([None, "30712345671"]),
    number=st.one_of(st.none(), st.text(max_size=15), st.just("00003-00012345")),
)
LINES = st.builds(
    Transaction,
    id=st.uuids(),
    posted_on=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    amount=st.tuples(CENTS, st.sampled_from([1, -1])).map(lambda pair: pair[0] * pair[1]),
    currency=st.just("ARS"),
    description=st.text(max_size=40),
    counterparty_name=NAMES,
    tax_id=st.sampled_from([None, "30712345671", "20111111112"]),
    reference=st.one_of(st.none(), st.just("12345")),
)


@given(CLAIMS, LINES)
def test_a_score_lies_between_0_and_1_and_is_the_sum_of_its_features(
    claim: Claim, line: Transaction
) -> None:
    found = score(claim, line)

    assert 0.0 <= found.score <= 1.0
    total = sum(each.value * each.weight for each in found.explanation)
    assert found.score == pytest.approx(total, abs=0.001)
    assert all(each.text for each in found.explanation)


@given(CLAIMS, LINES, st.integers(0, 400), st.integers(0, 400))
def test_a_nearer_day_never_scores_less(
    claim: Claim, line: Transaction, one: int, other: int
) -> None:
    near, far = sorted((one, other))
    claim = replace(claim, issued_on=DAY)

    assert (
        score(claim, replace(line, posted_on=DAY + timedelta(days=near))).score
        >= score(claim, replace(line, posted_on=DAY - timedelta(days=far))).score
    )


@given(CLAIMS, LINES, CENTS, CENTS)
def test_a_nearer_amount_never_scores_less(
    claim: Claim, line: Transaction, one: Decimal, other: Decimal
) -> None:
    near, far = sorted((one, other))
    sign = -1 if line.amount < 0 else 1

    assert (
        score(claim, replace(line, amount=(claim.amount + near) * sign)).score
        >= score(claim, replace(line, amount=(claim.amount + far) * sign)).score
    )


@given(CLAIMS, LINES)
def test_being_named_never_scores_less(claim: Claim, line: Transaction) -> None:
    claim = replace(claim, vendor="Panadería La Unión", number="00003-00012345")
    named = replace(
        line,
        counterparty_name="Panaderia La Union SRL",
        description=f"{line.description} 00003-00012345",
    )

    assert score(claim, named).score >= score(claim, line).score


def test_the_documented_weights_are_those_in_use() -> None:
    text = (Path(__file__).parents[3] / "docs" / "matching.md").read_text(encoding="utf-8")
    said = re.findall(r"^\| `(\w+)` \| (0\.\d+) \|", text, re.MULTILINE)

    assert {name: float(weight) for name, weight in said} == RULES.weights
