"""A worker's surroundings for tests: a real database, and small fakes of Meta, files and OCR."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from acuse.data.pool import Pool, open_pool, transaction
from acuse.events.queue import Patience, Queue
from acuse.media.fetch import StoredMedia, WantedMedia
from acuse.reading.values import DocumentReading, Evidence, Item, Kind, Reading, Source
from acuse.tenants.index import IndexedDirectory, TenantIndex
from acuse.tenants.registry import keep_tenants
from acuse.tenants.tenant import Number, OcrPolicy, Tenant
from acuse_workers.pipeline import Pipeline
from acuse_workers.ports import Surroundings
from acuse_workers.turns import Turns
from support.databases import Database
from support.events import OTHER, REGION, TENANT, NewEvent, add_events, query

EVIDENCE = Evidence(page=1, box=None, text="TOTAL $ 1.234,50", source=Source.OCR)
PATIENCE = Patience(base=0.0, cap=0.0, max_tries=4, max_lost_leases=3)


def reading(amount: str | None = "1234.50", *, kind: Kind = Kind.TICKET) -> DocumentReading:
    """Return a reading of a ticket of YPF over `amount`, of 10 March 2026."""
    return DocumentReading(
        kind=Reading(kind, 0.9, EVIDENCE),
        issued_on=Reading(date(2026, 3, 10), 0.9, EVIDENCE),
        amount=None if amount is None else Reading(Decimal(amount), 0.9, EVIDENCE),
        currency=Reading("ARS", 0.9, EVIDENCE),
        vendor=Reading("YPF", 0.9, EVIDENCE),
        tax_id=None,
        number=None,
        category=None,
        items=(Item("Nafta", Decimal(1), Decimal("1234.50"), Decimal("1234.50")),),
        document_confidence=0.9,
        engine="fake",
        pages=1,
    )


def several(*amounts: str, slips: int = 0) -> DocumentReading:
    """Return a reading of a photo with a receipt over each of these amounts."""
    first, *others = (
        replace(reading(amount), slips=max(slips, len(amounts))) for amount in amounts
    )
    return replace(first, others=tuple(others))


def number(phone_number_id: str = "100") -> Number:
    """Return a number with made-up credentials."""
    return Number(phone_number_id, "900", "v26.0", "verify", "token", (b"secret",))


SHOP = Tenant(key="shop.test", id=TENANT, display_name="Shop", numbers=(number(),))
OTHERS = Tenant(key="other.test", id=OTHER, display_name="Other", numbers=(number("200"),))


class FixedDirectory(IndexedDirectory):
    """Tenants that never change."""

    def __init__(self, *tenants: Tenant) -> None:
        super().__init__()
        self._serve(TenantIndex(tenants))


@dataclass(slots=True)
class Outside:
    """The world outside the database: keeps what was asked, and fails as it is told to.

    `errors` holds, per act (read mark, fetch, copy, read), what to raise, first to last.
    """

    errors: dict[str, list[Exception]] = field(default_factory=dict[str, list[Exception]])
    asked: Counter[str] = field(default_factory=Counter[str])
    checksums: dict[str, str] = field(default_factory=dict[str, str])
    readings: dict[str, DocumentReading] = field(default_factory=dict[str, DocumentReading])
    policies: list[OcrPolicy] = field(default_factory=list[OcrPolicy])
    before: Callable[[str], Awaitable[None]] | None = None

    async def _act(self, act: str) -> None:
        self.asked[act] += 1
        if self.before is not None:
            await self.before(act)
        if self.errors.get(act):
            raise self.errors[act].pop(0)

    async def send(self, number: Number, body: Mapping[str, Any]) -> str:
        """Send nothing."""
        await self._act("send")
        return f"wamid.{number.phone_number_id}.{len(body)}.{self.asked['send']}"

    async def mark_read(self, number: Number, message_id: str, *, typing: bool) -> None:
        """Take note of a read mark."""
        assert number.phone_number_id
        assert typing
        await self._act(f"mark_read {message_id}")

    async def fetch(self, number: Number, wanted: WantedMedia) -> StoredMedia:
        """Say that the media is stored under its graph id."""
        assert number.phone_number_id
        await self._act("fetch")
        checksum = self.checksums.get(wanted.graph_media_id, wanted.id.hex)
        return StoredMedia(wanted.graph_media_id, 3, checksum, wanted.mime_type)

    async def fetch_to(self, key: str, path: Path) -> None:
        """Write the object's key into the file, for `read` to know the document by."""
        await self._act("copy")
        await asyncio.to_thread(path.write_text, key, encoding="utf-8")

    async def read(self, path: Path, *, policy: OcrPolicy) -> DocumentReading:
        """Return the reading set for this object, or a ticket of YPF."""
        await self._act("read")
        self.policies.append(policy)
        key = await asyncio.to_thread(path.read_text, encoding="utf-8")
        return self.readings.get(key, reading())


