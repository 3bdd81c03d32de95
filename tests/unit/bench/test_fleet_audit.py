"""A user's writes are followed as the log grows: each line counts once, rotated away or not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.fleet_audit import AuditTail

USER = "bench-operator"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "audit.log"


@pytest.fixture
def tail(log: Path) -> Iterator[AuditTail]:
    opened = AuditTail(log, user=USER)
    yield opened
    opened.close()


def line(resource: str, *, verb: str = "patch", user: str = USER) -> bytes:
    event = {
        "stage": "ResponseComplete",
        "verb": verb,
        "user": {"username": user},
        "objectRef": {"resource": resource},
        "requestReceivedTimestamp": "2026-11-26T10:00:01.000000Z",
    }
    return json.dumps(event, separators=(",", ":")).encode() + b"\n"


def add(log: Path, text: bytes) -> None:
    with log.open("ab") as file:
        file.write(text)


def test_what_was_counted_stays_and_what_comes_is_added(log: Path, tail: AuditTail) -> None:
    assert tail.count() == Counter()

    add(log, line("secrets") + line("secrets", user="admin") + line("secrets", verb="get"))
    assert tail.count() == Counter({"secrets": 1})
    add(log, line("secrets") + line("tenants"))

    assert tail.count() == Counter({"secrets": 2, "tenants": 1})


def test_a_line_that_is_half_there_counts_once_it_is_whole(log: Path, tail: AuditTail) -> None:
    whole = line("secrets")

    add(log, whole[:50])
    assert tail.count() == Counter()
    add(log, whole[50:])

    assert tail.count() == Counter({"secrets": 1})


def test_nothing_is_lost_when_the_log_is_rotated_away(log: Path, tail: AuditTail) -> None:
    add(log, line("secrets"))
    tail.count()

    # Written after the last look, and before the rotation.
    add(log, line("secrets"))
    log.rename(log.parent / "audit-2026-11-26T10-00-00.000.log")
    add(log, line("tenants"))

    assert tail.count() == Counter({"secrets": 2, "tenants": 1})
    add(log, line("tenants"))
    assert tail.count() == Counter({"secrets": 2, "tenants": 2})


def test_one_who_reads_it_does_not_change_what_is_kept(log: Path, tail: AuditTail) -> None:
    add(log, line("secrets"))

    tail.count()["secrets"] += 5

    assert tail.count() == Counter({"secrets": 1})
