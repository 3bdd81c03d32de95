"""What a worker counts."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

EVENTS: Final = Counter(
    "acuse_worker_events_total",
    "Events by kind and how the work on them ended: processed, ignored, dead, failed (to be tried"
    " again), lost (another worker has it) or handed_back.",
    ["kind", "outcome"],
)
STEP_SECONDS: Final = Histogram(
    "acuse_worker_step_seconds",
    "Seconds that a step took, failed tries included.",
    ["step"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120),
)
READINGS: Final = Counter(
    "acuse_worker_readings_total",
    "Receipts that were read, by engine: pdfplumber, ppocr or tesseract.",
    ["engine"],
)
STAGE_SECONDS: Final = Histogram(
    "acuse_worker_reading_stage_seconds",
    "Seconds that reading a document took, by stage: wait (for the engine and a process), decode,"
    " codes (QR), recognise, interpret or draw.",
    ["stage"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
DECISIONS: Final = Counter(
    "acuse_worker_reading_decisions_total",
    "Receipts that were read, by what follows from how sure that was: auto, review or resend.",
    ["decision"],
)
CONFIDENCE: Final = Histogram(
    "acuse_worker_reading_confidence",
    "How sure the reading of a receipt was, from 0 to 1.",
    buckets=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98),
)
RETRIES: Final = Counter(
    "acuse_worker_retries_total", "Tries that failed and will be made again, by reason.", ["reason"]
)
LEASES_LOST: Final = Counter(
    "acuse_worker_leases_lost_total", "Events that another worker took over from this one."
)
LEASES_EXPIRED: Final = Counter(
    "acuse_worker_leases_expired_total", "Leases of any worker that this one found to have run out."
)
IN_PROGRESS: Final = Gauge("acuse_worker_in_progress", "Events that this worker holds.")
BACKLOG: Final = Gauge("acuse_worker_backlog", "Open events of the region, by status.", ["status"])
OLDEST: Final = Gauge(
    "acuse_worker_oldest_seconds", "Age of the region's oldest open event, by status.", ["status"]
)
LAST_CLAIM: Final = Gauge(
    "acuse_worker_last_claim_timestamp_seconds", "When this worker last asked for events."
)
