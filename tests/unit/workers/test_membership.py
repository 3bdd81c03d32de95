"""Whose work a worker does follows the directory, from one claim to the next."""

from __future__ import annotations

from dataclasses import replace

from acuse.events.queue import Whose
from acuse.testing import MemoryDirectory
from acuse_workers.membership import Membership
from support.workers import OTHERS, SHOP


def test_a_worker_of_all_takes_everything_but_what_is_suspended() -> None:
    directory = MemoryDirectory([SHOP, replace(OTHERS, workers_mode="Dedicated")])
    membership = Membership(directory)
    assert membership.events() == Whose()
    assert set(membership.replies()) == {SHOP.id, OTHERS.id}

    directory.set([replace(SHOP, suspended=True), OTHERS])

    assert membership.events() == Whose(but=frozenset({SHOP.id}))
    assert membership.replies() == [OTHERS.id]


def test_a_shared_worker_leaves_tenants_with_workers_of_their_own_alone() -> None:
    directory = MemoryDirectory([SHOP, replace(OTHERS, workers_mode="Dedicated")])
    membership = Membership(directory, pool="shared")
    assert membership.events() == Whose(but=frozenset({OTHERS.id}))
    assert membership.replies() == [SHOP.id]

    directory.set([replace(SHOP, workers_mode="Dedicated"), OTHERS])

    assert membership.events() == Whose(but=frozenset({SHOP.id}))
    assert membership.replies() == [OTHERS.id]


def test_a_worker_of_some_takes_theirs_whatever_their_mode_unless_suspended() -> None:
    dedicated = replace(SHOP, workers_mode="Dedicated")
    directory = MemoryDirectory([dedicated, OTHERS])
    membership = Membership(directory, keys=("shop.test",), pool="shared")
    assert membership.events() == Whose(only=frozenset({SHOP.id}))
    assert membership.replies() == [SHOP.id]

    directory.set([replace(dedicated, suspended=True), OTHERS])

    assert membership.events() == Whose(only=frozenset())
    assert membership.replies() == []


def test_a_worker_of_a_tenant_that_no_manifest_names_still_takes_its_events() -> None:
    membership = Membership(MemoryDirectory(), keys=("shop.test",))

    assert membership.events() == Whose(only=frozenset({SHOP.id}), but=frozenset())