@dataclass(frozen=True, slots=True)
class Bench:
    """A pipeline on a real database."""

    url: str
    pool: Pool
    outside: Outside
    around: Surroundings
    pipeline: Pipeline
    queue: Queue

    def add(self, *events: NewEvent) -> None:
        """Store events as the intake does."""
        add_events(self.url, events)

    async def work(self) -> list[str]:
        """Work until nothing is due; return how the work on each claim ended."""
        outcomes: list[str] = []
        while claimed := await self.queue.claim(1):
            outcomes.append(await self.pipeline.work(claimed[0]))
        return outcomes

    def rows(self, text: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run one statement as superuser and return its rows."""
        return query(self.url, text, *parameters)

    def replies(self) -> list[tuple[str, str, str]]:
        """Return each reply's cause, purpose and words."""
        return [
            (cause, purpose, str(content["text"]["body"]))
            for cause, purpose, content in self.rows(
                "SELECT cause, purpose, content FROM acuse.outbox ORDER BY created_at, cause"
            )
        ]

    def add_transaction(self, amount: str = "-1234.50", *, tenant: UUID = TENANT) -> None:
        """Put a line into the ledger that fits the fake reading."""
        self.rows(
            "INSERT INTO acuse.transactions (tenant_id, external_id, posted_on, amount, currency,"
            " description, counterparty_name) VALUES (%s, gen_random_uuid()::text, '2026-03-10',"
            " %s, 'ARS', 'YPF compra', 'YPF')",
            tenant,
            amount,
        )


@asynccontextmanager
async def bench(database: Database) -> AsyncGenerator[Bench, None]:
    """Set a pipeline up on the database."""
    outside = Outside()
    async with open_pool(database.url, "acuse_worker", size=6, name="bench") as pool:
        around = Surroundings(
            pool=pool,
            directory=FixedDirectory(SHOP, OTHERS),
            graph=outside,
            fetcher=outside,
            objects=outside,
            reader=outside,
            reading=Turns(2),
        )
        async with transaction(pool) as conn:
            await keep_tenants(conn, around.directory.tenants())
        queue = Queue(pool, REGION, "bench", lease=60.0, patience=PATIENCE)
        pipeline = Pipeline(around, PATIENCE)
        yield Bench(database.owner_url, pool, outside, around, pipeline, queue)


def message(
    event_id: str,
    kind: str = "text",
    *,
    content: Mapping[str, Any] | None = None,
    person: Mapping[str, Any] | None = None,
    at: float = 0.0,
    **more: Any,
) -> NewEvent:
    """Return the event of a message; `person` has user_id, wa_id, name."""
    who = {"user_id": "AR.1", "wa_id": "5491150000001", "name": "Ana"} if person is None else person
    contact = {k: who[k] for k in ("user_id", "wa_id") if k in who}
    if "name" in who:
        contact["profile"] = {"name": who["name"]}
    said: dict[str, Any] = {"id": event_id, "type": kind, "timestamp": "1"}
    if "wa_id" in who:
        said["from"] = who["wa_id"]
    if "user_id" in who:
        said["from_user_id"] = who["user_id"]
    if content is not None:
        said[kind] = content
    return NewEvent(
        event_id,
        kind=kind if kind in {"edit", "revoke"} else f"message.{kind}",
        lane=f"sender:{who.get('user_id') or who.get('wa_id')}",
        at=at,
        payload={
            "field": "messages",
            "entry_id": "900",
            "contact": contact,
            "message": said | more,
        },
    )


def text(event_id: str, body: str = "hola", **more: Any) -> NewEvent:
    """Return the event of a text message."""
    return message(event_id, content={"body": body}, **more)


def image(
    event_id: str, media_id: str = "m1", *, caption: str | None = None, **more: Any
) -> NewEvent:
    """Return the event of a photo."""
    content: dict[str, Any] = {"id": media_id, "mime_type": "image/jpeg"}
    return message(
        event_id, "image", content=content | ({"caption": caption} if caption else {}), **more
    )


def edit(event_id: str, original: str, said: Mapping[str, Any], **more: Any) -> NewEvent:
    """Return the event of an edit: `said` is the message as it reads now."""
    content = {"original_message_id": original, "message": said}
    return message(event_id, "edit", content=content, **more)


def revoke(event_id: str, original: str, **more: Any) -> NewEvent:
    """Return the event of a revocation."""
    return message(event_id, "revoke", content={"original_message_id": original}, **more)


def status(wamid: str, said: str, *, callback: str | None = None, at: float = 0.0) -> NewEvent:
    """Return the event of a status of a message of ours."""
    told: dict[str, Any] = {"id": wamid, "status": said, "recipient_id": "5491150000001"}
    if callback is not None:
        told["biz_opaque_callback_data"] = callback
    return replace(
        NewEvent(f"{wamid}:{said}", kind="status", lane=f"status:{wamid}", at=at),
        payload={"field": "messages", "entry_id": "900", "status": told},
    )
