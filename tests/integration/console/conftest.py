"""The API's world: one per test, or one per module where tests only look."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from acuse_lab.postgres import PostgresServer
from support.console_world import World, running_world
from support.databases import Database, fresh_database


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Iterator[World]:
    """Run an API of the test's own."""
    with running_world(database, tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def shared_world(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """Run an API for the tests of one module."""
    folder = tmp_path_factory.mktemp("media")
    with fresh_database(postgres) as database, running_world(database, folder) as running:
        yield running
