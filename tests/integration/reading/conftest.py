"""A nursery for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from acuse_workers.reading.nursing import Nursery, open_nursery


@pytest.fixture
async def nursery() -> AsyncIterator[Nursery]:
    async with open_nursery() as kept:
        yield kept
