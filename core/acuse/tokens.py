"""Bearer tokens of the API: 256 random bits, shown once, kept as a hash, scoped, and ending.

The prefix and the checksum let a scanner find a leaked token; they are no part of its secrecy.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from psycopg.rows import class_row

from acuse.data.pool import Conn
from acuse.errors import InvalidRequest, NotFound, Unauthorized
from acuse.tenants.tenant import tenant_id

_PREFIX: Final = "acuse_"
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET_LENGTH: Final = 43
_CHECK_LENGTH: Final = 6
_SHAPE = re.compile(rf"{_PREFIX}([0-9A-Za-z]{{{_SECRET_LENGTH}}})([0-9A-Za-z]{{{_CHECK_LENGTH}}})")
_TENANT_KEY = re.compile(
    r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?"
)

SET_HASH: Final = "SELECT set_config('acuse.token_hash', %(hash)s, true)"
# One answer for unknown, revoked and expired, by the database's clock.
FIND: Final = """
    SELECT id, tenant_id, scopes,
           last_used_at IS NULL OR last_used_at < now() - interval '1 minute' AS stale
      FROM acuse.api_tokens
     WHERE revoked_at IS NULL AND expires_at > now()
"""
# A busy caller writes once a minute, and two requests at once do not wait for each other.
TOUCH: Final = """
    UPDATE acuse.api_tokens SET last_used_at = now()
     WHERE id = (SELECT id FROM acuse.api_tokens WHERE id = %(id)s FOR UPDATE SKIP LOCKED)
"""
ADD_TENANT: Final = """
    INSERT INTO acuse.tenants (id, key, display_name) VALUES (%(id)s, %(key)s, %(key)s)
        ON CONFLICT DO NOTHING
"""
CREATE: Final = """
    INSERT INTO acuse.api_tokens (tenant_id, name, token_hash, scopes, expires_at)
    VALUES (%(tenant_id)s, %(name)s, %(hash)s, %(scopes)s, now() + %(lifetime)s)
    RETURNING id, expires_at
"""
LIST: Final = """
    SELECT t.id, o.key AS tenant, t.name, t.scopes, t.created_at, t.expires_at, t.revoked_at,
           t.last_used_at,
           CASE WHEN t.revoked_at IS NOT NULL THEN 'revoked'
                WHEN t.expires_at <= now() THEN 'expired' ELSE 'active' END AS state
      FROM acuse.api_tokens t JOIN acuse.tenants o ON o.id = t.tenant_id
     WHERE %(tenant)s::text IS NULL OR o.key = %(tenant)s
     ORDER BY o.key, t.created_at, t.id
"""
REVOKE: Final = """
    UPDATE acuse.api_tokens SET revoked_at = coalesce(revoked_at, now()) WHERE id = %(id)s
"""


class Scope(StrEnum):
    """What a token allows."""

    LEDGER_READ = "ledger:read"
    LEDGER_WRITE = "ledger:write"
    RECEIPTS_READ = "receipts:read"
    EVENTS_READ = "events:read"
    REPLIES_WRITE = "replies:write"


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who calls: one tenant's token and what it allows."""

    token_id: UUID
    tenant_id: UUID
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """A token as `acuse tokens list` shows it; the token itself cannot be shown again."""

    id: UUID
    tenant: str
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
    state: str


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made; `text` is known here and nowhere else."""

    id: UUID
    text: str
    expires_at: datetime


def new_text() -> str:
    """Return a fresh token."""
    secret = _base62(int.from_bytes(secrets.token_bytes(32)), _SECRET_LENGTH)
    return f"{_PREFIX}{secret}{_checksum(secret)}"


def is_well_formed(text: str) -> bool:
    """Whether the text has a token's shape and checksum: one that has not was never issued."""
    match = _SHAPE.fullmatch(text)
    return match is not None and _checksum(match[1]) == match[2]


def hash_of(text: str) -> bytes:
    """Return what is kept of a token; 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(text.encode()).digest()


async def authenticate(conn: Conn, text: str) -> Bearer:
    """Return whose token this is; the connection's role is acuse_api, in a transaction.

    Raises Unauthorized alike for a token that is malformed, unknown, revoked or expired.
    """
    if not is_well_formed(text):
        raise Unauthorized("the bearer token is not valid")
    await conn.execute(SET_HASH, {"hash": hash_of(text).hex()})
    row = await (await conn.execute(FIND)).fetchone()
    if row is None:
        raise Unauthorized("the bearer token is not valid")
    token_id, tenant, scopes, stale = row
    if stale:
        await conn.execute(TOUCH, {"id": token_id})
    return Bearer(token_id=token_id, tenant_id=tenant, scopes=frozenset(scopes))


async def create_token(
    conn: Conn, *, tenant: str, name: str, scopes: Iterable[Scope], lifetime: timedelta
) -> NewToken:
    """Create a token of the tenant NAMESPACE.NAME, adding the tenant if it is new.

    The connection's role is acuse_admin.
    """
    if not _TENANT_KEY.fullmatch(tenant):
        raise InvalidRequest("a tenant is written NAMESPACE.NAME")
    wanted = sorted({scope.value for scope in scopes})
    if not wanted or lifetime <= timedelta(0):
        raise InvalidRequest("a token needs at least one scope and an expiry in the future")
    owner = tenant_id(tenant)
    text = new_text()
    await conn.execute(ADD_TENANT, {"id": owner, "key": tenant})
    values = {
        "tenant_id": owner,
        "name": name,
        "hash": hash_of(text),
        "scopes": wanted,
        "lifetime": lifetime,
    }
    async with conn.cursor(row_factory=class_row(_Created)) as cursor:
        await cursor.execute(CREATE, values)
        (row,) = await cursor.fetchall()
    return NewToken(id=row.id, text=text, expires_at=row.expires_at)


async def list_tokens(conn: Conn, *, tenant: str | None = None) -> Sequence[TokenInfo]:
    """Return the tokens of one tenant or of all, oldest first; role acuse_admin."""
    async with conn.cursor(row_factory=class_row(TokenInfo)) as cursor:
        await cursor.execute(LIST, {"tenant": tenant})
        return await cursor.fetchall()


async def revoke_token(conn: Conn, token_id: UUID) -> None:
    """End a token now; one that is revoked stays so. Raises NotFound; role acuse_admin."""
    cursor = await conn.execute(REVOKE, {"id": token_id})
    if cursor.rowcount == 0:
        raise NotFound("there is no such token")


@dataclass(frozen=True, slots=True)
class _Created:
    id: UUID
    expires_at: datetime


def _checksum(secret: str) -> str:
    return _base62(zlib.crc32(secret.encode()), _CHECK_LENGTH)


def _base62(number: int, length: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits.rjust(length, _ALPHABET[0])
