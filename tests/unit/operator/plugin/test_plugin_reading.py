"""What `kubectl acuse` makes of files, kubeconfigs, Leases and the operator's Deployment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from acuse.errors import InvalidManifest, KubeconfigRefused
from acuse_cluster.kubeconfig import choose_from_bytes, choose_from_files
from acuse_operator.plugin.documents import read_documents
from acuse_operator.plugin.epochs import epoch_of_lease, highest
from acuse_operator.plugin.operator_there import environment

TENANT = "apiVersion: acuse.dev/v1alpha1\nkind: Tenant\nmetadata: {name: acme}\n"
SECRET = "kind: Secret\nmetadata: {name: s, namespace: a}\nstringData: {k: v}\n"


def test_a_files_objects_are_sorted_by_what_they_are() -> None:
    text = f"{TENANT}---\n{SECRET}---\nkind: Service\nmetadata: {{name: web}}\n"

    found = read_documents(text, namespace="shops")

    assert [t["metadata"] for t in found.tenants] == [{"name": "acme", "namespace": "shops"}]
    assert found.secrets["a", "s"]["data"] == {"k": "dg=="}
    assert found.others == ["Service web"]


def test_a_list_is_taken_apart() -> None:
    listed = {
        "kind": "List",
        "items": [
            {"apiVersion": "acuse.dev/v1alpha1", "kind": "Tenant", "metadata": {"name": name}}
            for name in ("a", "b")
        ],
    }

    found = read_documents(json.dumps(listed), namespace="x")

    assert [tenant["metadata"]["name"] for tenant in found.tenants] == ["a", "b"]


def test_a_tenant_of_another_version_is_none_that_can_be_planned() -> None:
    with pytest.raises(InvalidManifest, match="no Tenant"):
        read_documents(TENANT.replace("v1alpha1", "v9"), namespace="x")


def kubeconfig(**user: object) -> dict[str, object]:
    return {
        "current-context": "a",
        "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a", "namespace": "shops"}}],
        "clusters": [{"name": "a", "cluster": {"server": "https://x"}}],
        "users": [{"name": "a", "user": user}],
    }


def test_a_credential_plugin_is_for_a_persons_own_kubeconfig_only(tmp_path: Path) -> None:
    text = json.dumps(kubeconfig(exec={"command": "x"}))
    (tmp_path / "config").write_text(text)

    chosen = choose_from_files([tmp_path / "config"], context=None, runs_plugins=True)

    assert (chosen.user, chosen.namespace) == ({"exec": {"command": "x"}}, "shops")
    with pytest.raises(KubeconfigRefused, match="never run"):
        choose_from_files([tmp_path / "config"], context=None)
    with pytest.raises(KubeconfigRefused, match="never run"):
        choose_from_bytes(text.encode(), context=None)


def test_the_epoch_is_one_more_than_the_leases_count() -> None:
    assert epoch_of_lease(None) is None
    assert epoch_of_lease({"metadata": {}, "spec": {}}) == 1
    assert epoch_of_lease({"metadata": {}, "spec": {"leaseTransitions": 4}}) == 5


def test_the_highest_epoch_counts_the_floor_too() -> None:
    placements = [
        {"metadata": {"name": name}, "spec": {"epoch": epoch}}
        for name, epoch in (("a", 3), ("b", 5))
    ]

    seen = highest("r", placements, None)
    floored = highest("r", placements, {"data": {"epoch": "8"}})
    spoilt = highest("r", [], {"data": {"epoch": "many"}})

    assert (seen.epoch, seen.where) == (5, "TenantPlacement b")
    assert (floored.epoch, floored.where) == (8, "ConfigMap acuse-epoch")
    assert (spoilt.epoch, spoilt.where) == (0, "")


def test_only_what_is_written_out_counts_as_the_operators_settings() -> None:
    env = [
        {"name": "ACUSE_REGION", "value": "ar-1"},
        {"name": "ACUSE_GRAPH_URL"},
        {"name": "ACUSE_DATABASE_URL", "valueFrom": {"secretKeyRef": {"name": "x", "key": "y"}}},
    ]
    pod = {"containers": [{"name": "sidecar"}, {"name": "operator", "env": env}]}

    found = environment({"spec": {"template": {"spec": pod}}})

    assert found == {"ACUSE_REGION": "ar-1", "ACUSE_GRAPH_URL": ""}
