"""Of several operators one leads at a time, whatever happens; the world's own end sees to that."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from acuse_operator import leadership
from acuse_operator.lease import LONGEST
from support.eventually import until
from support.leadership_world import QUICK, Leadership, Member


async def test_of_those_who_race_for_a_new_lease_one_leads_and_the_others_stand_by(
    world: Leadership,
) -> None:
    async with AsyncExitStack() as stack:
        members = [await stack.enter_async_context(world.member(f"m{n}")) for n in range(4)]
        await until(lambda: bool(world.leader()))
        others = [member for member in members if member.name != world.leader()]
        await world.until_stands_by(*others)
        await world.until_renewed()
        await world.until_renewed()

        assert [(term.who, term.epoch) for term in world.terms] == [(world.leader(), 1)]
        lease = await world.lease()
        assert lease is not None
        assert lease["spec"]["leaseTransitions"] == 0
        assert lease["spec"]["holderIdentity"].startswith(f"{world.leader()}_")
        assert lease["spec"]["renewTime"].endswith("Z")
        assert lease["metadata"]["labels"]["app.kubernetes.io/part-of"] == "acuse"


@pytest.mark.parametrize("fault", [Member.black_hole, Member.refuse], ids=["silent", "refused"])
async def test_a_leader_without_an_api_server_has_stopped_before_another_starts(
    world: Leadership, fault: Callable[[Member], None]
) -> None:
    async with world.member("a") as a:
        await world.until_leads("a")
        async with world.member("b") as b:
            await world.until_stands_by(b)
            fault(a)
            await world.until_leads("b")

            lost, won = world.terms
            assert lost.why == "expired"
            assert (lost.epoch, won.epoch) == (1, 2)
            assert a.candidate.doubt() is not None


async def test_one_that_comes_back_is_another_holder(world: Leadership) -> None:
    async with world.member("a") as a:
        await world.until_leads("a")
        a.black_hole()
        await until(lambda: world.terms[0].why == "expired")
        a.proxy.speak()
        again = await world.until_leads("a")

        assert again.epoch == 2
        lease = await world.lease()
        assert lease is not None
        assert lease["spec"]["leaseTransitions"] == 1


async def test_clocks_that_are_hours_off_neither_make_nor_keep_a_leader(
    world: Leadership, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(1)

    def wrong() -> datetime:
        """Return a time that jumps."""
        return datetime.now(UTC) + timedelta(hours=random.uniform(-12, 12))

    monkeypatch.setattr(leadership, "_now", wrong)
    async with world.member("a") as a:
        await world.until_leads("a")
        async with world.member("b") as b:
            await world.until_stands_by(b)
            for _ in range(3):
                await world.until_renewed()
            assert len(world.terms) == 1
            a.black_hole()
            await world.until_leads("b")


async def test_one_that_stops_hands_over_and_nobody_waits_for_it(world: Leadership) -> None:
    # If it had to be waited for, that were longer than `until` waits.
    slow = replace(QUICK, duration=LONGEST, renew_deadline=LONGEST - 1.0)
    async with world.member("a", terms=slow) as a:
        await world.until_leads("a")
        async with world.member("b", terms=slow) as b:
            await world.until_stands_by(b)
            a.stop()
            won = await world.until_leads("b")

            assert won.epoch == 2
            assert world.terms[0].why == "stopped"
            lease = await world.lease()
            assert lease is not None
            assert lease["spec"]["leaseTransitions"] == 1


async def test_a_lease_that_nobody_holds_any_more_still_counts(world: Leadership) -> None:
    for name in "abc":
        async with world.member(name) as member:
            await world.until_leads(name)
            member.stop()
            await until(lambda: not world.leader())

    lease = await world.lease()
    assert lease is not None
    assert lease["spec"]["leaseTransitions"] == 2
    assert not lease["spec"].get("holderIdentity")
    assert [term.epoch for term in world.terms] == [1, 2, 3]
