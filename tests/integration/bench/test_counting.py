"""A bench counts what is stored: a lost or a surplus event leaves no result."""

from __future__ import annotations

import pytest

from bench.contender import EventTable
from bench.result import InvalidMeasurement
from support.databases import Database
from support.events import NewEvent, add_events, states


def test_exactly_the_acknowledged_events_are_stored(database: Database) -> None:
    table = EventTable(database.owner_url)
    add_events(database.owner_url, [NewEvent("a"), NewEvent("b")])

    table.take(2, who="ours")

    assert states(database.owner_url) == {}


@pytest.mark.parametrize("acknowledged", [1, 3], ids=["a surplus", "a loss"])
def test_anything_else_ends_the_bench(database: Database, acknowledged: int) -> None:
    table = EventTable(database.owner_url)
    add_events(database.owner_url, [NewEvent("a"), NewEvent("b")])

    with pytest.raises(InvalidMeasurement, match=f"ours: {acknowledged} events .*, 2 stored"):
        table.take(acknowledged, who="ours")
