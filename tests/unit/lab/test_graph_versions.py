"""Versions of the Graph API: alive until their last day."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from acuse_lab.graph.errors import GraphFault
from acuse_lab.graph.versions import check_version

NOW = datetime(2026, 11, 23, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("version", ["v22.0", "v23.0", "v24.0", "v25.0", "v26.0"])
def test_a_living_version_passes(version: str) -> None:
    check_version(version, rest="1/messages", now=NOW)


@pytest.mark.parametrize(
    ("version", "code"),
    [("v18.0", 2635), ("v20.0", 2635), ("v9.0", 2635), ("v99.0", 2500), ("26.0", 2500)],
)
def test_an_expired_or_unknown_version_is_an_error(version: str, code: int) -> None:
    with pytest.raises(GraphFault) as refused:
        check_version(version, rest="1/messages", now=NOW)

    assert refused.value.code == code


def test_a_version_ends_on_its_last_day() -> None:
    with pytest.raises(GraphFault, match=r"v26\.0"):
        check_version("v22.0", rest="1", now=datetime(2027, 5, 20, tzinfo=UTC).timestamp())
