"""One installation for trials on a real API server, and what may be done with it."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Iterator
from typing import cast

import httpx
import pytest
import yaml

from support.chart import CHART, NAMESPACE
from support.chart_cluster import TENANT, Cluster, Manifest, tenant
from support.eventually import until

PROGRAMS = {f"deployment.apps/acuse-{name}" for name in ("operator", "intake", "workers", "api")}


@pytest.fixture(scope="module")
def installed(chart_plane: Cluster) -> Iterator[Cluster]:
    """Yield a cluster in which the chart is installed with the values for trials."""
    done = chart_plane.install()
    assert done.returncode == 0, done.stderr
    yield chart_plane
    chart_plane.uninstall()


def test_one_install_brings_every_program_and_the_tenants_namespace(installed: Cluster) -> None:
    assert installed.names("deployments", "--namespace", NAMESPACE) == PROGRAMS
    namespace = installed.get("namespace", "acuse-tenants")
    assert namespace is not None
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    installed.apply(TENANT)
    assert installed.names("tenants") == {"tenant.acuse.dev/espiga"}


def test_an_upgrade_keeps_every_password(installed: Cluster) -> None:
    names = ("acuse-postgres", "acuse-database", "acuse-s3")
    before = [secret(installed, name) for name in names]

    done = installed.install(logLevel="debug")

    assert done.returncode == 0, done.stderr
    assert [secret(installed, name) for name in names] == before


def secret(installed: Cluster, name: str) -> dict[str, str]:
    """Return what a Secret of the release's namespace holds."""
    found = installed.get("secret", name, "--namespace", NAMESPACE)
    assert found is not None
    data = cast("dict[str, str]", found["data"])
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


def test_an_upgrade_prepares_the_trial_database_again(installed: Cluster) -> None:
    jobs = installed.names("jobs", "--namespace", NAMESPACE)

    installed.install()

    again = installed.names("jobs", "--namespace", NAMESPACE)
    assert len(jobs) == len(again) == 1
    assert jobs != again


def test_the_same_values_again_change_no_running_pod(installed: Cluster) -> None:
    kinds = ("deployments,statefulsets", "--namespace", NAMESPACE)

    def generations() -> dict[str, int]:
        """Return each program's generation, which any change of its spec raises."""
        found = cast("list[Manifest]", (installed.get(*kinds) or {})["items"])
        return {each["metadata"]["name"]: each["metadata"]["generation"] for each in found}

    installed.install()
    before = generations()
    installed.install()

    assert generations() == before


def test_a_second_acuse_in_the_cluster_is_refused(installed: Cluster) -> None:

    second = installed.helm(
        *("install", "another", str(CHART), "--no-hooks"),
        *("--values", str(CHART / "ci" / "trial-values.yaml")),
    )

    assert second.returncode != 0
    assert "cannot be imported into the current release" in second.stderr


async def test_a_protected_tenant_is_not_deleted_until_it_is_let_go(installed: Cluster) -> None:

    def is_refused() -> bool:
        """Try to delete it; a policy takes a moment to be in force."""
        installed.apply(tenant(deletionProtection=True))
        return (
            "tenant default/espiga is protected: set spec.deletionProtection to false first"
            in installed.complaint("delete", "tenant", "espiga", "--timeout=60s")
        )

    await until(is_refused)
    installed.apply(tenant(deletionProtection=False))
    installed.plane.kubectl("delete", "tenant", "espiga", "--timeout=60s")
    assert installed.names("tenants") == set()


def test_accounts_may_do_what_they_need_and_nothing_beyond(installed: Cluster) -> None:

    assert installed.may("acuse-operator", "get", "secrets", namespace="default")
    assert not installed.may("acuse-operator", "list", "secrets", namespace="default")
    assert not installed.may("acuse-operator", "watch", "secrets", namespace="kube-system")
    assert not installed.may("acuse-operator", "create", "deployments.apps", namespace="default")
    assert installed.may("acuse-operator", "patch", "deployments.apps", namespace="acuse-tenants")
    assert installed.may("acuse-intake", "watch", "secrets", namespace="acuse-tenants")
    assert not installed.may("acuse-intake", "get", "secrets", namespace=NAMESPACE)
    assert not installed.may("acuse-intake", "patch", "secrets", namespace="acuse-tenants")
    assert not installed.may("acuse-workers", "get", "secrets", namespace=NAMESPACE)


async def test_whoever_may_edit_a_namespace_may_edit_its_tenants(installed: Cluster) -> None:
    binding = ("rolebinding", "baker", "--clusterrole=edit", "--user=baker", "--namespace=default")
    installed.plane.kubectl("create", *binding)
    try:
        # A controller adds our rules to Kubernetes' own role.
        await until(lambda: can(installed, "baker", "create", "tenants.acuse.dev"))
        assert not can(installed, "baker", "create", "tenantplacements.acuse.dev")
        assert can(installed, "baker", "list", "tenantplacements.acuse.dev")
    finally:
        installed.plane.kubectl("delete", "rolebinding", "baker", "--namespace=default")


def can(installed: Cluster, user: str, *what: str) -> bool:
    """Tell whether a user may do something in the default namespace."""
    asked = ("auth", "can-i", *what, f"--as={user}", "--namespace=default")
    return installed.complaint(*asked) == ""


async def test_calls_of_the_operator_have_a_share_of_their_own(installed: Cluster) -> None:
    flow = installed.get("flowschema", "acuse")
    assert flow is not None
    kubeconfig = installed.plane.kubeconfig_for_service_account(NAMESPACE, "acuse-operator")
    token = yaml.safe_load(kubeconfig.read_text())["users"][0]["user"]["token"]
    trusted = ssl.create_default_context(cafile=str(installed.plane.ca_file))

    with httpx.Client(verify=trusted, trust_env=False) as client:

        def is_ours() -> bool:
            """List Tenants as the operator; the API server learns of a FlowSchema by a watch."""
            answer = client.get(
                f"{installed.plane.url}/apis/acuse.dev/v1alpha1/tenants",
                headers={"Authorization": f"Bearer {token}"},
            )
            assert answer.status_code == 200
            uid: str = flow["metadata"]["uid"]
            return answer.headers["X-Kubernetes-Pf-Flowschema-Uid"] == uid

        await until(is_ours)
