"""What a tenant's workers may: as little as Pod Security knows, and nothing of the API server."""

from __future__ import annotations

from acuse.resources.names import TENANT, slug
from acuse_lab.running.in_cluster import TENANTS_NAMESPACE
from support.installed import Installed


async def test_a_dedicated_worker_is_admitted_where_pod_security_is_restricted(
    acuse_installed: Installed,
) -> None:
    tenant = await acuse_installed.add_tenant(workers={"mode": "Dedicated", "min": 1, "max": 1})
    await acuse_installed.until_ready(tenant)

    namespace = acuse_installed.here.object("namespace", TENANTS_NAMESPACE)
    selector = ("--namespace", TENANTS_NAMESPACE, f"--selector={TENANT}={slug(tenant.key)}")
    pods = acuse_installed.here.object("pods", *selector)

    assert namespace is not None
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert pods is not None
    (pod,) = pods["items"]
    volumes = [name for volume in pod["spec"]["volumes"] for name in volume if name != "name"]
    mounts = [m["mountPath"] for c in pod["spec"]["containers"] for m in c["volumeMounts"]]
    assert pod["status"]["phase"] == "Running"
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert sorted(volumes) == ["emptyDir", "secret"]
    assert not [path for path in mounts if "serviceaccount" in path]
    await acuse_installed.remove(tenant)
    await acuse_installed.until_gone(tenant)
