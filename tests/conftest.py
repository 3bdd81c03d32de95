"""Fixtures for every test: a real PostgreSQL for the run, a fresh database for the test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from acuse_lab.postgres import PostgresServer, temporary_server
from support.databases import Database, chosen_programs, fresh_database


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
