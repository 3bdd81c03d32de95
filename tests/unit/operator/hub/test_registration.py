"""What is asked and set at Meta of a number, when, and how often at most."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from acuse.errors import AcuseError, GraphRefused, GraphUnavailable
from acuse.meta.management import NumberState
from acuse_operator.hub.budget import Bucket, Budgets, Limits, take
from acuse_operator.hub.numbers import NumberReport, Wish, restore, spread
from acuse_operator.hub.registration import Registrar
from acuse_operator.hub.unregistration import Unregistrar
from support.hub_values import NUMBER, WABA

URL = "https://ar-1.example/webhooks/whatsapp/meta/cloud/shops.acme"
WISH = Wish(NUMBER, WABA, "v26.0", URL, "verify", "token")
REJECTED = GraphUnavailable("190", graph_code=190, pauses=True, retry_after=900.0)


@dataclass
class Meta:
    """A Meta that keeps one number's override and counts what it is asked."""

    override: str | None = None
    fails: AcuseError | None = None
    set_fails: AcuseError | None = None
    calls: list[str] = field(default_factory=list[str])

    async def number(
        self, phone_number_id: str, *, access_token: str, graph_version: str
    ) -> NumberState:
        del access_token, graph_version
        self.calls.append("look")
        if self.fails is not None:
            raise self.fails
        return NumberState(phone_number_id, override_callback_uri=self.override)

    async def set_override(self, phone_number_id: str, *, uri: str, **_: Any) -> None:
        del phone_number_id
        self.calls.append("set")
        if self.set_fails is not None:
            raise self.set_fails
        self.override = uri

    async def remove_override(self, phone_number_id: str, **_: Any) -> None:
        del phone_number_id
        self.calls.append("remove")
        self.override = None


@dataclass
class Heard:
    """Keeps what it hears of a tenant's numbers."""

    changed: int = 0
    wanted: int = 0
    restored: list[str] = field(default_factory=list[str])

    def numbers_changed(self, key: str) -> None:
        del key
        self.changed += 1

    def numbers_wanted(self, key: str) -> None:
        del key
        self.wanted += 1

    def override_restored(self, key: str, message: str) -> None:
        del key
        self.restored.append(message)


class World:
    """A registrar with a clock that stands until it is moved."""

    def __init__(self, meta: Meta | None = None, *, limits: Limits | None = None) -> None:
        self.meta = meta or Meta()
        self.heard = Heard()
        self.now = 1000.0
        self.fault_of_route: str | None = None
        self.registrar = self.start(limits)

    def start(self, limits: Limits | None = None) -> Registrar:
        budgets = Budgets(limits or Limits(at_start=40), clock=lambda: self.now)
        return Registrar(
            self.meta,
            self,
            budgets=budgets,
            listener=self.heard,
            look_every=600.0,
            clock=lambda: self.now,
        )

    async def fault(self, url: str, *, verify_token: str) -> str | None:
        del url, verify_token
        return self.fault_of_route

    def want(self, wish: Wish = WISH, known: list[dict[str, Any]] | None = None) -> NumberReport:
        [report] = self.registrar.want("shops.acme", [wish], known=known or [])
        return report

    async def turn(self, after: float = 0.0) -> float:
        self.now += after
        again = await self.registrar.reconcile("shops.acme")
        assert again is not None
        return again


async def test_a_number_is_looked_at_set_and_read_back_and_then_left_alone() -> None:
    world = World()
    assert world.want().webhook.reason == "NotChecked"
    assert world.heard.wanted == 1

    assert await world.turn() == pytest.approx(600.0)

    report = world.want()
    assert (report.credentials, report.webhook.status) == ("Valid", "True")
    assert (report.override_url, world.meta.override) == (URL, URL)
    assert world.meta.calls == ["look", "set", "look"]
    await world.turn(after=599.0)
    assert len(world.meta.calls) == 3
    assert (world.heard.changed, world.heard.wanted) == (1, 1)


async def test_what_meta_took_without_an_answer_is_seen_and_not_set_twice() -> None:
    class Mute(Meta):
        async def set_override(self, phone_number_id: str, *, uri: str, **more: Any) -> None:
            await super().set_override(phone_number_id, uri=uri, **more)
            raise GraphUnavailable("timed out")

    world = World(Mute())
    world.want()
    again = await world.turn()
    assert world.want().webhook.reason == "GraphUnavailable"

    await world.turn(after=again)

    assert world.meta.calls == ["look", "set", "look"]
    assert world.want().webhook.status == "True"


async def test_nothing_is_set_while_the_route_is_not_ready() -> None:
    world = World()
    world.want(replace(WISH, url=None))
    await world.turn()

    report = world.want(replace(WISH, url=None))
    assert (report.credentials, report.webhook.reason) == ("Valid", "RouteNotReady")
    assert world.meta.calls == ["look"]
    world.want()
    await world.turn()
    assert world.meta.override == URL


