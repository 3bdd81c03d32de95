"""The same job the common way: FastAPI, pydantic, SQLAlchemy's ORM and slowapi.

What the intake is compared with, so nothing in it is slow on purpose: the async session over
psycopg 3, a pool that no connection waits for, prepared statements, no access log, no echo. Its
table has two indexes where the intake's has six, and no row-level security.

Reads BASELINE_DATABASE_URL (a SQLAlchemy URL) and BASELINE_APP_SECRET; run it with uvicorn.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any, cast

from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response
from pydantic import BaseModel, Field, ValidationError
from slowapi import Limiter
from slowapi.errors import RateLimitExceeded
from slowapi.util import get_remote_address
from sqlalchemy import BigInteger, DateTime, Identity, String, func
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SCHEMA = "baseline"
PATH = "/webhook"
_POOL = 32
_NO_REAL_LIMIT = "1000000/second"

Endpoint = Callable[..., Awaitable[Response]]


class Base(DeclarativeBase):
    """The tables of this app."""


class WebhookEvent(Base):
    """One message of a webhook body."""

    __tablename__ = "webhook_events"
    __table_args__ = {"schema": SCHEMA}  # noqa: RUF012 - SQLAlchemy's own convention

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    event_id: Mapped[str] = mapped_column(String(512), unique=True)
    phone_number_id: Mapped[str] = mapped_column(String(64))
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[str] = mapped_column(String(16), default="received")
    retries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Part(BaseModel, extra="allow"):
    """A part of the body; what is not named here is kept."""


class Message(Part):
    """A message that came."""

    id: str
    sender: str = Field(alias="from")
    timestamp: str
    type: str


class Metadata(Part):
    """Which number it came to."""

    display_phone_number: str
    phone_number_id: str


class Value(Part):
    """What a change says."""

    metadata: Metadata
    messages: list[Message] = []


class Change(Part):
    """A change of one field."""

    field: str
    value: Value


class Entry(Part):
    """The changes of one business account."""

    id: str
    changes: list[Change]


class Body(Part):
    """A webhook's body."""

    object: str
    entry: list[Entry]


engine = create_async_engine(os.environ["BASELINE_DATABASE_URL"], pool_size=_POOL, max_overflow=0)
sessions = async_sessionmaker(engine, expire_on_commit=False)
app_secret = os.environ["BASELINE_APP_SECRET"].encode()
limiter = Limiter(key_func=get_remote_address)
# Its decorators have no types.
limited: Callable[[Endpoint], Endpoint] = cast("Any", limiter).limit(_NO_REAL_LIMIT)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None, None]:  # noqa: ARG001 - FastAPI's signature
    """Make the table, and close the pool at the end."""
    async with engine.begin() as conn:
        await conn.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


async def session() -> AsyncGenerator[AsyncSession, None]:
    """Give each request a session of its own."""
    async with sessions() as made:
        yield made


def too_many(request: Request, exc: Exception) -> Response:  # noqa: ARG001 - FastAPI's signature
    """Answer 429."""
    return Response(status_code=429)


app = FastAPI(lifespan=lifespan)
app.state.limiter = limiter
app.add_exception_handler(RateLimitExceeded, too_many)


@app.post(PATH)
@limited
async def receive(
    request: Request,
    session: Annotated[AsyncSession, Depends(session)],
    x_hub_signature_256: Annotated[str, Header()],
) -> Response:
    """Check the signature, keep every message, commit, answer 200."""
    raw = await request.body()
    signature = "sha256=" + hmac.new(app_secret, raw, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(signature, x_hub_signature_256):
        raise HTTPException(status_code=403)
    try:
        body = Body.model_validate_json(raw)
    except ValidationError as exc:
        raise HTTPException(status_code=422) from exc
    for entry in body.entry:
        for change in entry.changes:
            for message in change.value.messages:
                await session.execute(
                    insert(WebhookEvent)
                    .values(
                        event_id=message.id,
                        phone_number_id=change.value.metadata.phone_number_id,
                        payload=change.model_dump(mode="json", by_alias=True),
                    )
                    .on_conflict_do_nothing(index_elements=["event_id"])
                )
    await session.commit()
    return Response(status_code=200)
