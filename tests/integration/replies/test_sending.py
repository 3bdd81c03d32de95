"""The outbox's loop before the strict fake: each reply is sent at most once, come what may."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import msgspec
import pytest

from acuse.data.pool import Pool, open_pool, transaction
from acuse.meta.graph import GraphClient, open_http
from acuse.replies import content
from acuse.replies.content import ids_in
from acuse.settings import GraphSettings
from acuse.tenants.tenant import Number
from acuse_lab.graph import inbound
from acuse_lab.graph.client import LabClient
from acuse_lab.graph.contract import SendFault, TemplateComponent, TemplateSpec
from acuse_lab.graph.server import running_graph
from acuse_workers.membership import Membership
from acuse_workers.sending import Pace, Sends, run_outbox
from support.databases import Database
from support.eventually import until
from support.graph_numbers import ACME as ACME_NUMBER
from support.graph_numbers import ANA, NUMBER_ID
from support.replies import ACME, NUMBER, FixedDirectory, add_sender, execute, outbox, put_in

RESULT = TemplateSpec(
    name="acuse_resultado",
    components=(TemplateComponent(type="BODY", text="Novedades: {{1}}"),),
)
QUICK = Pace(idle=0.05)
DEADLINE = 120.0
CUT_OFF: LiteralString = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test'
"""
ENDED = {"sent", "failed", "unknown"}


@dataclass(slots=True)
class Bench:
    """An outbox, a fake that counts what it accepts, and the loop between them."""

    pool: Pool
    url: str
    lab: LabClient
    graph: GraphClient
    graph_url: str
    # What Ana wrote.
    received: str
    directory: FixedDirectory = field(default_factory=FixedDirectory)

    def rows(self) -> list[dict[str, Any]]:
        return outbox(self.url)

    def statuses(self) -> list[str]:
        return [row["status"] for row in self.rows()]

    @asynccontextmanager
    async def running(
        self, pace: Pace = QUICK, *, graph: Sends | None = None, worker: str = "w1"
    ) -> AsyncGenerator[asyncio.Event, None]:
        stop = asyncio.Event()
        loop = asyncio.create_task(
            run_outbox(
                self.pool,
                graph or self.graph,
                Membership(self.directory),
                worker=worker,
                stop=stop,
                pace=pace,
            )
        )
        try:
            yield stop
        finally:
            stop.set()
            await loop

    async def all_ended(self, pace: Pace = QUICK) -> list[dict[str, Any]]:
        async with self.running(pace):
            await until(lambda: set(self.statuses()) <= ENDED)
        return self.rows()

    async def accepted(self) -> Counter[UUID]:
        """Return how often Meta accepted each reply, whatever it answered."""
        return Counter(
            reply
            for message in await self.lab.messages()
            for reply in ids_in(message.body["biz_opaque_callback_data"])
        )


@pytest.fixture
async def bench(database: Database) -> AsyncIterator[Bench]:
    async with (
        running_graph() as fake,
        open_pool(database.url, "acuse_worker", size=8, name="test") as pool,
    ):
        await fake.lab.register(msgspec.structs.replace(ACME_NUMBER, templates=(RESULT,)))
        wrote = await fake.lab.send(NUMBER_ID, ANA, inbound.text("hola"))
        settings = GraphSettings(graph_url=fake.url, graph_timeout=1)
        async with open_http(settings) as http:
            graph = GraphClient(http, settings)
            received = wrote.message_ids[0]
            yield Bench(pool, database.owner_url, fake.lab, graph, fake.url, received)


async def test_a_reply_is_sent_with_its_id_and_marked_sent(bench: Bench) -> None:
    sender = add_sender(bench.url)
    (reply,) = await put_in(bench.pool, sender, "¡Listo!", quoting=bench.received)

    (row,) = await bench.all_ended()

    (message,) = await bench.lab.messages()
    assert (row["status"], row["wamid"]) == ("sent", message.id)
    assert message.body["text"]["body"] == "¡Listo!"
    assert message.body["context"] == {"message_id": bench.received}
    assert message.body["biz_opaque_callback_data"] == str(reply)


