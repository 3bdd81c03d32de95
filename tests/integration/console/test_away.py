"""What the API needs may be away: it says so, with when to ask again, and recovers by itself."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from acuse_lab.postgres import PostgresServer
from support.console_world import World


def test_without_the_database_it_answers_503_until_it_is_back(
    world: World, postgres: PostgresServer
) -> None:
    name = urlsplit(world.database.owner_url).path[1:]
    with psycopg.connect(postgres.url(), autocommit=True) as owner:
        owner.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
        owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        away = [world.acme.get("/health"), world.acme.get("/receipts")]
        owner.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'.encode())

    for answer in away:
        assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
        assert int(answer.headers["Retry-After"]) > 0
    assert world.acme.get("/receipts").status_code == 200


def test_without_the_store_a_file_is_503(world: World, tmp_path: Path) -> None:
    (tmp_path / "t" / "photo").unlink()
    # A link to itself: the folder is there and its file cannot be read.
    (tmp_path / "t" / "photo").symlink_to("photo")

    answer = world.acme.get(f"/receipts/{world.matched}/media")

    assert (answer.status_code, answer.json()["code"]) == (503, "object_store_unavailable")
