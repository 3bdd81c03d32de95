"""Last step of a document: its receipts are decided, and its sender told, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from acuse.data.pool import Conn
from acuse.errors import NotFound
from acuse.events import held
from acuse.matching.decide import match_receipt
from acuse.matching.outcome import Matched, Outcome, Reason
from acuse.receipts.store import Facts, facts_of, receipts_of_media
from acuse.replies import texts
from acuse_workers.steps.job import NOT_LONG, Job, Next, reply
from acuse_workers.steps.subject import end_if_overtaken, subject_of

# What was read with less confidence than this is said to be doubtful.
_DOUBTFUL: Final = 0.75


async def match(job: Job) -> Next:
    """Match each receipt or hand it to a person, and answer their sender once."""
    async with job.transaction() as conn:
        subject = await subject_of(conn, job)
        if await end_if_overtaken(conn, job, subject):
            return "ignored"
        receipt_ids = await receipts_of_media(conn, job.event.tenant_id, subject.media.id)
        if not receipt_ids:
            raise NotFound("the document has no receipt that could be matched")
        await conn.execute(NOT_LONG)
        outcomes = [await match_receipt(conn, job.tenant, each) for each in receipt_ids]
        await reply(
            conn,
            job,
            to=subject.message.sender_id,
            purpose="result",
            body=await _answer(conn, job, outcomes),
            quoting=subject.message.message_id,
        )
        await held.finish(conn, job.event)
    return "processed"


async def _answer(conn: Conn, job: Job, outcomes: Sequence[Outcome]) -> str:
    told = [
        (outcome, await facts_of(conn, job.event.tenant_id, outcome.receipt_id))
        for outcome in outcomes
    ]
    seen = told[0][1].slips
    if len(told) == 1:
        return _said(job, *told[0], slips=seen)
    each = [_said(job, outcome, facts, slips=1) for outcome, facts in told]
    return texts.several(job.tenant.locale, each, slips=seen)


def _said(job: Job, outcome: Outcome, facts: Facts, *, slips: int) -> str:
    locale = job.tenant.locale
    currency = facts.currency or job.tenant.currency
    seen = texts.Seen(
        facts.vendor,
        facts.amount,
        currency,
        facts.issued_on,
        tuple(_doubtful(facts, outcome)),
        slips=slips,
    )
    if isinstance(outcome, Matched):
        line = texts.LedgerLine(outcome.description, outcome.posted_on)
        return texts.matched(locale, seen, line)
    if outcome.reason is Reason.DUPLICATE:
        return texts.duplicate(locale, seen)
    if facts.confidence is not None and facts.confidence < job.tenant.thresholds.resend:
        return texts.resend(locale, seen)
    return texts.needs_review(locale, seen)


def _doubtful(facts: Facts, outcome: Outcome) -> Iterator[texts.Doubtful]:
    """Yield what was read unsurely; the ledger's line confirms an amount that it was found by."""
    confidences: tuple[tuple[texts.Doubtful, float | None], ...] = (
        ("vendor", facts.vendor_confidence),
        ("amount", None if isinstance(outcome, Matched) else facts.amount_confidence),
        ("date", facts.date_confidence),
    )
    for field, sure in confidences:
        if sure is not None and sure < _DOUBTFUL:
            yield field