async def test_texts_that_wait_go_as_one_message(bench: Bench) -> None:
    replies = await put_in(bench.pool, add_sender(bench.url), "uno", "dos", "tres")

    rows = await bench.all_ended()

    (message,) = await bench.lab.messages()
    assert message.body["text"]["body"] == "uno\n\ndos\n\ntres"
    assert [(row["id"], row["status"], row["wamid"]) for row in rows] == [
        (reply, "sent", message.id) for reply in replies
    ]


async def test_replies_of_one_sender_arrive_in_order(bench: Bench) -> None:
    await bench.lab.script(NUMBER_ID, SendFault(how="error", code=131056, times=1))
    template = content.template("acuse_resultado", locale="es-AR", parameters=["uno"])
    await put_in(bench.pool, add_sender(bench.url), template, "dos", template, "tres")

    await bench.all_ended()

    assert [m.type for m in await bench.lab.messages()] == ["template", "text"] * 2


@pytest.mark.parametrize("how", ["hang_after_accept", "cut_after_accept"])
async def test_a_reply_that_meta_took_without_answering_is_never_sent_again(
    bench: Bench, how: Any
) -> None:
    await bench.lab.script(NUMBER_ID, SendFault(how=how))
    sender = add_sender(bench.url)
    (reply,) = await put_in(bench.pool, sender, "hola", cause="first")

    async with bench.running():
        await until(lambda: bench.statuses() == ["unknown"])
        # The loop goes on, also for this sender.
        (later,) = await put_in(bench.pool, sender, "otra", cause="later")
        await until(lambda: bench.statuses() == ["unknown", "sent"])

    assert await bench.accepted() == {reply: 1, later: 1}
    assert bench.rows()[0]["reason"] == "send_ambiguous"


RUNS_UNTIL_KILLED = """
import asyncio, sys
from acuse.data.pool import open_pool
from acuse.meta.graph import GraphClient, open_http
from acuse.settings import GraphSettings
from acuse_workers.membership import Membership
from acuse_workers.sending import Pace, run_outbox
from support.replies import FixedDirectory

async def main():
    settings = GraphSettings(graph_url=sys.argv[2], graph_timeout=600)
    async with open_pool(sys.argv[1], "acuse_worker", size=4, name="killed") as pool:
        async with open_http(settings) as http:
            await run_outbox(pool, GraphClient(http, settings), Membership(FixedDirectory()),
                             worker="killed", stop=asyncio.Event(), pace=Pace(lease=2))

asyncio.run(main())
"""


async def test_a_worker_killed_while_sending_leaves_an_unknown_and_no_second_message(
    bench: Bench, database: Database
) -> None:
    await bench.lab.script(NUMBER_ID, SendFault(how="hang_after_accept"))
    (reply,) = await put_in(bench.pool, add_sender(bench.url), "hola")
    tests = Path(__file__).parents[2]
    victim = await asyncio.to_thread(
        subprocess.Popen,
        [sys.executable, "-c", RUNS_UNTIL_KILLED, database.url, bench.graph_url],
        env={**os.environ, "PYTHONPATH": str(tests)},
    )
    try:
        await bench.lab.wait_for_messages(1, within=DEADLINE)
        assert bench.statuses() == ["sending"]
    finally:
        victim.kill()
        await asyncio.to_thread(victim.wait)

    (row,) = await bench.all_ended()

    assert (row["status"], row["reason"]) == ("unknown", "lease_expired")
    assert await bench.accepted() == {reply: 1}


async def test_every_reply_is_sent_at_most_once_through_all_kinds_of_trouble(bench: Bench) -> None:
    troubles = [
        SendFault(how="hang_after_accept", times=2),
        SendFault(how="error", code=131056, times=2),
        SendFault(how="cut_after_accept", times=3),
        SendFault(how="error", code=131000, times=3),
        SendFault(how="cut_before_accept", times=2),
        SendFault(how="error", code=130429, http_status=429, times=2),
        SendFault(how="empty", http_status=502, times=2),
        SendFault(how="error", code=131026, times=2),
    ]
    await bench.lab.script(NUMBER_ID, *troubles)
    for n in range(30):
        await put_in(bench.pool, add_sender(bench.url), "uno", "dos", cause=f"c{n}")

    async with bench.running(worker="w1"), bench.running(worker="w2"):
        await until(lambda: set(bench.statuses()) <= ENDED)

    rows, accepted = bench.rows(), await bench.accepted()
    by_status = Counter(row["status"] for row in rows)
    assert by_status["failed"] == 2 * 2
    assert by_status["unknown"] == (2 + 3 + 2 + 2) * 2
    assert by_status["sent"] == 60 - 4 - 18
    assert {accepted[row["id"]] for row in rows if row["status"] == "sent"} == {1}
    assert {accepted[row["id"]] for row in rows if row["status"] == "failed"} == {0}
    assert max(accepted.values()) == 1


