"""The contenders of the intake's bench: each a process that runs, beside one PostgreSQL."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from acuse_lab.ports import free_port
from acuse_lab.postgres import PostgresServer, embedded_programs, temporary_server
from acuse_lab.running.program import Program
from acuse_lab.running.tenants import LabTenant
from bench.bodies import Target, bodies
from bench.contender import CONNECTIONS, EventTable, Web
from bench.pgbench import PgBench, find_pgbench, variables
from bench.result import InvalidMeasurement
from bench.served import served
from support.databases import LOGIN, Database, fresh_database

REGION = "local"
_BASELINE_PATH = "/webhook"
_BASELINE_TABLE = b"baseline.webhook_events"
# Every contender keeps its connections through the whole run.
_CONNECTIONS_FOR_ALL = "200"


@contextmanager
def durable_server() -> Generator[PostgresServer, None, None]:
    """Run the embedded PostgreSQL as it comes, but for room for everyone's connections."""
    with temporary_server(embedded_programs(), durable=True) as server:
        server.stop()
        server.settings = {**server.settings, "max_connections": _CONNECTIONS_FOR_ALL}
        server.start()
        yield server


@dataclass(slots=True)
class Ring:
    """Where contenders are set up: a database, a tenant, a folder; `stack` takes it all down."""

    stack: ExitStack
    database: Database
    postgres: PostgresServer
    folder: Path
    tenant: LabTenant = field(default_factory=lambda: LabTenant("bench", "Bench SA"))

    def __post_init__(self) -> None:
        (self.folder / "tenants").mkdir()
        self.tenant.write(self.folder / "tenants")

    def intake(self, name: str, **settings: str) -> Web:
        """Start `acuse intake`, with settings that differ from its defaults."""
        port = free_port()
        log = self.folder / f"intake-{port}.log"
        program = Program(name, ("intake",), self._environment(port) | settings, log)
        self.stack.callback(program.stop)
        program.start()
        program.wait_ready()
        return self._web(name, port, lambda: program.pid)

    def intake_on_granian(self, name: str) -> Web:
        """Start the intake's application in granian: one worker, on uvloop as the intake is."""
        port = free_port()
        command = [
            *(_tool("granian"), "--interface", "asgi", "--http", "1", "--no-ws"),
            *("--loop", "uvloop", "--workers", "1", "--port", str(port), "bench.on_granian:app"),
        ]
        pid = self._serve(command, self._environment(port), port=port)
        return self._web(name, port, lambda: pid)

    def baseline(self, name: str) -> Web:
        """Start the FastAPI application in uvicorn, in a schema of its own."""
        with psycopg.connect(self.database.owner_url) as conn:
            conn.execute(b"CREATE SCHEMA baseline AUTHORIZATION " + LOGIN.encode())
        port = free_port()
        _, _, rest = self.database.url.partition("://")
        environment = {
            "BASELINE_DATABASE_URL": f"postgresql+psycopg://{rest}",
            "BASELINE_APP_SECRET": self.tenant.app_secret,
        }
        command = [
            *(sys.executable, "-m", "uvicorn", "bench.baseline.app:app"),
            *("--no-access-log", "--port", str(port)),
        ]
        pid = self._serve(command, environment, port=port)
        return Web(
            name,
            self._target(port, _BASELINE_PATH),
            EventTable(self.database.owner_url, _BASELINE_TABLE),
            lambda: pid,
            self._postgres_pid,
        )

    def pgbench(self, name: str) -> PgBench:
        """Return pgbench, storing the row that the intake makes of one of the load's bodies."""
        body = next(bodies(self._target(0, "/")))
        return PgBench(
            name,
            find_pgbench(self.postgres.programs),
            self.database.url,
            EventTable(self.database.owner_url),
            variables(body, tenant_key=self.tenant.key, region=REGION),
            self._postgres_pid,
        )

    @property
    def _postgres_pid(self) -> int:
        pid = self.postgres.pid
        assert pid is not None
        return pid

    def _environment(self, port: int) -> dict[str, str]:
        return {
            "ACUSE_REGION": REGION,
            "ACUSE_DATABASE_URL": self.database.url,
            "ACUSE_TENANTS_DIR": str(self.folder / "tenants"),
            "ACUSE_INTAKE_PORT": str(port),
        }

    def _target(self, port: int, path: str) -> Target:
        return Target(
            port=port,
            path=path,
            app_secret=self.tenant.app_secret,
            phone_number_id=self.tenant.phone_number_id,
            waba_id=self.tenant.waba_id,
        )

    def _web(self, name: str, port: int, pid: Callable[[], int]) -> Web:
        target = self._target(port, f"/webhooks/whatsapp/meta/cloud/{self.tenant.key}")
        table = EventTable(self.database.owner_url)
        return Web(name, target, table, pid, self._postgres_pid)

    def _serve(self, command: list[str], environment: dict[str, str], *, port: int) -> int:
        log = self.folder / f"server-{port}.log"
        return self.stack.enter_context(served(command, environment, port=port, log=log))


@contextmanager
def ring() -> Generator[Ring, None, None]:
    """Prepare a place for contenders; everything in it ends with the block."""
    with (
        durable_server() as postgres,
        fresh_database(postgres) as database,
        tempfile.TemporaryDirectory(prefix="acuse-bench-") as folder,
        ExitStack() as stack,
    ):
        yield Ring(stack, database, postgres, Path(folder))


def one_row_per_commit() -> dict[str, str]:
    """Return the settings that make the intake commit each request alone, 32 at a time."""
    return {"ACUSE_INTAKE_FLUSHERS": str(CONNECTIONS), "ACUSE_INTAKE_FLUSH_ROWS": "1"}


def _tool(name: str) -> str:
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise InvalidMeasurement(f"{name} is not installed")
    return found
