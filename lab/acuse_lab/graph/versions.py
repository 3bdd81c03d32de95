"""Which versions of the Graph API are alive, and when they end."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from acuse_lab.graph.errors import GraphFault

CURRENT = "v26.0"

# developers.facebook.com/docs/graph-api/changelog/versions, read 2026-11.
_LAST_DAYS: dict[str, datetime | None] = {
    "v21.0": datetime(2027, 1, 21, tzinfo=UTC),
    "v22.0": datetime(2027, 5, 20, tzinfo=UTC),
    "v23.0": datetime(2027, 10, 8, tzinfo=UTC),
    "v24.0": datetime(2028, 2, 18, tzinfo=UTC),
    "v25.0": datetime(2028, 7, 29, tzinfo=UTC),
    CURRENT: None,
}
_OLDER = re.compile(r"v(?:1?[0-9]|20)\.[0-9]")


def check_version(version: str, *, rest: str, now: float) -> None:
    """Pass a version that is alive at `now`; raise Meta's error for an expired or unknown one."""
    if version in _LAST_DAYS:
        last_day = _LAST_DAYS[version]
        if last_day is None or now < last_day.timestamp():
            return
    elif _OLDER.fullmatch(version) is None:
        raise GraphFault(f"Unknown path components: /{version}/{rest}", code=2500)
    raise GraphFault(
        f"(#2635) You are calling a deprecated version of the API. Please update to the latest"
        f" version: {CURRENT}.",
        code=2635,
    )
