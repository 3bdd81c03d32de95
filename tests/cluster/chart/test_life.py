"""Install, upgrade, uninstall and install again: what is a tenant's stays, what is ours goes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import yaml

from support.chart import CHART, NAMESPACE
from support.chart_cluster import TENANT, Cluster, Manifest, tenant


def test_an_upgrade_brings_new_fields_of_our_kinds_to_tenants_that_are_there(
    cluster: Cluster, tmp_path: Path
) -> None:
    assert cluster.install(chart=earlier_chart(tmp_path)).returncode == 0
    cluster.apply(TENANT)
    uid = tenant_uid(cluster)
    assert "suspend" in cluster.refusal(
        *("apply", "--server-side", "-f", "-"), stdin=yaml.safe_dump(tenant(suspend=True))
    )

    done = cluster.install()

    assert done.returncode == 0, done.stderr
    cluster.apply(tenant(suspend=True))
    found = cluster.get("tenant", "espiga")
    assert found is not None
    assert found["spec"]["suspend"] is True
    assert tenant_uid(cluster) == uid
    # What only the earlier chart had is gone.
    assert cluster.get("configmap", "acuse-earlier", "--namespace", NAMESPACE) is None


def earlier_chart(folder: Path) -> Path:
    """Return a chart as an earlier version may have been: fewer fields, other objects."""
    chart = folder / "acuse"
    shutil.copytree(CHART, chart)
    about: dict[str, Any] = yaml.safe_load((chart / "Chart.yaml").read_text())
    (chart / "Chart.yaml").write_text(yaml.safe_dump(about | {"version": "0.0.1"}))
    file = chart / "files" / "crds" / "tenants.acuse.dev.yaml"
    crd: Manifest = yaml.safe_load(file.read_text())
    for version in crd["spec"]["versions"]:
        del version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["suspend"]
        columns: list[Manifest] = version["additionalPrinterColumns"]
        version["additionalPrinterColumns"] = [c for c in columns if "suspend" not in c["jsonPath"]]
    file.write_text(yaml.safe_dump(crd))
    (chart / "templates" / "earlier.yaml").write_text(
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  {{- include "acuse.metadata"'
        ' (list . "earlier" "acuse-earlier") | nindent 2 }}\n'
    )
    return chart


def tenant_uid(cluster: Cluster) -> str:
    """Return the Tenant's uid: another one would be another object."""
    found = cluster.get("tenant", "espiga")
    assert found is not None
    return str(found["metadata"]["uid"])


def test_an_uninstall_leaves_tenants_and_their_kinds_and_nothing_else(cluster: Cluster) -> None:
    cluster.install()
    cluster.apply(TENANT)
    uid = tenant_uid(cluster)

    done = cluster.uninstall()

    assert done.returncode == 0, done.stderr
    assert tenant_uid(cluster) == uid
    everything = (
        "deployments,statefulsets,services,secrets,configmaps,jobs,networkpolicies,serviceaccounts,"
        "roles,rolebindings,horizontalpodautoscalers,poddisruptionbudgets"
    )
    left = cluster.names(everything, "--namespace", NAMESPACE)
    assert left <= {"configmap/kube-root-ca.crt", "serviceaccount/default"}
    assert cluster.get("namespace", "acuse-tenants") is None
    ours = "clusterroles,clusterrolebindings,flowschemas,validatingadmissionpolicies"
    assert not [name for name in cluster.names(ours) if "/acuse" in name]


def test_what_an_uninstall_left_is_taken_up_by_the_next_install(cluster: Cluster) -> None:
    cluster.install()
    cluster.apply(TENANT)
    uid = tenant_uid(cluster)
    cluster.uninstall()

    done = cluster.install()

    assert done.returncode == 0, done.stderr
    assert tenant_uid(cluster) == uid


def test_an_operator_of_named_namespaces_reads_secrets_there_alone(cluster: Cluster) -> None:
    names = ("receipts-of-tenants", "bakery", "grocery")
    cluster.apply(
        *({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in names)
    )
    done = cluster.install("strict-namespaces")

    assert done.returncode == 0, done.stderr
    assert cluster.may("acuse-operator", "get", "secrets", namespace="bakery")
    assert not cluster.may("acuse-operator", "list", "secrets", namespace="bakery")
    assert not cluster.may("acuse-operator", "get", "secrets", namespace="default")
