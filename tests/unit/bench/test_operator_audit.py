"""Writes are counted from the audit log: one user's, from a moment on, and whatever was rotated."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.operator_audit import count_writes, read_audit

OPERATOR = "system:serviceaccount:acuse-system:acuse-operator"
SINCE = datetime(2026, 11, 23, 10, 0, 0, 500_000, tzinfo=UTC)


def event(
    verb: str = "patch",
    resource: str = "tenants",
    *,
    at: str = "2026-11-23T10:00:01.000000Z",
    user: str = OPERATOR,
    **more: Any,
) -> bytes:
    told = {
        "stage": "ResponseComplete",
        "verb": verb,
        "user": {"username": user, "groups": ["system:authenticated"]},
        "objectRef": {"resource": resource, "name": "espiga"},
        "requestReceivedTimestamp": at,
        **more,
    }
    return json.dumps(told, separators=(",", ":")).encode() + b"\n"


def test_writes_are_counted_by_what_they_are_to() -> None:
    status = event(objectRef={"resource": "tenants", "subresource": "status"})
    lines = [event(), event("create", "events"), event("create", "events"), status]

    counted = count_writes(lines, user=OPERATOR, since=SINCE)

    assert counted == Counter({"events": 2, "tenants": 1, "tenants/status": 1})


def test_nothing_else_is_counted() -> None:
    lines = [
        event("get"),
        event("watch"),
        event(user="admin"),
        event(at="2026-11-23T10:00:00.499999Z"),
        event(stage="ResponseStarted"),
        # Somebody else's write that only speaks of the operator.
        event(user="admin", impersonatedUser={"username": OPERATOR}),
    ]

    assert count_writes(lines, user=OPERATOR, since=SINCE) == Counter()


def test_a_refused_write_is_one_too() -> None:
    refused = event(responseStatus={"code": 409})

    assert count_writes([refused], user=OPERATOR, since=SINCE).total() == 1


def test_what_was_rotated_away_is_read_first_and_a_half_line_not_at_all(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    (tmp_path / "audit-2026-11-23T09-00-00.000.log").write_bytes(b"old\n")
    log.write_bytes(b"new\nhal")

    assert list(read_audit(log)) == [b"old\n", b"new\n"]
