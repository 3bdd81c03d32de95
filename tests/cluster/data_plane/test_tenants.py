"""Tenants come, pause, go and come back; what Meta sends meanwhile is theirs alone."""

from __future__ import annotations

import sys
import time

import pytest

from acuse_lab.graph import inbound
from acuse_lab.graph.client import LabClient
from acuse_lab.graph.contract import Person
from acuse_lab.running.tenants import LabTenant
from support.gateway_traffic import Front, new_message_id, reaction
from support.installed import TENANTS, Installed
from support.kept_events import event, kept, reconcile, until_ended, until_event


async def test_a_new_tenant_is_served_on_its_own_address(
    acuse_installed: Installed,
    front: Front,
    tenant: LabTenant,
    capsys: pytest.CaptureFixture[str],
) -> None:
    started = time.monotonic()
    new = await acuse_installed.add_tenant("nueva", namespace=tenant.namespace)
    first, seen = new_message_id(), set[int]()

    async def is_served() -> bool:
        seen.add((await front.post(new, reaction(new, first))).status_code)
        return 200 in seen

    await acuse_installed.until(is_served, what="the first 200")
    with capsys.disabled():
        sys.stdout.write(f"new tenant: 200 after {time.monotonic() - started:.1f} s\n")

    # Before there is a route, and after it before the intake knows whose it is.
    assert seen <= {200, 404}
    await until_ended(acuse_installed, new, [first])


async def test_what_a_tenant_is_sent_is_refused_on_anothers_address(
    acuse_installed: Installed, front: Front, tenant: LabTenant
) -> None:
    other = await acuse_installed.add_tenant("vecina", namespace=tenant.namespace)
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


async def test_a_suspended_tenants_events_wait_until_it_goes_on(
    acuse_installed: Installed, front: Front, tenant: LabTenant
) -> None:
    other = await acuse_installed.add_tenant("otra", namespace=tenant.namespace)
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


async def test_a_removed_tenants_address_is_unknown_and_its_events_wait_for_it(
    acuse_installed: Installed, front: Front, meta: LabClient, tenant: LabTenant
) -> None:
    brief = await acuse_installed.add_tenant("efimera", namespace=tenant.namespace)
    await acuse_installed.until_ready(brief)
    acuse_installed.change(brief, suspend=True)
    await acuse_installed.until_condition(brief, "Ready", "False", reason="Suspended")
    (asked,) = (await meta.send(brief.phone_number_id, Person(), inbound.text("hola"))).message_ids
    await until_event(acuse_installed, brief, asked, status=["received"])

    acuse_installed.kubectl("delete", TENANTS, brief.name, "--namespace", brief.namespace)

    await acuse_installed.until_gone(brief)
    late = await front.post(brief, reaction(brief, new_message_id()))
    assert late.status_code == 404
    await until_event(acuse_installed, brief, asked, reason=["tenant_missing"])
    assert [each["event_id"] for each in kept(acuse_installed, brief)] == [asked]

    acuse_installed.here.add_tenant(brief)
    await acuse_installed.until_ready(brief)
    ended = await until_ended(acuse_installed, brief, [asked])
    assert ended[asked]["status"] == "processed"
    await meta.wait_for_messages(1, number_id=brief.phone_number_id)


async def test_in_the_end_every_event_has_ended_and_all_rows_agree(
    acuse_installed: Installed, front: Front, tenant: LabTenant
) -> None:
    await front.post(tenant, reaction(tenant, new_message_id()))

    report = await reconcile(acuse_installed, seconds=240)

    assert report["events"] == report["terminal"] > 0
    assert report["open"] == report["inconsistent"] == []