async def test_the_pair_limit_is_waited_out(bench: Bench) -> None:
    await bench.lab.script(NUMBER_ID, SendFault(how="error", code=131056))
    await put_in(bench.pool, add_sender(bench.url), "hola")

    (row,) = await bench.all_ended()

    assert (row["status"], row["retries"], row["attempt"]) == ("sent", 1, 2)


async def test_trouble_that_does_not_end_is_given_up_on(bench: Bench) -> None:
    await bench.lab.script(NUMBER_ID, SendFault(how="error", code=131056, times=9))
    await put_in(bench.pool, add_sender(bench.url), "hola")

    (row,) = await bench.all_ended(dataclasses.replace(QUICK, max_tries=2))

    assert (row["status"], row["reason"]) == ("failed", "graph_131056")
    assert await bench.lab.messages() == []


async def test_what_meta_refuses_for_good_is_failed_with_its_code(bench: Bench) -> None:
    await bench.lab.script(NUMBER_ID, SendFault(how="error", code=131026))
    await put_in(bench.pool, add_sender(bench.url), "hola")

    (row,) = await bench.all_ended()

    assert (row["status"], row["reason"], row["retries"]) == ("failed", "graph_131026", 0)


async def test_an_expired_token_pauses_the_number_until_it_is_replaced(bench: Bench) -> None:
    expired = dataclasses.replace(NUMBER, access_token="EAAG-old")
    bench.directory.known = (dataclasses.replace(ACME, numbers=(expired,)),)
    for n in range(3):
        await put_in(bench.pool, add_sender(bench.url), "hola", cause=f"c{n}")

    async with bench.running(dataclasses.replace(QUICK, at_once=1)):
        await until(lambda: "graph_190" in [row["reason"] for row in bench.rows()])
        # Whoever is not paused is served meanwhile: the loop has looked again since.
        other, theirs = another_tenant()
        bench.directory.known = (*bench.directory.known, other)
        await bench.lab.register(theirs)
        sender = add_sender(bench.url, tenant=other)
        await put_in(bench.pool, sender, "hola", tenant=other)
        await until(lambda: "sent" in bench.statuses())
        assert [call.code for call in await bench.lab.calls()] == [190, None]

        bench.directory.known = (ACME, other)
        await until(lambda: set(bench.statuses()) == {"sent"})

    assert {row["retries"] for row in bench.rows()} == {0}


def another_tenant() -> tuple[Any, Any]:
    number = dataclasses.replace(NUMBER, phone_number_id="2077", access_token="EAAG-2077")
    tenant = dataclasses.replace(ACME, key="shop.other", id=UUID(int=2077), numbers=(number,))
    spec = msgspec.structs.replace(
        ACME_NUMBER, phone_number_id="2077", waba_id="2088", tokens=("EAAG-2077",)
    )
    return tenant, spec


async def test_a_number_that_is_away_is_waited_for_without_spending_a_try(bench: Bench) -> None:
    bench.directory.known = (dataclasses.replace(ACME, numbers=()),)
    await put_in(bench.pool, add_sender(bench.url), "hola")

    async with bench.running():
        await until(lambda: [row["reason"] for row in bench.rows()] == ["number_unknown"])

    (row,) = bench.rows()
    assert (row["status"], row["retries"]) == ("pending", 0)


async def test_a_number_that_stays_away_ends_its_texts_with_the_senders_window(
    bench: Bench,
) -> None:
    bench.directory.known = (dataclasses.replace(ACME, numbers=()),)
    await put_in(bench.pool, add_sender(bench.url, silent_for=25 * 3600), "hola")

    (row,) = await bench.all_ended()

    assert (row["status"], row["reason"]) == ("failed", "number_unknown")


