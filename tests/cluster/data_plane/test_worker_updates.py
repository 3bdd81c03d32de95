"""Workers are replaced, or die, while they work: each receipt is answered, once."""

from __future__ import annotations

import asyncio

from acuse.resources.names import slug
from acuse_lab.documents.catalogue import sample
from acuse_lab.graph import inbound
from acuse_lab.graph.client import LabClient
from acuse_lab.graph.contract import MediaModes, Person
from acuse_lab.running.in_cluster import NAMESPACE, TENANTS_NAMESPACE
from acuse_lab.running.tenants import LabTenant
from support.cluster_faults import container, logs, replace_pods, until_restarted
from support.installed import Installed
from support.kept_events import kept, until_ended, until_event

WORKERS = "app.kubernetes.io/component=workers"
OWN_WORKERS = "app.kubernetes.io/component=worker"
# Comes so slowly that no worker has it whole before it has to stop.
ENDLESS = MediaModes(chunk_size=256, chunk_delay=1.0)


async def send_ticket(
    meta: LabClient, tenant: LabTenant, *, person: int, modes: MediaModes | None = None
) -> tuple[str, str]:
    """Send a photographed ticket; return the ids of the message and of its media."""
    ticket, number = sample("ticket"), tenant.phone_number_id
    media = await meta.add_media(number, ticket.data, mime_type=ticket.mime)
    if modes is not None:
        await meta.set_media_modes(media.id, modes)
    ana = Person(wa_id=f"54911{person:08}", user_id=f"AR.{person}")
    sent = await meta.send(number, ana, inbound.image(media))
    return sent.message_ids[0], media.id


async def until_answered(meta: LabClient, tenant: LabTenant, count: int) -> None:
    """Return once a tenant has sent so many replies; fail if it sends more."""
    number = tenant.phone_number_id
    await meta.wait_for_messages(count, number_id=number, within=300.0)
    assert len(await meta.messages(number)) == count


async def replace_at_work(
    installed: Installed, meta: LabClient, tenant: LabTenant, *, where: tuple[str, str, str]
) -> None:
    """Replace a tenant's workers while they have receipts; each is read to its end, and once."""
    held, media_id = await send_ticket(meta, tenant, person=1, modes=ENDLESS)
    sent = [held, *[(await send_ticket(meta, tenant, person=n))[0] for n in (2, 3)]]
    await until_event(installed, tenant, held, status=["processing"], step=["fetch"])
    # What is under way stays slow; whoever comes next has it at once.
    await meta.set_media_modes(media_id, MediaModes())

    await replace_pods(installed, *where)

    ended = await until_ended(installed, tenant, sent)
    assert {each["status"] for each in ended.values()} == {"processed"}
    assert ended[held]["attempt"] == 2
    await until_answered(meta, tenant, len(sent))


async def test_receipts_in_progress_are_handed_over_when_workers_are_replaced(
    acuse_installed: Installed, meta: LabClient, tenant: LabTenant
) -> None:
    workers = {"mode": "Dedicated", "min": 1, "max": 1}
    dedicated = await acuse_installed.add_tenant(
        "molino", namespace=tenant.namespace, workers=workers
    )
    await acuse_installed.until_ready(dedicated)
    name = slug(dedicated.key)
    shared = (NAMESPACE, "acuse-workers", WORKERS)
    own = (TENANTS_NAMESPACE, name, f"acuse.dev/tenant={name}")

    async with asyncio.TaskGroup() as both:
        both.create_task(replace_at_work(acuse_installed, meta, tenant, where=shared))
        both.create_task(replace_at_work(acuse_installed, meta, dedicated, where=own))

    # Any worker would have found a lease that ran out, and said so.
    for namespace, labels in ((NAMESPACE, WORKERS), (TENANTS_NAMESPACE, OWN_WORKERS)):
        assert "lease_expired" not in logs(acuse_installed, namespace, labels)


async def test_a_receipt_whose_worker_is_killed_while_it_reads_is_read_by_the_next(
    acuse_installed: Installed, meta: LabClient, tenant: LabTenant
) -> None:
    before = len(await meta.messages(tenant.phone_number_id))
    worker = container(acuse_installed, NAMESPACE, WORKERS)
    sent = [(await send_ticket(meta, tenant, person=n))[0] for n in range(10, 13)]

    def reads() -> bool:
        found = kept(acuse_installed, tenant, "--status", "processing")
        return any(each["step"] == "read" for each in found)

    await acuse_installed.until(reads, what="a receipt is being read")
    worker.kill()

    await until_restarted(acuse_installed, worker, namespace=NAMESPACE)
    ended = await until_ended(acuse_installed, tenant, sent)
    assert {each["status"] for each in ended.values()} == {"processed"}
    assert any(each["attempt"] == 2 for each in ended.values())
    await until_answered(meta, tenant, before + len(sent))
