"""The embedded PostgreSQL runs where the checkout's folders are closed to its user."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import psycopg
import pytest

from acuse_lab import postgres
from acuse_lab.postgres import embedded_programs, temporary_server
from support.folders import open_to_all


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts it as another user")
def test_root_runs_a_copy_where_the_wheel_is_closed_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # pytest's own folders are closed; the copy must stand where anyone comes.
    open_to_all(tmp_path)
    shared = tmp_path / "var" / "lib" / "postgres"
    monkeypatch.setattr(postgres, "_SHARED_PROGRAMS", shared)

    def reachable(path: Path) -> bool:
        return shared in path.parents

    monkeypatch.setattr(postgres, "_reachable", reachable)
    before = os.umask(0o077)
    try:
        programs = embedded_programs()
    finally:
        os.umask(before)

    (tmp_path / "var").chmod(0o755)
    with temporary_server(programs, durable=False) as server, psycopg.connect(server.url()) as conn:
        conn.execute("CREATE EXTENSION pg_trgm")
        assert shared in programs.bin.parents
        assert stat.S_IMODE(programs.bin.stat().st_mode) == 0o755
    assert embedded_programs() == programs
