"""What programs need goes away: the API server, the database, the object store."""

from __future__ import annotations

from acuse_lab.documents.catalogue import sample
from acuse_lab.graph import inbound
from acuse_lab.graph.client import LabClient
from acuse_lab.graph.contract import Person
from acuse_lab.running.in_cluster import NAMESPACE
from acuse_lab.running.tenants import LabTenant
from support.cluster_faults import container, pods, until_restarted
from support.gateway_traffic import traffic
from support.installed import Installed
from support.kept_events import until_ended, until_event

INTAKE, POSTGRES, S3 = (
    f"app.kubernetes.io/component={name}" for name in ("intake", "postgres", "s3")
)


async def test_webhooks_are_taken_without_an_api_server_also_by_an_intake_that_restarts(
    acuse_installed: Installed, tenant: LabTenant
) -> None:
    plane = acuse_installed.region.control_plane
    intake = container(acuse_installed, NAMESPACE, INTAKE)
    async with traffic(acuse_installed.region, tenant) as sent:
        try:
            plane.pause()
            await sent.reach(40)
            plane.kill_apiserver()
            await sent.reach(40)
            assert sent.others == {}

            intake.kill()
            await sent.until_refused()
            # It knows its tenants from the copy that outlived its container.
            await sent.reach(40)
        finally:
            plane.start_apiserver()
        refused = dict(sent.others)
        await until_restarted(acuse_installed, intake, namespace=NAMESPACE)
        await sent.reach(40)

    # While nobody listened, the Gateway said so; Meta sends those again.
    assert all(answer.startswith("503 ") for answer in refused)
    await until_ended(acuse_installed, tenant, sent.acknowledged)


async def test_what_was_acknowledged_outlives_a_crash_of_the_database(
    acuse_installed: Installed, tenant: LabTenant
) -> None:
    database = container(acuse_installed, NAMESPACE, POSTGRES)
    async with traffic(acuse_installed.region, tenant) as sent:
        database.kill()
        await sent.until_refused()
        await until_restarted(acuse_installed, database, namespace=NAMESPACE)
        await sent.reach(40)

    assert all(answer.startswith("503 ") for answer in sent.others)
    await until_ended(acuse_installed, tenant, sent.acknowledged)


async def test_a_receipt_that_found_no_object_store_is_read_once_there_is_one(
    acuse_installed: Installed, tenant: LabTenant, meta: LabClient
) -> None:
    ticket, number = sample("ticket"), tenant.phone_number_id
    store = ("scale", "--namespace", NAMESPACE, "statefulset/acuse-s3")
    acuse_installed.kubectl(*store, "--replicas=0")
    await acuse_installed.until(
        lambda: not pods(acuse_installed, NAMESPACE, S3), what="the object store is gone"
    )
    media = await meta.add_media(number, ticket.data, mime_type=ticket.mime)
    (message_id,) = (await meta.send(number, Person(), inbound.image(media))).message_ids
    failed = await until_event(acuse_installed, tenant, message_id, status=["failed"])

    acuse_installed.kubectl(*store, "--replicas=1")

    assert (failed["step"], failed["reason"]) == ("fetch", "object_store_unavailable")
    ended = await until_ended(acuse_installed, tenant, [message_id])
    assert ended[message_id]["status"] == "processed"
    await meta.wait_for_messages(1, number_id=number)
    assert len(await meta.messages(number)) == 1
