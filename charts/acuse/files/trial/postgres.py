"""Become the trial PostgreSQL: make its data folder once, take today's password, listen.

    python3 postgres.py DATA PASSWORD_FILE SOCKETS

Its image has no shell tools, so this is Python; it runs as process 1 and ends by becoming postgres.
"""  # noqa: INP001 - a file of the chart, no module

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path


def program(name: str) -> str:
    """Return the path of one of PostgreSQL's programs: Debian's, or the first in PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    where = found[-1] if found else shutil.which(name)
    if where is None:
        sys.exit(f"there is no {name} in this image")
    return str(where)


def tell(data: Path, statement: str) -> None:
    """Run a statement while no server runs."""
    command = [program("postgres"), "--single", "-D", str(data), "postgres"]
    subprocess.run(  # noqa: S603 - PostgreSQL's own
        command, input=f"{statement}\n", text=True, stdout=subprocess.DEVNULL, check=True
    )


def create(data: Path, password_file: Path) -> None:
    """Make the data folder beside its place, and move it there once it is whole."""
    partial = data.with_name("partial")
    shutil.rmtree(partial, ignore_errors=True)
    subprocess.run(  # noqa: S603 - PostgreSQL's own
        [
            *(program("initdb"), f"--pgdata={partial}", "--username=postgres", "--encoding=UTF8"),
            *("--locale=C", "--lc-ctype=C.UTF-8", "--auth=scram-sha-256"),
            f"--pwfile={password_file}",
        ],
        check=True,
    )
    with (partial / "pg_hba.conf").open("a") as file:
        file.write("host all all all scram-sha-256\n")
    tell(partial, "CREATE DATABASE acuse")
    partial.rename(data)


def main() -> None:
    """Prepare, then become the server."""
    data, password_file, sockets = map(Path, sys.argv[1:4])
    os.umask(0o077)
    if not data.exists():
        create(data, password_file)
    # A claim outlives the Secret that the password is in. There are only letters and digits in it.
    tell(data, f"ALTER USER postgres PASSWORD '{password_file.read_text().strip()}'")
    settings = {
        "listen_addresses": "*",
        "port": os.environ.get("PGPORT", "5432"),
        "unix_socket_directories": str(sockets),
        "max_connections": "200",
        # Errors must not print rows: a row may hold personal data.
        "log_error_verbosity": "terse",
        "log_parameter_max_length": "0",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    postgres = program("postgres")
    os.execv(postgres, [postgres, "-D", str(data), *options])  # noqa: S606 - to become it


main()
