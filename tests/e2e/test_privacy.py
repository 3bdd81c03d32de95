"""Promise 8: no secret and nothing about a person in logs, metrics, health, errors or states."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from acuse_lab.documents.catalogue import sample
from acuse_lab.documents.sample import Sample, pesos
from acuse_lab.graph import inbound
from acuse_lab.graph.contract import MediaModes, Person, SendFault
from acuse_lab.postgres import PostgresServer
from acuse_lab.running.tenants import LabTenant
from support.load import sign, text_body
from support.world import APP_SECRET, APP_VERIFY_TOKEN, World, running_world, until

ZULEMA = Person(
    name="Zulema Canario",
    wa_id="5492616660707",
    user_id="AR.70707070707070707071",
    username="zulema.canario",
)
SAID = "palabra-canario-8141"
FILE = "canario-2207.pdf"
GUESS = "acuse_adivinado_canario"
PHOTO, INVOICE = sample("ticket"), sample("factura-b")
OPEN = """
    SELECT (SELECT count(*) FROM acuse.webhook_events
             WHERE status IN ('received', 'processing', 'failed'))
         + (SELECT count(*) FROM acuse.outbox WHERE status IN ('pending', 'sending'))
"""
DEAD = "SELECT event_id FROM acuse.webhook_events WHERE status = 'dead'"
DECIDED = "SELECT count(*) FROM acuse.receipts WHERE status IN ('matched', 'review')"
COLUMNS = """
    SELECT table_name, column_name FROM information_schema.columns
     WHERE table_schema = 'acuse'
       AND has_column_privilege(format('%I.%I', table_schema, table_name), column_name, 'SELECT')
     ORDER BY table_name, ordinal_position
