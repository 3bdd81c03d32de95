"""The trial's servers come up over an empty folder, and again over the one they left."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

import psycopg
import pytest

from acuse.data.prepare import prepare, whats_missing
from acuse_lab.ports import free_port
from acuse_lab.postgres import embedded_programs
from acuse_lab.s3 import s3_program
from support.chart import CHART

SCRIPTS = CHART / "files" / "trial"
DEADLINE = 120.0


class _AsUser(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@dataclass(slots=True)
class TrialPostgres:
    """The trial's PostgreSQL as its pod runs it, but on a port of its own."""

    folder: Path
    account: _AsUser
    python: str = sys.executable
    password: str = "first"
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        password_file = self.folder / "password"
        password_file.write_text(self.password)
        password_file.chmod(0o644)
        arguments = (self.folder / "data", password_file, self.folder)
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.python, str(self.folder / "postgres.py"), *map(str, arguments)],
                env={"PATH": str(embedded_programs().bin), "PGPORT": str(self.port)},
                stdout=log,
                stderr=log,
                **self.account,
            )
        until = time.monotonic() + DEADLINE
        while not self.answers():
            assert self.process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < until
            time.sleep(0.05)

    def end(self, how: signal.Signals) -> None:
        """End it by a signal and wait."""
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(timeout=60)

    def url(self, database: str = "acuse") -> str:
        """Return the owner's address, as the chart's Secret has it."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{database}"

    def answers(self) -> bool:
        """Whether the owner gets in."""
        try:
            psycopg.connect(self.url(), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True


@pytest.fixture
def postgres_pod() -> Iterator[TrialPostgres]:
    """Yield the trial's PostgreSQL, not started, over an empty folder; as root, as nobody's."""
    folder = Path(tempfile.mkdtemp(prefix="acuse-trial-"))
    shutil.copy(SCRIPTS / "postgres.py", folder)
    account: _AsUser = {}
    python = sys.executable
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        # Ours may lie in root's own folders.
        python = shutil.which("python3", path="/usr/bin") or python
        account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    pod = TrialPostgres(folder, account, python)
    try:
        yield pod
    finally:
        if pod.process is not None and pod.process.poll() is None:
            pod.end(signal.SIGKILL)
        shutil.rmtree(folder)


def test_an_empty_folder_becomes_a_database_that_can_be_prepared(
    postgres_pod: TrialPostgres,
) -> None:
    postgres_pod.start()
    login = postgres_pod.url().replace("postgres:first", f"l_{secrets.token_hex(4)}:word")

    prepare(postgres_pod.url(), login)

    assert whats_missing(login) is None
    with psycopg.connect(postgres_pod.url()) as conn:
        row = conn.execute("SELECT upper('ñ'), to_regclass('acuse.tenants') IS NOT NULL").fetchone()
    assert row == ("Ñ", True)


def test_what_was_kept_is_there_again_under_the_password_of_today(
    postgres_pod: TrialPostgres,
) -> None:
    postgres_pod.start()
    with psycopg.connect(postgres_pod.url(), autocommit=True) as conn:
        conn.execute("CREATE TABLE kept AS SELECT 7 AS number")
    postgres_pod.end(signal.SIGKILL)
    postgres_pod.password = "second"

    postgres_pod.start()

    with psycopg.connect(postgres_pod.url()) as conn:
        assert conn.execute("SELECT number FROM kept").fetchone() == (7,)
    postgres_pod.password = "first"
    assert not postgres_pod.answers()


def test_a_start_that_was_cut_short_begins_anew(postgres_pod: TrialPostgres) -> None:
    partial = postgres_pod.folder / "partial"
    partial.mkdir()
    (partial / "PG_VERSION").write_text("18")
    owner = postgres_pod.folder.stat()
    os.chown(partial, owner.st_uid, owner.st_gid)

    postgres_pod.start()

    assert not partial.exists()


def test_told_to_stop_it_ends_though_a_client_is_there(postgres_pod: TrialPostgres) -> None:
    postgres_pod.start()
    with psycopg.connect(postgres_pod.url()):
        # What the pod's preStop sends.
        postgres_pod.end(signal.SIGINT)

    assert postgres_pod.process is not None
    assert postgres_pod.process.returncode == 0


def test_the_s3_server_has_its_bucket_at_once(tmp_path: Path) -> None:
    program, port = s3_program(), free_port()
    process = subprocess.Popen(
        [sys.executable, SCRIPTS / "s3.py", tmp_path / "data"],
        env={
            "PATH": str(program.parent),
            "S3_PORT": f"127.0.0.1:{port}",
            "ROOT_ACCESS_KEY": "key",
            "ROOT_SECRET_KEY": "secret",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=tmp_path,
    )
    try:
        assert put_and_get(port) == b"a receipt"
    finally:
        process.terminate()
        process.wait(timeout=60)


def put_and_get(port: int) -> bytes:
    """Put an object into the bucket, once the server answers, and return it."""
    # As a process of its own: obstore reads its variables when it is first used.
    script = (
        "import sys, time, obstore\n"
        "from obstore.store import from_url\n"
        "store = from_url('s3://media')\n"
        "obstore.put(store, 'a/b', b'a receipt')\n"
        "sys.stdout.buffer.write(bytes(obstore.get(store, 'a/b').bytes()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={
            "AWS_ENDPOINT": f"http://127.0.0.1:{port}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
        },
        capture_output=True,
        check=False,
        timeout=DEADLINE,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
