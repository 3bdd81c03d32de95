"""Whom a Lease lets lead, by what was seen of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from acuse.errors import InvalidSettings
from acuse.settings import load
from acuse_cluster.kinds import Manifest
from acuse_operator.lease import (
    LONGEST,
    Claim,
    Lookout,
    Seen,
    Terms,
    lease_of,
    micro_time,
    read_lease,
)
from acuse_operator.settings import OperatorSettings

TERMS = Terms()
NOW = datetime(2026, 11, 26, 6, 0, tzinfo=UTC)
WHERE = lease_of("acuse-system")


def lease(holder: str = "other", *, uid: str = "1", **spec: Any) -> Seen:
    said = {"leaseDurationSeconds": 10, "leaseTransitions": 3, **spec}
    given = {key: value for key, value in said.items() if value is not None}
    metadata = {"name": "acuse-operator", "uid": uid, "resourceVersion": "7"}
    return read_lease({"metadata": metadata, "spec": {"holderIdentity": holder, **given}})


def lookout(*seen: tuple[float, Seen | None]) -> Lookout:
    made = Lookout("me", TERMS)
    for now, each in seen:
        made.see(each, now=now)
    return made


def test_a_lease_that_nobody_ever_saw_is_taken_at_once() -> None:
    never = lookout((100.0, None))

    assert never.may_take(now=100.0)
    assert never.transitions() == 0


def test_a_holder_is_alive_until_its_lease_was_seen_unchanged_for_its_duration() -> None:
    seen = lookout((100.0, lease(renewTime="a")), (105.0, lease(renewTime="b")))

    assert not seen.may_take(now=114.9)
    assert seen.leader(now=114.9) == "other"
    seen.see(lease(renewTime="b"), now=115.0)
    assert seen.may_take(now=115.0)
    assert seen.leader(now=115.0) == ""
    assert seen.transitions() == 4


def test_what_others_write_beside_the_spec_keeps_no_holder_alive() -> None:
    before, after = lease(), lease()
    assert isinstance(after.metadata, dict)
    after.metadata["resourceVersion"] = "8"
    after.metadata["labels"] = {"somebody": "else"}

    assert lookout((100.0, before), (109.0, after)).may_take(now=110.0)


@pytest.mark.parametrize("year", ["1990", "2090"])
def test_the_time_of_day_in_a_lease_says_nothing(year: str) -> None:
    seen = lookout((100.0, lease(renewTime=f"{year}-01-01T00:00:00.000000Z")))

    assert not seen.may_take(now=109.0)
    assert seen.may_take(now=110.0)


def test_a_released_lease_is_taken_at_once_and_counts() -> None:
    held = Claim(WHERE, "other", TERMS, 3, NOW)
    released = read_lease({**held.released(lease(), now=NOW)})

    seen = lookout((100.0, lease()), (101.0, released))

    assert seen.leader(now=101.0) == ""
    assert seen.may_take(now=101.0)
    assert seen.transitions() == 4


def test_a_lease_whose_holder_was_taken_out_by_hand_waits_for_that_holder() -> None:
    seen = lookout((100.0, lease()), (101.0, lease("")))

    assert not seen.may_take(now=110.9)
    assert seen.may_take(now=111.0)


def test_a_lease_that_vanished_waits_for_its_holder_and_keeps_the_count() -> None:
    seen = lookout((100.0, lease()), (130.0, None))

    assert not seen.may_take(now=139.9)
    assert seen.may_take(now=140.0)
    assert seen.transitions() == 4


def test_a_released_lease_that_vanished_may_have_had_another_holder_meanwhile() -> None:
    released = lease("", leaseDurationSeconds=None)
    seen = lookout((100.0, released), (130.0, None))

    assert not seen.may_take(now=139.9)
    assert seen.may_take(now=140.0)


def test_a_lease_that_was_made_anew_does_not_count_from_the_beginning() -> None:
    seen = lookout((100.0, lease()), (101.0, lease(uid="2", leaseTransitions=None)))

    assert seen.transitions() == 4


def test_a_try_that_got_through_without_an_answer_is_our_own_lease() -> None:
    seen = lookout((100.0, lease()), (110.0, lease("me", leaseTransitions=4)))

    assert seen.may_take(now=110.0)
    assert seen.transitions() == 4


@pytest.mark.parametrize(
    ("theirs", "patience"),
    [(1, 10), (None, 10), (30, 30), (86_400, LONGEST)],
    ids=["shorter than ours", "missing", "longer than ours", "by hand"],
)
def test_a_holders_own_duration_counts_where_it_is_longer(
    theirs: int | None, patience: int
) -> None:
    seen = lookout((100.0, lease(leaseDurationSeconds=theirs)))

    assert not seen.may_take(now=100.0 + patience - 0.1)
    assert seen.may_take(now=100.0 + patience)


def test_a_lease_is_written_whole_and_what_others_put_on_it_stays() -> None:
    claim = Claim(WHERE, "me", TERMS, 4, NOW)
    over = lease()
    assert isinstance(over.metadata, dict)
    over.metadata.update(annotations={"kept": "yes"}, managedFields=[{}], generation=3)

    assert claim.held(over, now=NOW + timedelta(seconds=2)) == {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {
            "name": "acuse-operator",
            "namespace": "acuse-system",
            "uid": "1",
            "resourceVersion": "7",
            "annotations": {"kept": "yes"},
        },
        "spec": {
            "holderIdentity": "me",
            "leaseDurationSeconds": 10,
            "leaseTransitions": 4,
            "acquireTime": "2026-11-26T06:00:00.000000Z",
            "renewTime": "2026-11-26T06:00:02.000000Z",
        },
    }


def test_a_lease_that_is_made_anew_has_our_labels_and_the_count() -> None:
    made = Claim(WHERE, "me", TERMS, 4, NOW).held(None, now=NOW)

    assert made["spec"]["leaseTransitions"] == 4
    assert made["metadata"]["labels"]["app.kubernetes.io/part-of"] == "acuse"
    assert "resourceVersion" not in made["metadata"]


def test_a_count_that_was_raised_by_hand_is_never_lowered() -> None:
    raised: Manifest = Claim(WHERE, "me", TERMS, 4, NOW).held(lease(leaseTransitions=9), now=NOW)

    assert raised["spec"]["leaseTransitions"] == 9


def test_times_are_written_in_utc_wherever_the_clock_is() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=-3)))

    assert micro_time(there) == "2026-11-26T06:00:00.000000Z"


def test_a_leader_stops_before_another_starts_by_the_settings_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert load(OperatorSettings).lease_terms == TERMS
    assert TERMS.call * 2 <= TERMS.renew_deadline < TERMS.duration

    monkeypatch.setenv("ACUSE_LEASE_RENEW_DEADLINE", "10")
    with pytest.raises(InvalidSettings, match="lease_renew_deadline < lease_duration"):
        load(OperatorSettings)
