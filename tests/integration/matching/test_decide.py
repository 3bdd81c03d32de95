"""Matching on a real database: one to one, duplicates shown, every decision kept and undoable."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

import psycopg
import pytest

from acuse.data.pool import Pool, open_pool, transaction
from acuse.errors import NotFound
from acuse.matching.decide import match_receipt, rematch_open, undo_match
from acuse.matching.outcome import Matched, NeedsReview, Outcome, Reason
from acuse.matching.queries import CANDIDATES
from acuse.reading.decision import Thresholds
from support.databases import Database
from support.receipts import ACME, BETA, YPF, YPF_LINE, ReceiptDraft, add_line, add_receipt


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    async with open_pool(database.url, "acuse_worker", size=6, name="t") as opened:
        yield opened


async def match(pool: Pool, receipt_id: UUID) -> Outcome:
    async with transaction(pool, tenant_id=ACME.id) as conn:
        return await match_receipt(conn, ACME, receipt_id)


async def one(pool: Pool, query: str, *values: object) -> tuple[object, ...] | None:
    async with transaction(pool, tenant_id=ACME.id) as conn:
        return await (await conn.execute(query.encode(), values)).fetchone()


async def status(pool: Pool, receipt_id: UUID) -> object:
    row = await one(pool, "SELECT status FROM acuse.receipts WHERE id = %s", receipt_id)
    return row and row[0]


async def test_a_receipt_is_matched_to_its_payment_and_the_counterparty_linked(pool: Pool) -> None:
    async with transaction(pool, tenant_id=ACME.id) as conn:
        line = await add_line(conn, ACME)
        await add_line(conn, ACME, replace(YPF_LINE, amount=Decimal("-99.00")))
        receipt = await add_receipt(conn, ACME, replace(YPF, tax_id="30712345671"))

    outcome = await match(pool, receipt)

    assert isinstance(outcome, Matched)
    assert (outcome.transaction_id, outcome.amount) == (line, Decimal("-1234.50"))
    assert outcome.description == "COMPRA YPF 1234"
    assert [each.feature for each in outcome.explanation] == [
        "amount", "sign", "date", "party", "number",
    ]  # fmt: skip
    linked = await one(
        pool,
        "SELECT c.name, c.name_key, c.tax_id FROM acuse.counterparties c"
        " JOIN acuse.transactions t ON t.counterparty_id = c.id WHERE t.id = %s AND c.id = %s",
        line,
        outcome.counterparty_id,
    )
    assert linked == ("YPF", "ypf", "30712345671")
    assert await status(pool, receipt) == "matched"


@pytest.mark.parametrize(
    ("auto", "vendor", "is_matched"),
    [(0.9, "YPF", True), (0.9, "Kiosco", False), (0.6, "Kiosco", True)],
    ids=["the line names the vendor", "nothing confirms it", "the tenant asks for less"],
)
async def test_what_was_read_unsurely_needs_a_line_that_confirms_it(
    pool: Pool, auto: float, vendor: str, *, is_matched: bool
) -> None:
    readings = {"amount": {"confidence": 0.7}, "issued_on": {"confidence": 0.95}, "vendor": None}
    tenant = replace(ACME, thresholds=Thresholds(auto=auto))
    async with transaction(pool, tenant_id=ACME.id) as conn:
        await add_line(conn, ACME, replace(YPF_LINE, posted_on=date(2026, 3, 10)))
        receipt = await add_receipt(conn, ACME, replace(YPF, vendor=vendor, readings=readings))
        outcome = await match_receipt(conn, tenant, receipt)

    if is_matched:
        assert isinstance(outcome, Matched)
    else:
        assert isinstance(outcome, NeedsReview)
        assert outcome.reason is Reason.LOW_CONFIDENCE


async def test_deciding_again_returns_the_match_that_stands(pool: Pool) -> None:
    async with transaction(pool, tenant_id=ACME.id) as conn:
        await add_line(conn, ACME)
        receipt = await add_receipt(conn, ACME)

    assert await match(pool, receipt) == await match(pool, receipt)


@pytest.mark.parametrize(
    ("draft", "reason"),
    [
        (replace(YPF, amount=None), Reason.NO_AMOUNT),
        (replace(YPF, amount=Decimal(0)), Reason.NO_AMOUNT),
        (replace(YPF, amount=Decimal(7)), Reason.NO_CANDIDATE),
        (replace(YPF, currency="USD"), Reason.NO_CANDIDATE),
        (replace(YPF, issued_on=date(2026, 3, 20)), Reason.NO_CANDIDATE),
        (replace(YPF, amount=Decimal("1230.00")), Reason.LOW_SCORE),
        (replace(YPF, confidence=0.1), Reason.LOW_CONFIDENCE),
        (replace(YPF, issued_on=None), Reason.LOW_CONFIDENCE),
    ],
    ids=["no amount", "zero", "other amount", "other currency", "too late", "about", "unsure",
         "no date"],
)  # fmt: skip
async def test_what_cannot_be_matched_waits_for_a_person_with_a_reason(
    pool: Pool, draft: ReceiptDraft, reason: Reason
) -> None:
    async with transaction(pool, tenant_id=ACME.id) as conn:
        await add_line(conn, ACME, replace(YPF_LINE, reference="7"))
        receipt = await add_receipt(conn, ACME, draft)

    outcome = await match(pool, receipt)

    assert isinstance(outcome, NeedsReview)
    assert outcome.reason == reason
    kept = await one(
        pool, "SELECT reason, closed_at FROM acuse.reviews WHERE receipt_id = %s", receipt
    )
    assert kept == (reason.value, None)
    assert await status(pool, receipt) == "review"


async def test_a_receipt_without_currency_is_in_the_tenants(pool: Pool) -> None:
    async with transaction(pool, tenant_id=ACME.id) as conn:
        await add_line(conn, ACME)
        receipt = await add_receipt(conn, ACME, replace(YPF, currency=None))

    assert isinstance(await match(pool, receipt), Matched)


async def test_two_equal_payments_are_left_to_a_person_who_is_shown_both(pool: Pool) -> None:
    async with transaction(pool, tenant_id=ACME.id) as conn:
        lines = {await add_line(conn, ACME), await add_line(conn, ACME)}
        receipt = await add_receipt(conn, ACME)

    outcome = await match(pool, receipt)

    assert isinstance(outcome, NeedsReview)
    assert outcome.reason == Reason.AMBIGUOUS
    assert {each.transaction.id for each in outcome.candidates} == lines
    kept = await one(pool, "SELECT candidates FROM acuse.reviews WHERE receipt_id = %s", receipt)
    assert kept is not None
    assert isinstance(kept[0], list)
    assert kept[0][0]["amount"] == "-1234.50"
    assert kept[0][0]["explanation"][0]["text"] == "El importe es igual: 1234.50 ARS."


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (replace(YPF, sha256="a" * 64), replace(YPF, sha256="a" * 64, vendor="other")),
        (
            replace(YPF, tax_id="30712345671", number="00003-00012345"),
            replace(YPF, tax_id="30712345671", number="00003-00012345", amount=Decimal(5)),
        ),
        (replace(YPF, kind="transfer", number="991"), replace(YPF, kind="transfer", number="991")),
    ],
    ids=["same file", "same fiscal number", "same operation without tax id"],
)
async def test_a_duplicate_is_shown_and_never_matched_twice(
    pool: Pool, first: ReceiptDraft, second: ReceiptDraft
) -> None:
    async with transaction(pool, tenant_id=ACME.id) as conn:
        await add_line(conn, ACME)
        original = await add_receipt(conn, ACME, first)
    assert isinstance(await match(pool, original), Matched)
    async with transaction(pool, tenant_id=ACME.id) as conn:
        await add_line(conn, ACME)
        copy = await add_receipt(conn, ACME, second)

    outcome = await match(pool, copy)

    assert isinstance(outcome, NeedsReview)
    assert (outcome.reason, outcome.duplicate_of) == (Reason.DUPLICATE, original)
    row = await one(pool, "SELECT status, duplicate_of FROM acuse.receipts WHERE id = %s", copy)
    assert row == ("review", original)
    assert isinstance(await match(pool, original), Matched)


async def test_another_tenants_copy_is_no_duplicate(pool: Pool) -> None:
    same = replace(YPF, sha256="b" * 64)
    async with transaction(pool, tenant_id=BETA.id) as conn:
        foreign = await add_receipt(conn, BETA, same)
        await match_receipt(conn, BETA, foreign)
    async with transaction(pool, tenant_id=ACME.id) as conn:
        await add_line(conn, ACME)
        receipt = await add_receipt(conn, ACME, same)

    assert isinstance(await match(pool, receipt), Matched)
    with pytest.raises(NotFound):
        await match(pool, foreign)


async def test_receipts_racing_for_one_payment_have_one_winner(pool: Pool) -> None:
    async with transaction(pool, tenant_id=ACME.id) as conn:
        line = await add_line(conn, ACME)
        receipts = [await add_receipt(conn, ACME) for _ in range(5)]

    outcomes = await asyncio.gather(*(match(pool, receipt) for receipt in receipts))

    won = [each for each in outcomes if isinstance(each, Matched)]
    lost = [each for each in outcomes if isinstance(each, NeedsReview)]
    assert [each.transaction_id for each in won] == [line]
    assert [each.reason for each in lost] == [Reason.NO_CANDIDATE] * 4


async def test_the_loser_of_a_race_is_decided_again_after_the_winner_commits(pool: Pool) -> None:
    async with transaction(pool, tenant_id=ACME.id) as conn:
        await add_line(conn, ACME)
        first, second = [await add_receipt(conn, ACME) for _ in "ab"]

    async with transaction(pool, tenant_id=ACME.id) as conn:
        assert isinstance(await match_receipt(conn, ACME, first), Matched)
        # The line looks free to the second, whose insert waits until the first commits.
        loser = asyncio.create_task(match(pool, second))
        await until_waiting(pool)
    outcome = await loser

    assert isinstance(outcome, NeedsReview)
    assert outcome.reason == Reason.NO_CANDIDATE


async def test_the_loser_wins_when_the_winner_rolls_back(pool: Pool) -> None:
    async with transaction(pool, tenant_id=ACME.id) as conn:
        await add_line(conn, ACME)
        first, second = [await add_receipt(conn, ACME) for _ in "ab"]

    async with transaction(pool, tenant_id=ACME.id) as conn, conn.transaction(force_rollback=True):
        assert isinstance(await match_receipt(conn, ACME, first), Matched)
        heir = asyncio.create_task(match(pool, second))
        await until_waiting(pool)
    outcome = await heir

    assert isinstance(outcome, Matched)


async def test_two_copies_at_once_are_one_original_and_one_duplicate(pool: Pool) -> None:
    same = replace(YPF, sha256="c" * 64)
    async with transaction(pool, tenant_id=ACME.id) as conn:
        for _ in "ab":
            await add_line(conn, ACME, replace(YPF_LINE, posted_on=date(2026, 3, 10)))
        first, second = [await add_receipt(conn, ACME, same) for _ in "ab"]

    outcomes = await asyncio.gather(match(pool, first), match(pool, second))

    reasons = sorted(o.reason for o in outcomes if isinstance(o, NeedsReview))
    assert reasons == [Reason.AMBIGUOUS, Reason.DUPLICATE]


async def test_an_undone_match_frees_both_sides(pool: Pool) -> None:
    async with transaction(pool, tenant_id=ACME.id) as conn:
        line = await add_line(conn, ACME)
        receipt, other = [await add_receipt(conn, ACME) for _ in "ab"]
    await match(pool, receipt)

    async with transaction(pool, tenant_id=ACME.id) as conn:
        freed = await undo_match(conn, ACME.id, receipt, "message_revoked")
        again = await undo_match(conn, ACME.id, receipt, "message_revoked")

    assert (freed, again) == (line, None)
    assert await status(pool, receipt) == "read"
    outcome = await match(pool, other)
    assert isinstance(outcome, Matched)
    assert outcome.transaction_id == line
    kept = await one(pool, "SELECT undone_reason FROM acuse.matches WHERE receipt_id = %s", receipt)
    assert kept == ("message_revoked",)


async def test_an_undone_review_is_closed(pool: Pool) -> None:
    async with transaction(pool, tenant_id=ACME.id) as conn:
        receipt = await add_receipt(conn, ACME)
    await match(pool, receipt)

    async with transaction(pool, tenant_id=ACME.id) as conn:
        await undo_match(conn, ACME.id, receipt, "message_edited")

    row = await one(
        pool, "SELECT closed_at IS NOT NULL FROM acuse.reviews WHERE receipt_id = %s", receipt
    )
    assert row == (True,)


async def test_a_payment_that_comes_later_is_found_by_trying_again(pool: Pool) -> None:
    async with transaction(pool, tenant_id=ACME.id) as conn:
        receipt = await add_receipt(conn, ACME)
        unread = await add_receipt(conn, ACME, replace(YPF, amount=None))
    await match(pool, receipt)
    await match(pool, unread)

    async with transaction(pool, tenant_id=ACME.id) as conn:
        await add_line(conn, ACME)
        matched = await rematch_open(conn, ACME)
        again = await rematch_open(conn, ACME)

    assert (matched, again) == (1, 0)
    assert (await status(pool, receipt), await status(pool, unread)) == ("matched", "review")
    row = await one(
        pool, "SELECT count(*) FROM acuse.reviews WHERE receipt_id = %s AND closed_at IS NULL",
        receipt,
    )  # fmt: skip
    assert row == (0,)


@pytest.mark.parametrize("state", ["rejected", "revoked"])
async def test_a_receipt_that_is_out_is_not_matched(pool: Pool, state: str) -> None:
    async with transaction(pool, tenant_id=ACME.id) as conn:
        receipt = await add_receipt(conn, ACME)
        await conn.execute("UPDATE acuse.receipts SET status = %s", [state])

    with pytest.raises(NotFound):
        await match(pool, receipt)
    with pytest.raises(NotFound):
        await match(pool, uuid4())


async def test_money_that_came_in_is_linked_to_its_payer_not_to_ourselves(pool: Pool) -> None:
    voucher = replace(YPF, kind="transfer", vendor="Acme S.A.", tax_id="30712345671")
    incoming = replace(
        YPF_LINE,
        amount=Decimal("1234.50"),
        posted_on=date(2026, 3, 10),
        counterparty_name="Juan Pérez",
        tax_id="20111111112",
    )
    async with transaction(pool, tenant_id=ACME.id) as conn:
        await add_line(conn, ACME, incoming)
        receipt = await add_receipt(conn, ACME, voucher)

    await match(pool, receipt)

    assert await one(pool, "SELECT name, tax_id FROM acuse.counterparties") == (
        "Juan Pérez",
        "20111111112",
    )


async def test_the_same_counterparty_is_used_again(pool: Pool) -> None:
    async with transaction(pool, tenant_id=ACME.id) as conn:
        for amount in (Decimal(10), Decimal(20), Decimal(30)):
            await add_line(
                conn, ACME, replace(YPF_LINE, amount=-amount, posted_on=date(2026, 3, 10))
            )
        drafts = [
            replace(YPF, amount=Decimal(10), vendor="Kiosco Don Pepe S.R.L."),
            replace(YPF, amount=Decimal(20), vendor="KIOSCO DON PEPE"),
            replace(YPF, amount=Decimal(30), vendor="Kiosco Don Pepe", tax_id="30712345671"),
        ]
        receipts = [await add_receipt(conn, ACME, draft) for draft in drafts]

    found = [await match(pool, receipt) for receipt in receipts]

    ids = [each.counterparty_id for each in found if isinstance(each, Matched)]
    assert ids[0] == ids[1] != ids[2]


WAITING = """
    SELECT count(*) FROM pg_locks WHERE NOT granted
