"""Third step of a document: from the object store into a receipt's fields."""

from __future__ import annotations

from typing import Final

from acuse.errors import (
    DocumentBroken,
    DocumentProtected,
    DocumentTooBig,
    MediaTypeUnsupported,
    ReadingCrashed,
    ReadingTimedOut,
)
from acuse.events import held
from acuse.reading.decision import THRESHOLDS, decide
from acuse.reading.values import DocumentReading, Kind
from acuse.receipts.learning import with_learned
from acuse.receipts.store import keep_readings
from acuse.tenants.tenant import OcrPolicy
from acuse_workers import metrics
from acuse_workers.documents import document_folder
from acuse_workers.steps.job import Job, Next
from acuse_workers.steps.subject import end_if_overtaken, reject, subject_of

# The document's fault: its sender is told. Anything else refused is ours: a dead letter.
_REJECTED: Final = (
    DocumentBroken,
    DocumentProtected,
    DocumentTooBig,
    MediaTypeUnsupported,
    ReadingCrashed,
    ReadingTimedOut,
)
_NOT_A_RECEIPT: Final = "not_a_receipt"


async def read(job: Job) -> Next:
    """Keep what the document's receipts say, or reject it and say why."""
    async with job.transaction() as conn:
        subject = await subject_of(conn, job)
        if await end_if_overtaken(conn, job, subject):
            return "ignored"
        if subject.media.object_key is None:
            return await held.advance(conn, job.event, "fetch")
    refused, reading = None, None
    try:
        reading = await _read(job, subject.media.object_key)
    except _REJECTED as exc:
        refused = exc.code
    else:
        _count(job, reading)
    async with job.transaction() as conn:
        # Taken back from another lane meanwhile: what was read of it is not kept.
        subject = await subject_of(conn, job)
        if await end_if_overtaken(conn, job, subject):
            return "ignored"
        found = [] if reading is None else [one for one in reading.apart() if _says_anything(one)]
        if not found:
            return await reject(conn, job, subject, code=refused or _NOT_A_RECEIPT)
        found = [await with_learned(conn, job.event.tenant_id, one) for one in found]
        await keep_readings(conn, subject.document(job), found)
        return await held.advance(conn, job.event, "match")


def _says_anything(reading: DocumentReading) -> bool:
    return reading.kind.value is not Kind.NONE or reading.amount is not None


def _count(job: Job, reading: DocumentReading) -> None:
    tenant = job.around.directory.by_id(job.event.tenant_id)
    thresholds = THRESHOLDS if tenant is None else tenant.thresholds
    for one in reading.apart():
        metrics.READINGS.labels(one.engine).inc()
        metrics.CONFIDENCE.observe(one.document_confidence)
        metrics.DECISIONS.labels(decide(one, thresholds)).inc()


async def _read(job: Job, key: str) -> DocumentReading:
    around = job.around
    tenant = around.directory.by_id(job.event.tenant_id)
    policy: OcrPolicy = "Auto" if tenant is None else tenant.ocr
    async with around.reading.turn(job.event.tenant_id), document_folder() as folder:
        path = folder / "document"
        await around.objects.fetch_to(key, path)
        return await around.reader.read(path, policy=policy)
