"""All of Acuse on one machine: its database, the fake of Meta, and its programs as processes."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from acuse.commands.database import database_url, refusals
from acuse.data.migrate import migrate
from acuse.data.roles import create_login, create_roles
from acuse.errors import Unavailable
from acuse_lab.ports import free_port
from acuse_lab.running.program import Program, clean_environment
from acuse_lab.running.tenants import APP_SECRET_REF, LabTenant

REGION = "local"
_LOGIN = "acuse_app"


def prepare_database(owner_url: str) -> str:
    """Migrate the database and return the URL of the runtime login, with a password of its own.

    Raises InvalidSettings, DatabaseUnavailable or DatabaseRefused, which say what is wrong with it.
    """
    with refusals():
        migrate(database_url(owner_url))
    password = secrets.token_urlsafe(24)
    # A database that the user brings may be shared: a login per database, never another's.
    parts = {k: v for k, v in conninfo_to_dict(owner_url).items() if v is not None}
    login = f"{_LOGIN}_{parts.get('dbname', 'postgres')}"
    with refusals(), psycopg.connect(owner_url, autocommit=True) as conn:
        create_roles(conn)
        create_login(conn, login, password=password)
    return make_conninfo("", **{**parts, "user": login, "password": password})


@dataclass(slots=True)
class Installation:
    """The programs of one installation and where they are reached.

    `folder` holds tenants/, media/ and the programs' logs.
    """

    folder: Path
    database_url: str
    graph_url: str
    # Names of the programs to run; what follows a dash tells two of a kind apart.
    names: tuple[str, ...] = ("intake", "worker-1", "api")
    extra: Mapping[str, str] = field(default_factory=dict[str, str])
    intake_port: int = field(default_factory=free_port)
    api_port: int = field(default_factory=free_port)
    programs: dict[str, Program] = field(default_factory=dict[str, Program])

    def __post_init__(self) -> None:
        for name in ("tenants", "media", "logs"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.programs.update({name: self.program(name) for name in self.names})

    @property
    def intake_url(self) -> str:
        """Return the intake's address."""
        return f"http://127.0.0.1:{self.intake_port}"

    @property
    def api_url(self) -> str:
        """Return the API's address."""
        return f"http://127.0.0.1:{self.api_port}"

    def webhook_url(self, tenant: LabTenant) -> str:
        """Return the tenant's webhook address."""
        return f"{self.intake_url}/webhooks/whatsapp/meta/cloud/{tenant.key}"

    def environment(self) -> dict[str, str]:
        """Return the settings that every program of this installation gets."""
        return {
            "ACUSE_REGION": REGION,
            "ACUSE_DATABASE_URL": self.database_url,
            "ACUSE_TENANTS_DIR": str(self.folder / "tenants"),
            "ACUSE_APP_SECRET_REF": "/".join(APP_SECRET_REF),
            "ACUSE_GRAPH_URL": self.graph_url,
            "ACUSE_MEDIA_HOSTS": self.graph_url,
            "ACUSE_OBJECT_STORE": f"file:{self.folder / 'media'}",
            "ACUSE_INTAKE_PORT": str(self.intake_port),
            "ACUSE_API_PORT": str(self.api_port),
            **self.extra,
        }

    def program(self, name: str) -> Program:
        """Return a program of this installation, not started yet."""
        command = name.partition("-")[0]
        return Program(name, (command,), self.environment(), self.folder / "logs" / f"{name}.log")

    def start(self) -> None:
        """Start every program, then wait until all of them can work."""
        self.launch()
        self.wait_ready()

    def launch(self) -> None:
        """Start every program's process."""
        for program in self.programs.values():
            program.start()

    def wait_ready(self) -> None:
        """Return once every program can work; raise Unavailable if one ends or takes too long."""
        for program in self.programs.values():
            program.wait_ready()

    def stop(self) -> None:
        """Stop every program in order."""
        for program in reversed(self.programs.values()):
            program.stop()

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `acuse WORDS…` against this installation and return what it printed."""
        return subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "acuse", *words],
            env={**clean_environment(), **self.environment()},
            capture_output=True,
            check=False,
            text=True,
        )

    def token(self, tenant: LabTenant, *scopes: str) -> str:
        """Make an API token for a tenant, by the CLI, and return it."""
        asked = [part for scope in scopes for part in ("--scope", scope)]
        done = self.command("tokens", "create", "--tenant", tenant.key, "--name", "lab", *asked)
        if done.returncode != 0:
            raise Unavailable(f"acuse tokens create: {done.stderr.strip()}")
        return done.stdout.strip()


@contextmanager
def graph_process(folder: Path, *options: str) -> Generator[str, None, None]:
    """Run `acuse lab graph` on a free port with the time flowing; yield its address."""
    with (folder / "graph.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own program and arguments
            [sys.executable, "-m", "acuse", "lab", "graph", "--live", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env=clean_environment(),
            start_new_session=True,
            text=True,
        )
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    try:
        line = process.stdout.readline()
        if not line.startswith("graph: "):
            raise Unavailable(f"the fake Graph API did not start: {line.strip()}")
        yield line.removeprefix("graph: ").strip()
    finally:
        process.terminate()
        process.wait(timeout=60)
        process.stdout.close()
