"""Who wrote what, by the API server's own audit log: nothing that a program says of itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

_WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})
_DONE = "ResponseComplete"


class _User(msgspec.Struct):
    username: str


class _Object(msgspec.Struct, rename="camel"):
    resource: str
    subresource: str = ""


class _Event(msgspec.Struct, rename="camel"):
    stage: str
    verb: str
    user: _User
    request_received_timestamp: str
    object_ref: _Object | None = None


def count_writes(lines: Iterable[bytes], *, user: str, since: datetime) -> Counter[str]:
    """Count a user's write requests from `since` on, refused ones too, by what they were to."""
    named, first = f'"username":"{user}"'.encode(), _timestamp(since)
    decoder = msgspec.json.Decoder(_Event)
    counted: Counter[str] = Counter()
    for line in lines:
        # Most lines are other users': decoding all of them would take as long as the bench.
        if named not in line:
            continue
        event = decoder.decode(line)
        is_write = event.stage == _DONE and event.verb in _WRITES
        is_theirs = event.user.username == user and event.request_received_timestamp >= first
        if is_write and is_theirs and event.object_ref is not None:
            place = event.object_ref
            counted[f"{place.resource}/{place.subresource}".rstrip("/")] += 1
    return counted


def read_audit(log: Path) -> Iterator[bytes]:
    """Yield the whole lines of a log and of what was rotated away from it, oldest first."""
    for file in (*sorted(log.parent.glob(f"{log.stem}-*{log.suffix}")), log):
        with file.open("rb") as lines:
            yield from (line for line in lines if line.endswith(b"\n"))


def _timestamp(moment: datetime) -> str:
    """Return a time as the log has it, so that text compares as time does."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