"""


@dataclass(slots=True)
class Heard:
    """Everything that anyone but the sender and the tenant can come to see, by where it was."""

    places: dict[str, str] = field(default_factory=dict[str, str])

    def answer(self, name: str, answer: httpx.Response) -> None:
        """Take an HTTP error down: its headers and its body."""
        assert answer.is_error, f"{name}: {answer.status_code}"
        self.places[name] = f"{answer.headers}\n{answer.text}"

    def leaks(self, canaries: Mapping[str, str]) -> list[tuple[str, str]]:
        """Return each place and the name of the canary that was seen there."""
        return [
            (place, name)
            for place, text in self.places.items()
            for name, canary in canaries.items()
            if canary in text
        ]


def shown_by(document: Sample) -> Iterable[tuple[str, str]]:
    """Return what a document says that nobody else is to see."""
    for name in ("vendor", "tax_id", "number"):
        said = document.truth[name]
        if said is not None:
            yield f"{document.name}.{name}", said
    amount = Decimal(document.truth["amount"] or "")
    yield f"{document.name}.amount", f"{amount:.2f}"
    yield f"{document.name}.pesos", pesos(amount)


def canaries_of(world: World, *tokens: str) -> dict[str, str]:
    tenant = world.tenant
    password = conninfo_to_dict(world.installation.database_url)["password"]
    return {
        "name": ZULEMA.name,
        "phone": str(ZULEMA.wa_id),
        "user_id": str(ZULEMA.user_id),
        "username": str(ZULEMA.username),
        "text": SAID,
        "file": FILE,
        **dict(shown_by(PHOTO)),
        **dict(shown_by(INVOICE)),
        "access_token": tenant.access_token,
        "app_secret": tenant.app_secret,
        "verify_token": tenant.verify_token,
        "shared_app_secret": APP_SECRET,
        "shared_verify_token": APP_VERIFY_TOKEN,
        "password": str(password),
        "guess": GUESS,
        **{f"api_token_{n}": token for n, token in enumerate(tokens)},
    }


async def send_all_kinds(world: World) -> None:
    """Send what people send: good, broken, unwanted, edited, taken back; some of it fails first."""
    number = world.tenant.phone_number_id
    lab = world.lab
    photo = await lab.add_media(number, PHOTO.data, mime_type=PHOTO.mime)
    invoice = await lab.add_media(number, INVOICE.data, mime_type=INVOICE.mime, filename=FILE)
    broken = await lab.add_media(
        number, b"%PDF-1.7 " + SAID.encode(), mime_type="application/pdf", filename=FILE
    )
    gone = await lab.add_media(number, PHOTO.data, mime_type=PHOTO.mime)
    await lab.set_media_modes(photo.id, MediaModes(failures=1, failure_status=500))
    await lab.set_media_modes(gone.id, MediaModes(failures=9, failure_status=302))
    await lab.script(number, SendFault(how="error", code=131026))
    sent = await lab.send(
        number,
        ZULEMA,
        inbound.text(SAID),
        inbound.text(f"{SAID} otra vez"),
        inbound.image(photo, caption=SAID),
        inbound.document(invoice, caption=SAID),
        inbound.document(broken),
        inbound.image(gone, caption=SAID),
        inbound.location(-32.9, -68.8, name=SAID, address=SAID),
        inbound.contacts((ZULEMA.name, str(ZULEMA.wa_id))),
    )
    first, second = sent.message_ids[:2]
    await lab.send(number, ZULEMA, inbound.edit(first, inbound.text(f"{SAID} corregida")))
    await lab.send(number, ZULEMA, inbound.revoke(second))
    await lab.send(number, ZULEMA, inbound.revoke("wamid.nunca"))
    # Not what its type promises: a dead letter.
    await lab.send(number, ZULEMA, {"type": "image", "image": {"id": {"no": SAID}}})


async def ask_intake_wrongly(world: World, http: httpx.AsyncClient, heard: Heard) -> None:
    tenant, url = world.tenant, world.installation.webhook_url(world.tenant)
    body = text_body(tenant, "wamid.forged", person="7", text=SAID)
    foreign = LabTenant(name="ajena", display_name="Ajena")
    other = text_body(foreign, f"wamid.{SAID}", person="7", text=SAID)
    said = sign(body, tenant.app_secret)
    wrong = {"hub.mode": "subscribe", "hub.verify_token": GUESS, "hub.challenge": SAID}
    for name, answer in {
        "forged": await http.post(url, content=body, headers=sign(body, GUESS)),
        "unsigned": await http.post(url, content=body),
        "foreign": await http.post(url, content=other, headers=sign(other, tenant.app_secret)),
        "no tenant": await http.post(f"{url}-{GUESS}", content=body, headers=said),
        "no route": await http.get(f"{world.installation.intake_url}/{GUESS}"),
        "wrong method": await http.put(f"{url}?q={GUESS}", content=body),
        "verification": await http.get(url, params=wrong),
    }.items():
        heard.answer(f"intake {name}", answer)
    for odd in (b'{"object":"' + SAID.encode(), b'{"object":"%b"}' % SAID.encode()):
        answer = await http.post(url, content=odd, headers=sign(odd, tenant.app_secret))
        assert answer.status_code == 200


async def ask_api_wrongly(
    world: World, http: httpx.AsyncClient, heard: Heard, *, token: str, narrow: str
) -> None:
    root = f"{world.installation.api_url}/api/v1"
    good = {"Authorization": f"Bearer {token}"}
    lines = f"date,amount,description\n{SAID},{SAID},{SAID}\n".encode()
    text = {"Content-Type": "text/csv"}
    reply: dict[str, Any] = {"sender_id": SAID, "key": SAID, "kind": SAID, "text": SAID}
    for name, answer in {
        "no token": await http.get(f"{root}/receipts"),
        "wrong token": await http.get(
            f"{root}/receipts", headers={"Authorization": f"Bearer {GUESS}"}
        ),
        "no scope": await http.get(
            f"{root}/receipts", headers={"Authorization": f"Bearer {narrow}"}
        ),
        "wrong filter": await http.get(
            f"{root}/receipts", params={"status": SAID, "limit": SAID}, headers=good
        ),
        "wrong cursor": await http.get(f"{root}/receipts", params={"cursor": SAID}, headers=good),
        "no event": await http.get(f"{root}/events/{SAID}", headers=good),
        "no receipt": await http.get(f"{root}/receipts/{SAID}", headers=good),
        "bad ledger": await http.post(f"{root}/ledger/imports", content=lines, headers=good | text),
        "no json": await http.post(
            f"{root}/replies",
            content=SAID.encode(),
            headers=good | {"Content-Type": "application/json"},
        ),
        "bad reply": await http.post(f"{root}/replies", json=reply, headers=good),
        "wrong type": await http.post(f"{root}/replies", content=SAID.encode(), headers=good),
        "no route": await http.get(f"{root}/{GUESS}", headers=good),
    }.items():
        heard.answer(f"api {name}", answer)


async def look(world: World, http: httpx.AsyncClient, heard: Heard, *, when: str) -> None:
    """Take down what monitoring sees."""
    for name, program in world.installation.programs.items():
        for page in ("metrics", "readyz", "livez"):
            answer = await http.get(f"{program.monitoring_url}/{page}")
            heard.places[f"{name} /{page} {when}"] = answer.text


async def fall_and_rise(world: World, http: httpx.AsyncClient, heard: Heard) -> None:
    """Pull the database's plug: what programs say of a failure is said too."""
    await asyncio.to_thread(world.postgres.stop, signal.SIGQUIT)
    tenant = world.tenant
    body = text_body(tenant, "wamid.away", person="7", text=SAID)
    url = world.installation.webhook_url(tenant)
    headers = sign(body, tenant.app_secret)
    heard.answer("intake away", await http.post(url, content=body, headers=headers))
    await look(world, http, heard, when="while PostgreSQL is away")
    await asyncio.to_thread(world.postgres.start)
    for program in world.installation.programs.values():
        await asyncio.to_thread(program.wait_ready)


