"""The intake is replaced while Meta posts: no webhook is refused, and none is lost."""

from __future__ import annotations

from acuse_lab.running.in_cluster import NAMESPACE
from acuse_lab.running.tenants import LabTenant
from support.cluster_faults import replace_pods, roll_out
from support.gateway_traffic import traffic
from support.installed import Installed
from support.kept_events import until_ended

INTAKE = "app.kubernetes.io/component=intake"


async def test_every_webhook_is_taken_while_the_intake_is_replaced_twice(
    acuse_installed: Installed, tenant: LabTenant
) -> None:
    async with traffic(acuse_installed.region, tenant) as sent:
        await roll_out(acuse_installed, NAMESPACE, "acuse-intake")
        # The first one's pods may still be draining.
        await replace_pods(acuse_installed, NAMESPACE, "acuse-intake", INTAKE)
        await sent.reach(40)

    assert sent.others == {}
    ended = await until_ended(acuse_installed, tenant, sent.acknowledged)
    assert {(e["status"], e["reason"]) for e in ended.values()} == {("ignored", "reaction")}
