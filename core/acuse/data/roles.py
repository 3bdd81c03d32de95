"""The database roles of Acuse, and the check that a program runs under a safe one."""

from __future__ import annotations

from typing import Final, Literal, LiteralString

from psycopg import AsyncConnection, Connection, sql

from acuse.errors import UnsafeRole

Role = Literal["acuse_intake", "acuse_worker", "acuse_api", "acuse_admin"]
ROLES: Final[tuple[Role, ...]] = ("acuse_intake", "acuse_worker", "acuse_api", "acuse_admin")

# Roles belong to the whole server and two databases may be prepared at once, hence the exception.
CREATE_ROLE: LiteralString = """
DO $$ BEGIN
  CREATE ROLE {role} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""

CREATE_LOGIN: LiteralString = """
DO $$ BEGIN
  CREATE ROLE {login} LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION
    PASSWORD {password};
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  ALTER ROLE {login} PASSWORD {password};
END $$
"""

# What a role must not be, nor be able to become, for the role in force and for the one that logged
# in: the second could always RESET ROLE to itself, and SET ROLE to what it is a member of.
DANGERS = """
    SELECT r.rolname AS name,
           EXISTS (SELECT FROM pg_roles s
                    WHERE s.rolsuper AND pg_has_role(r.oid, s.oid, 'MEMBER')) AS superuser,
           EXISTS (SELECT FROM pg_roles s
                    WHERE s.rolbypassrls AND pg_has_role(r.oid, s.oid, 'MEMBER')) AS bypass,
           EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE n.nspname = 'acuse' AND pg_has_role(r.oid, c.relowner, 'MEMBER')) AS owner
      FROM pg_roles r WHERE r.rolname IN (current_user, session_user)
"""

# Its password is the one thing that making a login anew changes.
NOT_A_LOGIN: LiteralString = """
    SELECT FROM pg_roles
     WHERE rolname = %s
       AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication
            OR NOT rolcanlogin)
"""


def create_roles(conn: Connection[tuple[object, ...]]) -> None:
    """Create the group roles that the migrations grant to; needs CREATEROLE; safe to repeat."""
    for role in ROLES:
        conn.execute(sql.SQL(CREATE_ROLE).format(role=sql.Identifier(role)))


def create_login(conn: Connection[tuple[object, ...]], name: str, *, password: str) -> None:
    """Create the login that programs connect as, or set its password; it owns nothing.

    It is a member of every group role without inheriting any: each connection says which one it is.
    Raises UnsafeRole when the name is another kind of role's, such as the database's owner.
    """
    if conn.execute(NOT_A_LOGIN, (name,)).fetchone() is not None:
        raise UnsafeRole(f"the database role {name} is there and has other rights; take another")
    conn.execute(
        sql.SQL(CREATE_LOGIN).format(login=sql.Identifier(name), password=sql.Literal(password))
    )
    for role in ROLES:
        conn.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(name)))


async def check_role(conn: AsyncConnection[tuple[object, ...]]) -> None:
    """Raise UnsafeRole if a connection can bypass row security or own a table, or come to do so."""
    rows = await (await conn.execute(DANGERS)).fetchall()
    for name, superuser, bypass, owner in rows:
        found = [
            word
            for word, bad in (
                ("is or can become a superuser", superuser),
                ("can bypass row-level security", bypass),
                ("owns tables of Acuse", owner),
            )
            if bad
        ]
        if found:
            raise UnsafeRole(
                f"the database role {name} {' and '.join(found)}; connect as a login made by"
                " `acuse db login`"
            )