async def test_an_address_that_meta_has_from_before_is_registered_once_its_route_is_ready() -> None:
    world = World(Meta(override=URL))
    world.want(replace(WISH, url=None))
    await world.turn()
    assert world.want(replace(WISH, url=None)).webhook.reason == "RouteNotReady"
    world.want()
    await world.turn()

    assert world.want().webhook.reason == "Registered"
    assert world.meta.calls == ["look", "look"]
    # A route that is away for a while costs no call: nobody said that Meta has another address.
    for url in (None, URL):
        world.want(replace(WISH, url=url))
        await world.turn()
    assert world.meta.calls == ["look", "look"]


async def test_a_route_that_does_not_answer_costs_no_call_of_meta_and_is_asked_again() -> None:
    world = World()
    world.fault_of_route = f"{URL} answers 404"
    world.want()
    waits, reasons = list[float](), list[str]()
    for _ in range(9):
        waits.append(await world.turn(after=31.0))
        reasons.append(world.want().webhook.reason)

    assert world.meta.calls == ["look"]
    assert waits == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    # A Gateway takes up a new route in its time.
    assert reasons == ["Registering"] * 4 + ["RouteNotReachable"] * 5
    world.fault_of_route = None
    await world.turn(after=31.0)
    assert world.want().webhook.status == "True"


async def test_an_address_that_answered_and_does_not_when_it_is_set_again_is_told_at_once() -> None:
    world = World()
    world.want()
    await world.turn()
    world.meta.override = "https://elsewhere.example"
    world.fault_of_route = f"{URL} answers 404"
    assert await world.turn(after=600.0) == pytest.approx(0.25)

    assert world.want().webhook.reason == "RouteNotReachable"


async def test_a_route_that_meta_cannot_verify_is_not_reachable() -> None:
    world = World(Meta(set_fails=GraphUnavailable("2200", graph_code=2200)))
    world.want()
    await world.turn()

    assert world.want().webhook.reason in {"RouteNotReachable", "GraphUnavailable"}
    assert world.want().credentials == "Valid"


async def test_a_rejected_token_is_said_and_other_credentials_are_tried_at_once() -> None:
    world = World(Meta(fails=REJECTED))
    world.want()
    await world.turn()
    assert (world.want().credentials, world.want().credentials_reason) == (
        "Invalid",
        "TokenRejected",
    )
    assert "token" not in world.want().message.replace("access token", "")
    world.meta.fails = None
    world.want(replace(WISH, access_token="other"))
    await world.turn()

    assert world.want(replace(WISH, access_token="other")).credentials == "Valid"


async def test_a_rejected_token_is_asked_for_less_and_less_often() -> None:
    world = World(Meta(fails=REJECTED))
    world.want()
    waits = [await world.turn()]
    for _ in range(7):
        waits.append(await world.turn(after=waits[-1]))

    assert [round(w) for w in waits] == [5, 10, 20, 40, 80, 160, 320, 600]


async def test_a_meta_that_does_not_answer_makes_a_registered_number_unknown_and_no_less() -> None:
    world = World()
    world.want()
    await world.turn()
    world.meta.fails = GraphUnavailable("away")
    await world.turn(after=600.0)

    report = world.want()
    assert (report.credentials, report.credentials_reason) == ("Unknown", "GraphUnavailable")
    assert report.webhook.status == "True"
    world.meta.fails = GraphRefused("no", graph_code=100)
    await world.turn(after=600.0)
    assert world.want().credentials_reason == "GraphRefused"


async def test_an_override_that_was_changed_is_set_again_and_told() -> None:
    world = World()
    world.want()
    await world.turn()
    world.meta.override = "https://elsewhere.example"
    await world.turn(after=600.0)

    assert world.meta.override == URL
    assert world.want().webhook.status == "True"
    assert len(world.heard.restored) == 1
    assert "elsewhere" in world.heard.restored[0]


async def test_an_override_that_stays_changed_is_said() -> None:
    world = World()
    world.want()
    await world.turn()
    world.meta.override = None
    world.fault_of_route = "no"
    await world.turn(after=600.0)

    assert world.want().webhook.status == "False"
    assert world.heard.restored == []


async def test_another_address_of_ours_is_set_and_is_no_drift() -> None:
    world = World()
    world.want()
    await world.turn()
    moved = replace(WISH, url=f"{URL}2")
    world.want(moved)
    await world.turn()

    assert world.meta.override == f"{URL}2"
    assert world.heard.restored == []


