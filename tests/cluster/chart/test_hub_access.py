"""What the notes of a region say lets a hub in, and no further than its link goes."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from acuse.errors import Unavailable
from acuse.resources.region import Region
from acuse_cluster.kubeconfig import choose_from_bytes
from acuse_lab.go_tools import KUBERNETES, program
from support.chart import NAMESPACE
from support.chart_cluster import Cluster

TENANTS = "acuse-tenants"
SECRET = ("secret", "acuse-region-sao-paulo", "--namespace", NAMESPACE)


@pytest.fixture(params=[True, False], ids=["a token without an end", "a token with an end"])
def notes(request: pytest.FixtureRequest, cluster: Cluster) -> Iterator[str]:
    """Install a region that lets a hub in; yield what Helm says then."""
    done = cluster.install("region", hubAccess__server="", hubAccess__permanentToken=request.param)
    assert done.returncode == 0, done.stderr
    yield done.stdout.partition("NOTES:")[2]
    cluster.plane.kubectl("delete", "regions", "--all")
    cluster.plane.kubectl("delete", *SECRET, "--ignore-not-found")


@pytest.fixture
def registered(notes: str, cluster: Cluster, tmp_path: Path) -> Path:
    """Follow the notes, with one cluster as region and hub; return the kubeconfig they made."""
    begin, end = notes.index("\nkubectl -n acuse-system"), notes.index("\nEND\n")
    kubeconfig = json.loads(cluster.plane.kubeconfig().read_text())
    here = kubeconfig["contexts"][0]["context"]
    kubeconfig["contexts"].append({"name": "HUB", "context": here})
    mine = tmp_path / "mine.yaml"
    mine.write_text(json.dumps(kubeconfig))
    if "get secret acuse-hub" in notes:
        filled = ("--for=jsonpath={.data.token}", "secret/acuse-hub", f"-n={NAMESPACE}")
        cluster.plane.kubectl("wait", *filled, "--timeout=60s")
    folder = program(KUBERNETES, "kubectl").parent
    subprocess.run(
        ["bash", "-euo", "pipefail", "-c", notes[begin:end] + "\nEND\n"],
        env={
            "PATH": f"{folder}:{os.environ['PATH']}",
            "KUBECONFIG": str(mine),
            # kubectl keeps what it learns of a server there.
            "HOME": str(tmp_path),
        },
        check=True,
    )
    secret = cluster.get(*SECRET)
    assert secret is not None
    made = tmp_path / "made.yaml"
    made.write_bytes(base64.b64decode(secret["data"]["kubeconfig"]))
    return made


def test_the_notes_register_the_region_on_the_hub(registered: Path, cluster: Cluster) -> None:
    found = Region.model_validate(cluster.get("region", "sao-paulo"))

    assert (found.spec.jurisdiction, found.spec.access.type) == ("BR", "Kubeconfig")
    reference = found.spec.access.kubeconfig_secret_ref
    assert reference is not None
    assert ("secret", reference.name, "--namespace", reference.namespace) == SECRET
    # The operator takes it: no files, no plugins.
    chosen = choose_from_bytes(registered.read_bytes(), context=None)
    assert chosen.cluster["server"] == cluster.plane.url


def test_the_kubeconfig_opens_what_a_link_needs_and_nothing_else(
    registered: Path, cluster: Cluster
) -> None:
    def may(*what: str, namespace: str = TENANTS) -> bool:
        """Ask the API server as the hub, by the kubeconfig that the notes made."""
        asked = ("auth", "can-i", *what, "--namespace", namespace)
        try:
            cluster.plane.kubectl(f"--kubeconfig={registered}", *asked)
        except Unavailable:
            return False
        return True

    for verb in ("get", "list", "watch", "create", "patch", "delete"):
        assert may(verb, "tenantplacements.acuse.dev")
        assert may(verb, "secrets")
    assert may("get", "leases.coordination.k8s.io/acuse-region")
    assert may("get", "regions.acuse.dev/sao-paulo")
    assert cluster.plane.kubectl(f"--kubeconfig={registered}", "get", "--raw", "/readyz") == "ok"
    assert not may("get", "secrets", namespace=NAMESPACE)
    assert not may("get", "secrets", namespace="default")
    assert not may("list", "tenants.acuse.dev")
    assert not may("patch", "tenantplacements.acuse.dev", "--subresource=status")
    assert not may("patch", "regions.acuse.dev/sao-paulo")
    assert not may("create", "deployments.apps")
    assert not may("create", "pods")
