"""What senders read: fixed sentences, harmless data, amounts and dates as people write them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acuse.replies import texts
from acuse.replies.content import TEXT_LIMIT
from acuse.replies.plain import day, money, plain
from acuse.replies.texts import LedgerLine, Seen
from acuse.tenants.tenant import Locale

LOCALES: Final[tuple[Locale, ...]] = ("es-AR", "en")
SEEN = Seen("Ferretería El Tornillo", Decimal("1234.56"), "ARS", date(2026, 3, 5))
LINE = LedgerLine("TRANSF 000123 EL TORNILLO", date(2026, 3, 6))
# What WhatsApp takes as formatting.
MARKS = "*_~`>"


def test_a_matched_receipt_is_told_with_its_ledger_line() -> None:
    assert texts.matched("es-AR", SEEN, LINE) == (
        "✅ ¡Listo! Registramos tu comprobante.\n"
        "*Ferretería El Tornillo* · $ 1.234,56 · 05/03/2026\n"
        "Movimiento: TRANSF 000123 EL TORNILLO, 06/03/2026."
    )
    assert texts.matched("en", SEEN, LINE) == (
        "✅ Done! Your receipt is recorded.\n"
        "*Ferretería El Tornillo* · ARS 1,234.56 · 5 Mar 2026\n"
        "Ledger entry: TRANSF 000123 EL TORNILLO, 6 Mar 2026."
    )


def test_what_was_not_read_is_left_out_and_a_missing_amount_is_said() -> None:
    nothing = Seen(None, None, None, None)

    assert "No pude leer el importe." in texts.needs_review("es-AR", nothing)
    assert "*" not in texts.needs_review("es-AR", nothing)


def test_what_was_read_unsurely_is_named_below() -> None:
    unsure = replace(SEEN, doubtful=("vendor", "date"))

    assert (
        texts.needs_review("es-AR", unsure).splitlines()[2] == "⚠️ Con dudas: el nombre, la fecha."
    )
    assert texts.needs_review("en", unsure).splitlines()[2] == "⚠️ Not sure of the name, the date."
    assert "⚠️" not in texts.needs_review("en", SEEN)


@pytest.mark.parametrize(
    ("locale", "asked", "nothing"),
    [
        (
            "es-AR",
            "👀 En la foto vi 3 comprobantes y leí solo este. Mandame los demás de a uno.",
            "no hace falta",
        ),
        (
            "en",
            "👀 I saw 3 receipts in the photo and read only this one."
            " Please send the others one by one.",
            "you don't need",
        ),
    ],
)
def test_of_several_receipts_in_a_photo_the_others_are_asked_for(
    locale: Locale, asked: str, nothing: str
) -> None:
    several = replace(SEEN, slips=3)
    said = [
        texts.matched(locale, several, LINE),
        texts.needs_review(locale, several),
        texts.duplicate(locale, several),
    ]

    assert [text.splitlines()[-1] for text in said] == [asked] * 3
    assert all("Ferretería El Tornillo" in text for text in said)
    # Who is asked for the others is not told that there is nothing to do.
    assert nothing in texts.needs_review(locale, SEEN)
    assert nothing not in said[1]


@pytest.mark.parametrize(
    ("locale", "seen", "missing"),
    [
        (
            "es-AR",
            "👀 En lo que mandaste vi {} comprobantes:",
            "👀 No pude leer todos. Mandame los que faltan de a uno.",
        ),
        (
            "en",
            "👀 I saw {} receipts in what you sent:",
            "👀 I couldn't read all of them. Please send the missing ones one by one.",
        ),
    ],
)
def test_what_became_of_each_receipt_of_a_photo_is_said_in_one_text(
    locale: Locale, seen: str, missing: str
) -> None:
    each = [texts.matched(locale, SEEN, LINE), texts.needs_review(locale, SEEN)]

    assert texts.several(locale, each, slips=2).split("\n\n") == [seen.format(2), *each]
    assert texts.several(locale, each, slips=3).split("\n\n") == [seen.format(3), *each, missing]


@pytest.mark.parametrize("locale", LOCALES)
def test_every_situation_has_its_own_words_in_both_languages(locale: Locale) -> None:
    codes = [
        "media_gone", "media_too_large", "media_type_unsupported", "document_protected",
        "document_broken", "not_a_receipt",
    ]  # fmt: skip
    said = [
        texts.matched(locale, SEEN, LINE),
        texts.needs_review(locale, SEEN),
        texts.duplicate(locale, SEEN),
        texts.resend(locale, SEEN),
        texts.help_text(locale, "Acme"),
        texts.declined(locale, "audio"),
        texts.declined(locale, "reaction"),
        *(texts.problem(locale, code) for code in codes),
    ]

    assert len(set(said)) == len(said)
    assert all(0 < len(text) <= 400 and "{" not in text for text in said)


def test_an_error_without_words_of_its_own_still_says_what_to_do() -> None:
    for code in ("reading_crashed", "reading_timed_out", "graph_refused", "anything"):
        assert "¿Me lo mandás de nuevo" in texts.problem("es-AR", code)


@given(st.text(), st.text(), st.sampled_from(LOCALES))
def test_data_can_neither_format_nor_break_a_text(
    vendor: str, description: str, locale: Locale
) -> None:
    seen = Seen(vendor, Decimal(5), "ARS", date(2026, 1, 1))
    line = LedgerLine(description, date(2026, 1, 2))
    text = texts.matched(locale, seen, line)

    assert len(text) <= TEXT_LIMIT
    assert text.count("\n") == 2
    assert text.count("*") == (2 if plain(vendor) else 0)
    assert not set(text) & set("_~`>\0\r\u202e\u2066")
    text.encode()


@given(st.text())
def test_plain_data_is_one_short_line_without_marks(value: str) -> None:
    shown = plain(value)

    assert len(shown) <= 80
    assert not set(shown) & set(MARKS)
    assert shown == plain(shown) == shown.strip()


def test_braces_in_data_are_data() -> None:
    said = texts.matched(
        "en", Seen("{line}", Decimal(1), "ARS", None), LedgerLine("{0} {seen}", date(2026, 1, 1))
    )

    assert "*{line}*" in said
    assert "{0} {seen}" in said


@pytest.mark.parametrize(
    ("amount", "currency", "argentine", "english"),
    [
        ("0", "ARS", "$ 0,00", "ARS 0.00"),
        ("1234567.5", "ARS", "$ 1.234.567,50", "ARS 1,234,567.50"),
        ("-12.3", "USD", "US$ 12,30", "USD 12.30"),
        ("99", "EUR", "EUR 99,00", "EUR 99.00"),
    ],
)
def test_amounts(amount: str, currency: str, argentine: str, english: str) -> None:
    assert money(Decimal(amount), currency, locale="es-AR") == argentine
    assert money(Decimal(amount), currency, locale="en") == english


def test_dates() -> None:
    assert day(date(2026, 3, 5), locale="es-AR") == "05/03/2026"
    assert day(date(2026, 12, 31), locale="en") == "31 Dec 2026"