def known(url: str | None = URL, credentials: str = "Valid") -> list[dict[str, Any]]:
    number = {"phoneNumberId": NUMBER, "credentials": credentials, "message": "m"}
    return [{**number, "overrideURL": url} if url else number]


async def test_after_a_restart_a_number_that_was_well_is_looked_at_in_its_own_time() -> None:
    world = World(Meta(override=URL))
    report = world.want(known=known())

    assert (report.credentials, report.webhook.status) == ("Valid", "True")
    wait = await world.turn()
    assert world.meta.calls == []
    assert wait == pytest.approx(spread(NUMBER, 600.0))
    await world.turn(after=wait)
    assert world.meta.calls == ["look"]


@pytest.mark.parametrize(
    "said", [known(None), known("https://elsewhere.example"), known(URL, "Invalid")]
)
async def test_after_a_restart_a_number_that_was_not_well_is_looked_at_at_once(
    said: list[dict[str, Any]],
) -> None:
    world = World()
    world.want(known=said)
    await world.turn()

    assert world.meta.calls[0] == "look"
    assert world.meta.override == URL


async def test_credentials_that_come_while_meta_is_asked_about_others_are_asked_about_too() -> None:
    class Slow(Meta):
        async def number(self, phone_number_id: str, **_: Any) -> NumberState:
            if not self.calls:
                world.want(replace(WISH, access_token="other"))
            return await Meta.number(self, phone_number_id, access_token="", graph_version="")

    world = World(Slow(override=URL))
    world.want()
    wait = await world.turn()

    assert wait == pytest.approx(0.05)


async def test_beyond_its_budget_an_account_is_asked_later_and_says_so() -> None:
    world = World(limits=Limits(capacity=12, per_second=0.01, at_start=10.0, reserve=10.0))
    world.want()
    wait = await world.turn()

    assert world.meta.calls == []
    assert world.want().webhook.reason == "RateLimited"
    assert wait == pytest.approx(100.0)
    await world.turn(after=wait)
    assert world.meta.override == URL


def test_in_no_hour_does_an_account_get_more_calls_than_meta_takes_even_from_two_processes() -> (
    None
):
    limits = Limits()
    bucket, calls, now = Bucket(limits.capacity, 0.0), 0, 0.0
    while now < 3600.0:
        bucket, wait = take(bucket, now, limits=limits)
        calls += wait == 0.0
        now += wait

    assert calls <= 151
    assert calls + limits.at_start < 200


def test_looks_leave_a_reserve_for_what_cannot_wait() -> None:
    budgets = Budgets(Limits(at_start=12.0), clock=lambda: 0.0)

    assert [budgets.spend_look(WABA) == 0.0 for _ in range(4)] == [True, True, False, False]
    assert [budgets.spend(WABA) == 0.0 for _ in range(11)] == [True] * 10 + [False]
    assert budgets.spend_look("another") == 0.0


def test_numbers_are_spread_over_the_whole_period_and_each_always_alike() -> None:
    moments = [spread(str(n), 600.0) for n in range(200)]

    assert min(moments) < 60.0
    assert max(moments) > 540.0
    assert spread("7", 600.0) == spread("7", 600.0)


def test_what_a_status_says_of_a_number_is_what_was_known() -> None:
    assert restore(known()[0]).webhook.status == "True"
    assert restore(known(None)[0]).webhook.reason == "NotChecked"
    assert restore(known(URL, "Invalid")[0]).credentials_reason == "TokenRejected"


async def test_a_tenant_that_leaves_takes_its_own_override_away_and_no_other() -> None:
    heard = Heard()
    meta = Meta(override=URL)
    unregistrar = Unregistrar(meta, budgets=Budgets(Limits(at_start=40)), listener=heard)
    assert unregistrar.leave("shops.acme", [WISH]) == "Meta was not asked yet"
    assert await unregistrar.reconcile("shops.acme") is None
    assert unregistrar.leave("shops.acme", [WISH]) is None
    assert meta.override is None

    meta.override, meta.calls = "https://elsewhere.example", []
    unregistrar.forget("shops.acme")
    unregistrar.leave("shops.acme", [WISH])
    await unregistrar.reconcile("shops.acme")
    assert meta.calls == ["look"]


async def test_a_meta_that_refuses_is_named_and_tried_again() -> None:
    meta = Meta(override=URL, fails=REJECTED)
    unregistrar = Unregistrar(meta, budgets=Budgets(Limits(at_start=40)), listener=Heard())
    unregistrar.leave("shops.acme", [WISH])

    assert await unregistrar.reconcile("shops.acme") == 2.0
    fault = unregistrar.leave("shops.acme", [WISH])
    assert fault is not None
    assert NUMBER in fault
    meta.fails = None
    assert await unregistrar.reconcile("shops.acme") is None
    assert unregistrar.leave("shops.acme", [WISH]) is None
