"""A token's life: made once, known by its hash, used, and ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from click.testing import CliRunner

from acuse.commands.tokens import tokens
from acuse.data.pool import Pool, open_pool, transaction
from acuse.errors import InvalidRequest, NotFound, Unauthorized
from acuse.tenants.tenant import tenant_id
from acuse.tokens import (
    Bearer,
    NewToken,
    Scope,
    authenticate,
    create_token,
    list_tokens,
    new_text,
    revoke_token,
)
from support.databases import Database

DAY = timedelta(days=1)


@pytest.fixture
async def admin(database: Database) -> AsyncIterator[Pool]:
    async with open_pool(database.url, "acuse_admin", size=2, name="t") as pool:
        yield pool


@pytest.fixture
async def api(database: Database) -> AsyncIterator[Pool]:
    async with open_pool(database.url, "acuse_api", size=2, name="t") as pool:
        yield pool


async def made(admin: Pool, *, lifetime: timedelta = DAY) -> NewToken:
    async with transaction(admin) as conn:
        return await create_token(
            conn,
            tenant="shop.acme",
            name="books",
            scopes=[Scope.LEDGER_READ, Scope.EVENTS_READ],
            lifetime=lifetime,
        )


async def known(api: Pool, text: str) -> Bearer:
    async with transaction(api) as conn:
        return await authenticate(conn, text)


async def test_a_token_opens_its_tenant_with_its_scopes(admin: Pool, api: Pool) -> None:
    token = await made(admin)

    assert await known(api, token.text) == Bearer(
        token_id=token.id,
        tenant_id=tenant_id("shop.acme"),
        scopes=frozenset({"ledger:read", "events:read"}),
    )


async def test_the_token_itself_is_kept_nowhere(admin: Pool, database: Database) -> None:
    token = await made(admin)

    with psycopg.connect(database.owner_url) as conn:
        row = conn.execute("SELECT t::text FROM acuse.api_tokens t").fetchone()
    assert row is not None
    assert token.text not in row[0]


async def test_unknown_revoked_and_expired_are_refused_alike(
    admin: Pool, api: Pool, database: Database
) -> None:
    revoked, expired = await made(admin), await made(admin)
    async with transaction(admin) as conn:
        await revoke_token(conn, revoked.id)
        await revoke_token(conn, revoked.id)
    with psycopg.connect(database.owner_url) as owner:
        owner.execute("UPDATE acuse.api_tokens SET expires_at = now() WHERE id = %s", [expired.id])

    said: set[str] = set()
    for text in (revoked.text, expired.text, new_text(), "acuse_x", ""):
        with pytest.raises(Unauthorized) as caught:
            await known(api, text)
        said.add(str(caught.value))

    assert len(said) == 1


async def test_the_last_use_is_noted_once_a_minute(
    admin: Pool, api: Pool, database: Database
) -> None:
    token = await made(admin)

    async def last_used() -> object:
        async with transaction(admin) as conn:
            return (await list_tokens(conn))[0].last_used_at

    assert await last_used() is None
    await known(api, token.text)
    first = await last_used()
    await known(api, token.text)
    assert (await last_used()) == first is not None
    with psycopg.connect(database.owner_url) as owner:
        owner.execute("UPDATE acuse.api_tokens SET last_used_at = now() - interval '2 minutes'")
    await known(api, token.text)
    assert await last_used() != first


async def test_the_api_sees_no_token_but_the_callers(admin: Pool, api: Pool) -> None:
    await made(admin)

    async with transaction(api, tenant_id=tenant_id("shop.acme")) as conn:
        cursor = await conn.execute("SELECT count(*) FROM acuse.api_tokens")
        assert await cursor.fetchone() == (0,)


@pytest.mark.parametrize("tenant", ["acme", "Shop.acme", "shop.", "shop/acme", "shop.acme\n"])
async def test_a_tenant_is_named_by_namespace_and_name(admin: Pool, tenant: str) -> None:
    with pytest.raises(InvalidRequest):
        async with transaction(admin) as conn:
            await create_token(
                conn, tenant=tenant, name="x", scopes=[Scope.LEDGER_READ], lifetime=DAY
            )


async def test_a_token_without_scope_or_future_is_not_made(admin: Pool) -> None:
    for scopes, lifetime in (([], DAY), ([Scope.LEDGER_READ], -DAY)):
        with pytest.raises(InvalidRequest):
            async with transaction(admin) as conn:
                await create_token(
                    conn, tenant="shop.acme", name="x", scopes=scopes, lifetime=lifetime
                )


async def test_revoking_what_is_not_there_is_said(admin: Pool) -> None:
    with pytest.raises(NotFound):
        async with transaction(admin) as conn:
            await revoke_token(conn, uuid4())


def test_the_commands_create_list_and_revoke(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACUSE_DATABASE_URL", database.url)
    run = CliRunner()

    created = run.invoke(
        tokens, ["create", "--tenant", "shop.acme", "--name", "books", "--scope", "ledger:read"]
    )
    listed = run.invoke(tokens, ["list", "--tenant", "shop.acme"])
    token_id = listed.stdout.split()[0]
    revoked = run.invoke(tokens, ["revoke", token_id])
    after = run.invoke(tokens, ["list"])

    assert (created.exit_code, revoked.exit_code) == (0, 0)
    assert created.stdout.startswith("acuse_")
    assert "shop.acme  books  active" in listed.stdout
    assert "used never  ledger:read" in listed.stdout
    assert created.stdout.strip() not in listed.stdout
    assert "shop.acme  books  revoked" in after.stdout