async def test_a_reply_that_could_not_be_sent_for_a_week_ends_whosever_it_is(bench: Bench) -> None:
    bench.directory.known = ()
    await put_in(bench.pool, add_sender(bench.url), "hola")
    execute(bench.url, "UPDATE acuse.outbox SET created_at = now() - interval '8 days'")

    (row,) = await bench.all_ended()

    assert (row["status"], row["reason"]) == ("failed", "too_late")
    assert await bench.lab.calls() == []


async def test_after_a_day_of_silence_a_result_goes_as_the_tenants_template(bench: Bench) -> None:
    bench.directory.known = (dataclasses.replace(ACME, result_template="acuse_resultado"),)
    sender = add_sender(bench.url, silent_for=25 * 3600)
    await put_in(bench.pool, sender, "¡Listo!\nKiosco · $ 10,00", "dos")

    rows = await bench.all_ended()

    messages = await bench.lab.messages()
    assert [row["status"] for row in rows] == ["sent", "sent"]
    assert [
        message.body["template"]["components"][0]["parameters"][0]["text"] for message in messages
    ] == ["¡Listo! Kiosco · $ 10,00", "dos"]


async def test_after_a_day_of_silence_and_without_a_template_nothing_is_sent(bench: Bench) -> None:
    await put_in(bench.pool, add_sender(bench.url, silent_for=25 * 3600), "hola")

    (row,) = await bench.all_ended()

    assert (row["status"], row["reason"]) == ("failed", "window_closed")
    assert await bench.lab.calls() == []


async def test_stopping_waits_for_what_is_on_its_way(bench: Bench) -> None:
    await bench.lab.script(NUMBER_ID, SendFault(how="hang_after_accept"))
    await put_in(bench.pool, add_sender(bench.url), "hola")

    async with bench.running() as stop:
        await until(lambda: bench.statuses() == ["sending"])
        stop.set()

    assert bench.statuses() == ["unknown"]


@dataclass(slots=True)
class CutsTheDatabase:
    """Sends, and while Meta answers every connection to the database is lost."""

    graph: GraphClient
    url: str

    async def send(self, number: Number, body: Mapping[str, Any]) -> str:
        wamid = await self.graph.send(number, body)
        execute(self.url, CUT_OFF)
        return wamid


async def test_a_result_is_written_down_though_the_database_went_away_meanwhile(
    bench: Bench,
) -> None:
    (reply,) = await put_in(bench.pool, add_sender(bench.url), "hola")

    async with bench.running(graph=CutsTheDatabase(bench.graph, bench.url)):
        await until(lambda: bench.statuses() == ["sent"])

    assert await bench.accepted() == {reply: 1}


async def test_the_logs_name_nobody(bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    await bench.lab.script(NUMBER_ID, SendFault(how="error", code=131026))
    await put_in(bench.pool, add_sender(bench.url), "secreto", cause="a")
    await bench.all_ended()

    shown = json.dumps(capfd.readouterr())
    assert "reply_tried" in shown
    for secret in ("secreto", NUMBER.access_token, str(ANA.wa_id)):
        assert secret not in shown


async def test_a_claim_is_committed_before_the_request_leaves(bench: Bench) -> None:
    seen: list[str] = []

    class Looks:
        async def send(self, number: Number, body: Mapping[str, Any]) -> str:
            seen.extend(bench.statuses())
            return await bench.graph.send(number, body)

    await put_in(bench.pool, add_sender(bench.url), "hola")
    async with bench.running(graph=Looks()):
        await until(lambda: bench.statuses() == ["sent"])

    assert seen == ["sending"]


async def test_a_lost_connection_while_claiming_is_survived(bench: Bench) -> None:
    async with bench.running():
        execute(bench.url, CUT_OFF)
        await put_in(bench.pool, add_sender(bench.url), "hola")
        await until(lambda: bench.statuses() == ["sent"])

    async with transaction(bench.pool, tenant_id=ACME.id) as conn:
        assert await (await conn.execute("SELECT count(*) FROM acuse.outbox")).fetchone() == (1,)
