"""What waits is counted for an autoscaler that has the runtime login, which sees only counts."""

from __future__ import annotations

import secrets
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from acuse.tenants.tenant import tenant_id
from support.databases import Database, with_login
from support.events import OTHER, REGION, TENANT, NewEvent, add_events, query

BACKLOG = "SELECT acuse.backlog(%s, %s)"
BACKLOGS = "SELECT tenant_id, tenant_key, items, oldest_seconds FROM acuse.backlogs(%s)"


def backlog(database: Database, tenant: UUID = TENANT, region: str = REGION) -> int:
    with psycopg.connect(database.url) as conn:
        row = conn.execute(BACKLOG, [tenant, region]).fetchone()
    assert row is not None
    return int(row[0])


def add_reply(database: Database, tenant: UUID, *, due: str = "now()") -> None:
    sender = uuid4()
    query(
        database.owner_url,
        "INSERT INTO acuse.senders (id, tenant_id, user_id) VALUES (%s, %s, %s)",
        sender,
        tenant,
        secrets.token_hex(4),
    )
    query(
        database.owner_url,
        "INSERT INTO acuse.outbox (tenant_id, sender_id, phone_number_id, cause, purpose, kind,"
        f" content, run_at) VALUES (%s, %s, '100', %s, 'p', 'text', '{{}}', {due})",
        tenant,
        sender,
        secrets.token_hex(4),
    )


def set_events(database: Database, change: str, event_id: str) -> None:
    query(
        database.owner_url,
        f"UPDATE acuse.webhook_events SET {change} WHERE event_id = %s",
        event_id,
    )


def test_what_is_due_or_in_progress_counts_and_nothing_else(database: Database) -> None:
    names = ["due", "soon", "later", "held", "done", "dead"]
    events = [NewEvent(name, lane=f"sender:{name}") for name in names]
    others = [NewEvent("theirs", tenant=OTHER), NewEvent("far", region="elsewhere")]
    add_events(database.owner_url, [*events, *others])
    set_events(database, "status = 'failed', run_at = now() + interval '20 s'", "soon")
    set_events(database, "status = 'failed', run_at = now() + interval '1 hour'", "later")
    set_events(database, "status = 'processing', lease_until = now()", "held")
    set_events(database, "status = 'processed', processed_at = now()", "done")
    set_events(database, "status = 'dead', processed_at = now()", "dead")

    assert backlog(database) == 3
    assert backlog(database, OTHER) == 1
    assert backlog(database, region="elsewhere") == 1
    assert backlog(database, uuid4()) == 0


def test_replies_that_wait_count_as_one_and_only_once_they_are_due(database: Database) -> None:
    add_reply(database, TENANT, due="now() + interval '1 hour'")
    assert backlog(database) == 0

    add_reply(database, TENANT)
    add_reply(database, TENANT)

    assert backlog(database) == 1


def test_all_backlogs_are_told_at_once_with_keys_and_ages(database: Database) -> None:
    named = tenant_id("shops.acme")
    query(
        database.owner_url,
        "INSERT INTO acuse.tenants (id, key, display_name) VALUES (%s, 'shops.acme', 'Acme')",
        named,
    )
    add_events(
        database.owner_url,
        [NewEvent("a", tenant=named), NewEvent("b", tenant=named), NewEvent("c", tenant=OTHER)],
    )
    set_events(database, "created_at = now() - interval '90 s'", "a")
    add_reply(database, named)

    with psycopg.connect(database.url) as conn:
        rows = conn.execute(BACKLOGS, [REGION]).fetchall()

    found = {row[0]: (row[1], row[2]) for row in rows}
    assert found == {named: ("shops.acme", 3), OTHER: (None, 1)}
    ages = {row[0]: row[3] for row in rows}
    assert ages[named] >= 90 > ages[OTHER] >= 0


@pytest.mark.parametrize(
    "call", [BACKLOG.replace("%s, %s", "NULL, ''"), BACKLOGS], ids=["one", "all"]
)
def test_who_may_not_become_the_admin_cannot_call_it(database: Database, call: str) -> None:
    name, password = f"stranger_{secrets.token_hex(4)}", secrets.token_hex(8)
    with psycopg.connect(database.owner_url, autocommit=True) as conn:
        made = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
        conn.execute(made.format(sql.Identifier(name), sql.Literal(password)))
    try:
        url = with_login(database.owner_url, user=name, password=password)
        with psycopg.connect(url) as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute(call.replace("%s", "''").encode())
    finally:
        with psycopg.connect(database.owner_url, autocommit=True) as conn:
            conn.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def test_the_login_itself_still_sees_no_row(database: Database) -> None:
    add_events(database.owner_url, [NewEvent("a")])
    with psycopg.connect(database.url) as conn:
        assert conn.execute(BACKLOG, [TENANT, REGION]).fetchone() == (1,)
        assert conn.execute("SELECT current_user").fetchone() == ("acuse_app",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("SELECT event_id FROM acuse.webhook_events")