async def ask_command_line(world: World, heard: Heard) -> None:
    ids = [row[0] for row in world.rows("SELECT event_id FROM acuse.webhook_events")]
    asked = [("list",), ("list", "--json"), ("reconcile",), ("reconcile", "--json")]
    dead = [row[0] for row in world.rows(DEAD)]
    assert len(ids) > len(dead) > 1
    asked += [("show", event_id) for event_id in dead] + [("show", ids[0], "--json")]
    for words in asked:
        done = await asyncio.to_thread(world.installation.command, "events", *words)
        assert done.stdout, done.stderr
        heard.places["acuse events " + " ".join(words)] = done.stdout + done.stderr


def read_as(world: World, role: str, heard: Heard) -> list[str]:
    """Take down every value that a role can read, of each tenant in turn; return the columns."""
    tenants = [row[0] for row in world.rows("SELECT id::text FROM acuse.tenants")]
    with psycopg.connect(world.installation.database_url, autocommit=True) as conn:
        conn.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
        readable = conn.execute(COLUMNS).fetchall()
        for tenant in ["", *tenants]:
            conn.execute("SELECT set_config('acuse.tenant_id', %s, false)", [tenant])
            for table, column in readable:
                query = sql.SQL("SELECT {}::text FROM acuse.{}").format(
                    sql.Identifier(column), sql.Identifier(table)
                )
                place = f"{role} {table}.{column} {tenant}"
                heard.places[place] = "\n".join(str(row[0]) for row in conn.execute(query))
    return [f"{table}.{column}" for table, column in readable]


def login_sees_nothing(world: World) -> None:
    """Check that a pooled connection whose role was reset, by whatever means, may nothing."""
    with psycopg.connect(world.installation.database_url, autocommit=True) as conn:
        conn.execute("SET ROLE acuse_worker")
        for leave in ("RESET ROLE", "RESET ALL", "SET ROLE NONE", "DISCARD ALL"):
            conn.execute(leave.encode())
            if leave == "RESET ALL":
                continue
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute("SELECT count(*) FROM acuse.webhook_events")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("SET ROLE postgres")


async def test_nothing_about_a_person_and_no_secret_is_seen_where_it_is_not_meant_to_be(
    durable_postgres: PostgresServer, tmp_path: Path, tenant: LabTenant
) -> None:
    heard = Heard()
    async with (
        running_world(
            durable_postgres,
            "acuse",
            tmp_path,
            tenants=[tenant],
            settings={"ACUSE_LOG_LEVEL": "debug", "ACUSE_WORKER_RETRY_CAP": "1"},
        ) as world,
        httpx.AsyncClient(timeout=60, trust_env=False) as http,
    ):
        make = world.installation.token
        token = await asyncio.to_thread(
            make, tenant, "ledger:write", "receipts:read", "events:read", "replies:write"
        )
        narrow = await asyncio.to_thread(make, tenant, "ledger:read")
        await send_all_kinds(world)
        await ask_intake_wrongly(world, http, heard)
        await ask_api_wrongly(world, http, heard, token=token, narrow=narrow)
        await fall_and_rise(world, http, heard)
        await until(lambda: world.rows(OPEN) == [(0,)], what="everything has ended")
        await look(world, http, heard, when="at the end")
        await ask_command_line(world, heard)
        seen = read_as(world, "acuse_admin", heard)
        keys = read_as(world, "acuse_intake", heard)
        login_sees_nothing(world)
        kept = world.rows(DECIDED)
        canaries = canaries_of(world, token, narrow)
    for log in (tmp_path / "logs").iterdir():
        heard.places[log.name] = log.read_text(encoding="utf-8")

    assert heard.leaks(canaries) == []
    # A message's own id holds its sender's number, if not for the eye: logs call it otherwise.
    assert [log.name for log in (tmp_path / "logs").iterdir() if "wamid." in log.read_text()] == []
    assert len(heard.places["intake.log"].splitlines()) > 2
    assert "event_died" in heard.places["worker-1.log"]
    assert kept == [(2,)]
    assert "webhook_events.status" in seen
    assert keys == [f"webhook_events.{key}" for key in ("region", "tenant_id", "event_id")]
