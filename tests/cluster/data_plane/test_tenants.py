"""Tenants come, pause, go and come back; what Meta sends meanwhile is theirs alone."""

from __future__ import annotations

import time

import pytest

from acuse_lab.graph import inbound
from acuse_lab.graph.client import LabClient
from acuse_lab.graph.contract import Person
from acuse_lab.running.tenants import LabTenant
from support.gateway_traffic import Front, body_of, new_message_id, reaction
from support.installed import Installed
from support.kept_events import event, kept, reconcile, until_ended, until_event


async def test_a_new_tenant_is_served_on_its_own_address(
    acuse_installed: Installed, front: Front, capsys: pytest.CaptureFixture[str]
) -> None:
    started = time.monotonic()
    tenant = await acuse_installed.add_tenant("nueva")
    first, seen = new_message_id(), set[int]()

    async def is_served() -> bool:
        seen.add((await front.post(tenant, reaction(tenant, first))).status_code)
        return 200 in seen

    await acuse_installed.until(is_served, what="the first 200")
    with capsys.disabled():
        print(f"\nnew tenant: first 200 after {time.monotonic() - started:.1f} s")

    # Before there is a route, and after it before the intake knows whose it is.
    assert seen <= {200, 404}
    await until_ended(acuse_installed, tenant, [first])
    await acuse_installed.remove(tenant)


async def test_what_a_tenant_is_sent_is_refused_on_anothers_address(
    acuse_installed: Installed, front: Front, tenant: LabTenant
) -> None:
    other = await acuse_installed.add_tenant("vecina")
    await acuse_installed.until_ready(other)
    mine, theirs = new_message_id(), new_message_id()

    signed_by_other = await front.post(tenant, reaction(tenant, mine), secret=other.app_secret)
    about_other = await front.post(tenant, reaction(other, theirs))
    own = await front.post(other, reaction(other, theirs))

    codes = [answer.json()["code"] for answer in (signed_by_other, about_other)]
    assert codes == ["bad_signature", "foreign_number"]
    assert (signed_by_other.status_code, about_other.status_code) == (401, 403)
    assert own.status_code == 200
    assert event(acuse_installed, tenant, mine) == {}
    assert event(acuse_installed, tenant, theirs) == {}
    await until_ended(acuse_installed, other, [theirs])
    await acuse_installed.remove(other)


async def test_a_suspended_tenants_events_wait_until_it_goes_on(
    acuse_installed: Installed, front: Front, tenant: LabTenant
) -> None:
    other = await acuse_installed.add_tenant("vecina")
    await acuse_installed.until_ready(other)
    acuse_installed.change(tenant, suspend=True)
    await acuse_installed.until_condition(tenant, "Ready", "False", reason="Suspended")
    waiting, following = new_message_id(), new_message_id()

    assert (await front.post(tenant, reaction(tenant, waiting))).status_code == 200
    assert (await front.post(other, reaction(other, following))).status_code == 200
    # The pool has looked at what is due since.
    await until_ended(acuse_installed, other, [following])
    assert event(acuse_installed, tenant, waiting)["status"] == "received"

    acuse_installed.change(tenant, suspend=False)
    await until_ended(acuse_installed, tenant, [waiting])
    await acuse_installed.until_ready(tenant)
    await acuse_installed.remove(other)


async def test_a_removed_tenants_address_is_unknown_and_its_events_wait_for_it(
    acuse_installed: Installed, front: Front, meta: LabClient
) -> None:
    tenant = await acuse_installed.add_tenant("efimera")
    await acuse_installed.until_ready(tenant)
    acuse_installed.change(tenant, suspend=True)
    await acuse_installed.until_condition(tenant, "Ready", "False", reason="Suspended")
    (asked,) = (await meta.send(tenant.phone_number_id, Person(), inbound.text("hola"))).message_ids
    await until_event(acuse_installed, tenant, asked, status=["received"])

    await acuse_installed.remove(tenant)

    await acuse_installed.until_gone(tenant)
    late = new_message_id()
    answer = await front.post(tenant, body_of(tenant, inbound.text("hola"), late))
    assert answer.status_code == 404
    await until_event(acuse_installed, tenant, asked, reason=["tenant_missing"])
    assert [each["event_id"] for each in kept(acuse_installed, tenant)] == [asked]

    acuse_installed.here.add_tenant(tenant)
    await acuse_installed.until_ready(tenant)
    ended = await until_ended(acuse_installed, tenant, [asked])
    assert ended[asked]["status"] == "processed"
    await meta.wait_for_messages(1, number_id=tenant.phone_number_id)
    await acuse_installed.remove(tenant)


async def test_in_the_end_every_event_has_ended_and_all_rows_agree(
    acuse_installed: Installed, front: Front, tenant: LabTenant
) -> None:
    await front.post(tenant, reaction(tenant, new_message_id()))

    report = await reconcile(acuse_installed, seconds=240)

    assert report["events"] == report["terminal"] > 0
    assert report["open"] == report["inconsistent"] == []
