"""Fixtures for every test: a real PostgreSQL for the run, a fresh database for the test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from acuse_lab.postgres import PostgresServer, temporary_server
from support.databases import Database, chosen_programs, fresh_database

# Real API servers and regions; each starts when a test first asks for it.
pytest_plugins = ["support.control_plane", "support.installed", "support.regions", "support.spread"]

# Fixtures that start the chosen PostgreSQL; a fixture that uses one of them counts as well.
SERVERS = {"postgres", "durable_postgres", "own_server"}
# Fixtures that start an API server, and those that start whole regions with nodes and pods.
API_SERVERS = {"control_plane", "own_control_plane", "chart_plane"}
REGIONS = {"lab_region", "own_lab"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run what needs little first: a cluster stays, and takes its share, until the run ends.

    On Debian's PostgreSQL run what depends on the server, and nothing else a second time.
    """
    items.sort(key=_weight)
    if os.environ.get("ACUSE_TEST_POSTGRES") != "debian":
        return
    others = [item for item in items if not SERVERS & set(getattr(item, "fixturenames", ()))]
    items[:] = [item for item in items if item not in set(others)]
    config.hook.pytest_deselected(items=others)


def _weight(item: pytest.Item) -> int:
    fixtures = set(getattr(item, "fixturenames", ()))
    return 2 if fixtures & REGIONS else 1 if fixtures & API_SERVERS else 0


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Run a real server for the whole run; without fsync: no test of it pulls the plug."""
    with temporary_server(chosen_programs(), durable=False) as server:
        yield server


@pytest.fixture
def database(postgres: PostgresServer) -> Iterator[Database]:
    """Make a fresh, migrated database with the runtime login."""
    with fresh_database(postgres) as made:
        yield made
