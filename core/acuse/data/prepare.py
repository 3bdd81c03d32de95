"""A database made ready for this version, and the wait until somebody else has made it so."""

from __future__ import annotations

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from acuse.data.migrate import APPLIED, migrate, migrations
from acuse.data.roles import ROLES, create_login
from acuse.errors import DatabaseUnavailable, InvalidSettings

_CONNECT = 5


def prepare(owner_url: str, login_url: str) -> list[str]:
    """Migrate as the owner and make the login that `login_url` names; return what was applied.

    A login that is there and works is left alone: it may be somebody else's to manage.
    """
    applied = migrate(owner_url)
    if whats_missing(login_url) is None:
        return applied
    parts = conninfo_to_dict(login_url)
    user, password = parts.get("user"), parts.get("password")
    if not user or not password:
        raise InvalidSettings("the runtime login's URL has no user or no password")
    try:
        with psycopg.connect(owner_url, autocommit=True, connect_timeout=_CONNECT) as conn:
            create_login(conn, str(user), password=str(password))
    except psycopg.OperationalError as exc:
        raise DatabaseUnavailable("PostgreSQL did not answer") from exc
    return applied


def whats_missing(login_url: str) -> str | None:
    """Say why a program cannot use the database yet; None when it can.

    A newer version's schema is fine: migrations only add, and a rollback must find its database.
    """
    try:
        with psycopg.connect(login_url, autocommit=True, connect_timeout=_CONNECT) as conn:
            for role in ROLES:
                conn.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
            rows = conn.execute(APPLIED).fetchall()
    except psycopg.OperationalError:
        return "PostgreSQL does not answer, or not to this login"
    except psycopg.ProgrammingError:
        return "the login is no member of Acuse's roles, or nothing was migrated yet"
    applied = {(number, sha256) for number, _, sha256 in rows}
    missing = [m.name for m in migrations() if (m.number, m.sha256) not in applied]
    return f"not migrated yet: {', '.join(missing)}" if missing else None
