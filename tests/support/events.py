"""Rows of webhook_events for tests: put in and looked at as the database's superuser."""

from __future__ import annotations

import dataclasses
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from acuse.tenants.tenant import tenant_id

REGION = "local"
TENANT = tenant_id("shop.test")
OTHER = tenant_id("other.test")
EPOCH = datetime(2026, 11, 1, 12, tzinfo=UTC)

_ADD = """
    INSERT INTO acuse.webhook_events (region, tenant_id, event_id, provider, kind, field, waba_id,
        phone_number_id, lane, delivery_id, ordinal, occurred_at, payload, reason)
    VALUES (%(region)s, %(tenant)s, %(event_id)s, 'meta.whatsapp', %(kind)s, %(field)s, '900',
        '100', %(lane)s, %(delivery)s, %(ordinal)s, %(occurred_at)s, %(payload)s, %(reason)s)
"""


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event as the intake would have stored it."""

    event_id: str
    lane: str = "sender:AR.1"
    kind: str = "message.text"
    tenant: UUID = TENANT
    region: str = REGION
    field: str = "messages"
    payload: Mapping[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    # Seconds after EPOCH.
    at: float = 0.0
    ordinal: int = 0
    reason: str | None = None


def add_events(url: str, events: Iterable[NewEvent]) -> None:
    """Store events, as the intake does: one commit for all."""
    rows = [
        {
            "region": e.region,
            "tenant": e.tenant,
            "event_id": e.event_id,
            "kind": e.kind,
            "field": e.field,
            "lane": e.lane,
            "delivery": uuid.uuid4(),
            "ordinal": e.ordinal,
            "occurred_at": EPOCH + timedelta(seconds=e.at),
            "payload": json.dumps(dict(e.payload)),
            "reason": e.reason,
        }
        for e in events
    ]
    with psycopg.connect(url) as conn:
        conn.cursor().executemany(_ADD, rows)


def query(url: str, text: str, *parameters: object) -> list[tuple[Any, ...]]:
    """Run one statement as superuser, committed, and return its rows."""
    with psycopg.connect(url) as conn:
        cursor = conn.execute(text.encode(), parameters)
        return cursor.fetchall() if cursor.description else []


def states(url: str) -> dict[str, str]:
    """Return each event's status by its id."""
    return dict(query(url, "SELECT event_id, status FROM acuse.webhook_events"))
