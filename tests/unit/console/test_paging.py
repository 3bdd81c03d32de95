"""Cursors come back as the place they were made from, and nothing else is one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acuse.errors import InvalidRequest
from acuse_console.paging import page, read_cursor, write_cursor


@given(st.datetimes(timezones=st.just(UTC)), st.uuids())
def test_a_cursor_is_read_back(at: datetime, last: UUID) -> None:
    assert read_cursor(write_cursor((at, last)), tuple[datetime, UUID]) == (at, last)


@given(st.text(max_size=60))
def test_any_other_text_is_refused_or_a_place(text: str) -> None:
    try:
        found = read_cursor(text, tuple[date, UUID])
    except InvalidRequest:
        return
    assert isinstance(found, tuple)


def test_a_page_asks_for_one_item_more_to_know_whether_one_follows() -> None:
    assert page([1, 2, 3], limit=3, place=str) == ([1, 2, 3], None)
    items, following = page([1, 2, 3, 4], limit=3, place=str)
    assert items == [1, 2, 3]
    assert read_cursor(following, str) == "3"


@pytest.mark.parametrize("cursor", ["", "=", "é", "AAAA AAAA", "////"])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        read_cursor(cursor, tuple[date, UUID])
