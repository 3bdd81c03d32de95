"""Fixtures of the end-to-end tests: a durable server of their own, as they pull its plug."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from acuse_lab.postgres import PostgresServer, temporary_server
from acuse_lab.running.tenants import LabTenant
from support.databases import chosen_programs


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture
def durable_postgres() -> Iterator[PostgresServer]:
    """Run a server that survives a crash, with an empty database `acuse`."""
    with temporary_server(chosen_programs(), durable=True) as server:
        with psycopg.connect(server.url(), autocommit=True) as conn:
            conn.execute("CREATE DATABASE acuse")
        yield server


@pytest.fixture
def tenant() -> LabTenant:
    """Make up a tenant."""
    return LabTenant(name="espiga", display_name="Panadería La Espiga")
