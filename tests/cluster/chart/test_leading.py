"""The operator's account in an installation, and the Lease: its own, and no other."""

from __future__ import annotations

import asyncio

from acuse_cluster.access import load_access
from acuse_cluster.client import Api
from acuse_operator.leadership import Candidate, Leader
from acuse_operator.lease import Terms, lease_of
from support.chart import NAMESPACE
from support.chart_cluster import Cluster
from support.eventually import until


def test_the_operator_may_write_its_own_lease_and_no_other(cluster: Cluster) -> None:
    for example in ("trial", "hub"):
        done = cluster.install(example)

        assert done.returncode == 0, done.stderr
        for verb in ("get", "update"):
            assert cluster.may("acuse-operator", verb, "leases/acuse-operator")
            assert not cluster.may("acuse-operator", verb, "leases/another")


def test_by_the_account_of_the_chart_one_leads_renews_and_hands_over(cluster: Cluster) -> None:
    done = cluster.install()
    assert done.returncode == 0, done.stderr
    config = cluster.plane.kubeconfig_for_service_account(NAMESPACE, "acuse-operator")

    assert asyncio.run(lead_twice(str(config))) == [1, 2]

    lease = cluster.get("lease", "acuse-operator", "--namespace", NAMESPACE)
    assert lease is not None
    assert not lease["spec"].get("holderIdentity")
    # It is no object of the chart: the count outlives an uninstall.
    cluster.uninstall()
    assert cluster.get("lease", "acuse-operator", "--namespace", NAMESPACE) is not None


async def lead_twice(kubeconfig: str) -> list[int]:
    """Lead, renew and hand over, one after the other; return the epochs."""
    epochs: list[int] = []
    for identity in ("first", "second"):
        async with Api(await load_access(kubeconfig=kubeconfig)) as api:
            terms = Terms(renew_every=0.2)
            candidate = Candidate(api, lease_of(NAMESPACE), identity=identity, terms=terms)
            async with candidate.leading() as leader:
                await until_renewed(leader)
                epochs.append(leader.epoch)
    return epochs


async def until_renewed(leader: Leader) -> None:
    """Return once the leader has renewed its Lease after now."""
    before = leader.until
    await until(lambda: leader.until > before)
