"""A worker that was told its tenants sees no others."""

from __future__ import annotations

from acuse_workers.chosen import ChosenTenants
from support.workers import OTHERS, SHOP, FixedDirectory

WHOLE = FixedDirectory(SHOP, OTHERS)


def test_a_worker_that_was_told_nothing_serves_all() -> None:
    assert set(ChosenTenants(WHOLE, ()).tenants()) == {SHOP, OTHERS}


def test_a_worker_that_was_told_its_tenants_sees_those_only() -> None:
    chosen = ChosenTenants(WHOLE, ("shop.test",))

    assert chosen.tenants() == (SHOP,)
    assert (chosen.by_id(SHOP.id), chosen.by_id(OTHERS.id)) == (SHOP, None)
    assert (chosen.by_key("shop.test"), chosen.by_key("other.test")) == (SHOP, None)
    assert (chosen.by_phone_number_id("100"), chosen.by_phone_number_id("200")) == (SHOP, None)
    assert (chosen.by_waba_id("900"), chosen.app) == (None, None)
