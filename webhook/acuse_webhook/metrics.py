"""What the intake counts. No label comes from outside: each has a fixed set of values."""

from __future__ import annotations

from typing import Final, Literal, get_args

from prometheus_client import Counter, Gauge, Histogram

Route = Literal["tenant", "app"]
ROUTES: Final[tuple[Route, ...]] = get_args(Route)
Outcome = Literal["stored", "duplicate", "ignored"]

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

REQUESTS: Final = Counter(
    "acuse_intake_requests_total",
    "Requests answered, by route, HTTP status and code",
    ["route", "status", "code"],
)
REQUEST_SECONDS: Final = Histogram(
    "acuse_intake_request_seconds", "Time from a request's headers to its answer", buckets=_SECONDS
)
UPDATES: Final = Counter(
    "acuse_intake_updates_total", "Updates committed, by kind and outcome", ["kind", "outcome"]
)
FLUSH_SECONDS: Final = Histogram(
    "acuse_intake_flush_seconds", "Time of one insert and its commit", buckets=_SECONDS
)
FLUSH_ROWS: Final = Histogram(
    "acuse_intake_flush_rows", "Events in one commit", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256)
)
FLUSH_FAILURES: Final = Counter(
    "acuse_intake_flush_failures_total", "Flushes that failed or took too long"
)
PENDING: Final = Gauge("acuse_intake_pending", "Events waiting for their commit")
