"""Setting a number up, against the strict fake and a real callback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass

import pytest

from acuse.errors import AcuseError, GraphNumberNotFound, GraphRefused, GraphUnavailable
from acuse.meta.graph import open_http
from acuse.meta.management import (
    GraphManagement,
    NumberState,
    is_credentials_problem,
    is_unverified,
)
from acuse.settings import GraphSettings
from acuse_lab.graph.client import LabClient
from acuse_lab.graph.contract import AccountModes, SendFault
from acuse_lab.graph.server import running_graph
from support.graph_numbers import ACME, NUMBER_ID, OTHER_ID, TOKEN
from support.webhook_receiver import Receiver, receiving


@dataclass(slots=True)
class Bench:
    """A client before a fake, and an address to point a number at."""

    lab: LabClient
    meta: GraphManagement
    route: Receiver

    async def look(self, number_id: str = NUMBER_ID, *, version: str = "v26.0") -> NumberState:
        return await self.meta.number(number_id, access_token=TOKEN, graph_version=version)

    async def set_override(self, *, verify_token: str | None = None) -> None:
        await self.meta.set_override(
            NUMBER_ID,
            access_token=TOKEN,
            graph_version="v26.0",
            uri=self.route.url,
            verify_token=verify_token or self.route.verify_token,
        )

    async def remove_override(self) -> None:
        await self.meta.remove_override(NUMBER_ID, access_token=TOKEN, graph_version="v26.0")


async def error_of(call: Awaitable[object]) -> AcuseError:
    with pytest.raises(AcuseError) as raised:
        await call
    return raised.value


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with running_graph() as fake, receiving() as route:
        await fake.lab.register(ACME)
        settings = GraphSettings(graph_url=fake.url, graph_timeout=1)
        async with open_http(settings) as http:
            yield Bench(fake.lab, GraphManagement(http, settings), route)


async def test_an_override_is_set_read_back_and_removed_by_one_call_each(bench: Bench) -> None:
    assert (await bench.look()).override_callback_uri is None
    await bench.set_override()
    assert (await bench.look()).override_callback_uri == bench.route.url
    await bench.remove_override()
    await bench.remove_override()
    assert (await bench.look()).override_callback_uri is None

    seen = await bench.lab.management(NUMBER_ID)
    assert (seen.looks, seen.changes) == (3, 3)


async def test_a_look_tells_who_the_number_is_and_where_it_would_go_otherwise(bench: Bench) -> None:
    await bench.lab.set_app_callback(
        url=bench.route.url, verify_token=bench.route.verify_token, app_id=ACME.app_id
    )

    assert await bench.look() == NumberState(
        phone_number_id=NUMBER_ID,
        display_phone_number=ACME.display_phone_number,
        verified_name=ACME.verified_name,
        quality="GREEN",
        status="CONNECTED",
        application_callback_uri=bench.route.url,
    )


async def test_an_address_that_does_not_answer_may_be_offered_again(bench: Bench) -> None:
    error = await error_of(bench.set_override(verify_token="another"))

    assert is_unverified(error)
    assert not is_credentials_problem(error)
    await bench.set_override()


async def test_a_revoked_token_and_a_foreign_number_are_credentials_problems(bench: Bench) -> None:
    foreign = await error_of(bench.look(OTHER_ID))
    await bench.lab.revoke(NUMBER_ID)
    revoked = await error_of(bench.look())

    assert isinstance(foreign, GraphNumberNotFound)
    assert isinstance(revoked, GraphUnavailable)
    assert revoked.graph_code == 190
    assert is_credentials_problem(foreign)
    assert is_credentials_problem(revoked)


async def test_a_spent_budget_says_when_it_is_back(bench: Bench) -> None:
    await bench.lab.set_account_modes(ACME.waba_id, AccountModes(management_calls_per_hour=1))
    await bench.look()
    await bench.lab.advance(1800)
    error = await error_of(bench.set_override())

    assert isinstance(error, GraphUnavailable)
    assert error.graph_code == 80007
    assert 1800 <= error.retry_after <= 1900
    await bench.lab.advance(error.retry_after)
    await bench.set_override()


@pytest.mark.parametrize(
    "fault",
    [
        SendFault(on="look", how="hang_after_accept"),
        SendFault(on="look", how="cut_before_accept"),
        SendFault(on="look", how="slow", seconds=4.0),
        SendFault(on="look", how="empty", http_status=502),
        SendFault(on="look", how="error", code=2),
    ],
    ids=["hangs", "cut", "slow", "502", "outage"],
)
async def test_a_look_that_fails_is_made_again(bench: Bench, fault: SendFault) -> None:
    await bench.lab.script(NUMBER_ID, fault)

    assert isinstance(await error_of(bench.look()), GraphUnavailable)
    assert (await bench.look()).phone_number_id == NUMBER_ID


async def test_an_expired_version_is_refused(bench: Bench) -> None:
    error = await error_of(bench.look(version="v18.0"))

    assert isinstance(error, GraphRefused)
    assert error.graph_code == 2635