"""


async def until_waiting(pool: Pool) -> None:
    """Return once some session of the server waits for a lock."""
    async with asyncio.timeout(60):
        while True:
            row = await one(pool, WAITING)
            if row != (0,):
                return
            await asyncio.sleep(0.01)


async def test_candidates_come_from_their_index_under_row_security(
    pool: Pool, database: Database
) -> None:
    async with transaction(pool, tenant_id=ACME.id) as conn:
        await conn.execute(
            "INSERT INTO acuse.transactions (tenant_id, external_id, posted_on, amount, currency,"
            " description) SELECT %s, n, date '2026-01-01' + n %% 300, n, 'ARS', 'x'"
            " FROM generate_series(1, 5000) n",
            [ACME.id],
        )
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        owner.execute("ANALYZE acuse.transactions")
    values = {
        "tenant_id": ACME.id,
        "currency": "ARS",
        "hundredths": 123450,
        "least": 121000,
        "most": 125900,
        "issued_on": date(2026, 3, 10),
        "days": 5,
    }
    async with transaction(pool, tenant_id=ACME.id) as conn:
        found = await (await conn.execute(f"EXPLAIN {CANDIDATES}".encode(), values)).fetchall()

    plan = "\n".join(row[0] for row in found)
    assert "transactions_candidates" in plan
    assert "(hundredths >= '121000'::bigint)" in plan.partition("Index Cond")[2]
