"""Install, upgrade, uninstall and install again: what is a tenant's stays, what is ours goes."""

from __future__ import annotations

import base64
import shutil
import ssl
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import yaml

from acuse.errors import Unavailable
from support.chart import CHART, NAMESPACE
from support.chart_cluster import Cluster, Manifest
from support.eventually import until

TENANT: Manifest = {
    "apiVersion": "acuse.dev/v1alpha1",
    "kind": "Tenant",
    "metadata": {"name": "espiga", "namespace": "default"},
    "spec": {
        "displayName": "Panadería La Espiga",
        "whatsapp": {
            "numbers": [
                {
                    "phoneNumberId": "106540352242922",
                    "wabaId": "102290129340398",
                    "secretRef": {"name": "espiga-whatsapp"},
                }
            ]
        },
        "placement": {"home": "buenos-aires"},
    },
}
PROGRAMS = {f"deployment.apps/acuse-{name}" for name in ("operator", "intake", "workers", "api")}


def tenant(**spec: object) -> Manifest:
    """Return the Tenant with fields of its spec changed."""
    return TENANT | {"spec": TENANT["spec"] | spec}


def secret(cluster: Cluster, name: str) -> dict[str, str]:
    """Return what a Secret of the release's namespace holds."""
    found = cluster.get("secret", name, "--namespace", NAMESPACE)
    assert found is not None
    data = cast("dict[str, str]", found["data"])
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


def test_one_install_brings_everything_and_says_what_comes_next(cluster: Cluster) -> None:
    done = cluster.install()

    assert done.returncode == 0, done.stderr
    assert cluster.names("deployments", "--namespace", NAMESPACE) == PROGRAMS
    namespace = cluster.get("namespace", "acuse-tenants")
    assert namespace is not None
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    said = done.stdout.partition("NOTES:")[2]
    assert "FOR TRIALS ONLY" in said
    assert "Its data is lost with the pod" in said
    assert "kubectl apply -f TENANT.yaml" in said
    cluster.apply(TENANT)
    assert cluster.names("tenants") == {"tenant.acuse.dev/espiga"}


@pytest.mark.parametrize(
    ("example", "says", "not_said"),
    [
        ("hub", "kubectl apply -f TENANT.yaml", "helm -n acuse-system test"),
        ("region", "make a Region named sao-paulo", "FOR TRIALS ONLY"),
        ("region", "acuse db migrate", "kubectl apply -f TENANT.yaml"),
        ("ha", "kubectl apply -f TENANT.yaml", "acuse db migrate"),
        ("keda", "FOR TRIALS ONLY", "Its data is lost"),
    ],
)
def test_the_notes_say_the_next_command(
    cluster: Cluster, example: str, says: str, not_said: str
) -> None:
    done = cluster.install(example)

    assert done.returncode == 0, done.stderr
    said = done.stdout.partition("NOTES:")[2]
    assert says in said
    assert not_said not in said


def test_an_upgrade_keeps_every_password(cluster: Cluster) -> None:
    cluster.install()
    names = ("acuse-postgres", "acuse-database", "acuse-s3")
    before = [secret(cluster, name) for name in names]

    done = cluster.install(logLevel="debug")

    assert done.returncode == 0, done.stderr
    assert [secret(cluster, name) for name in names] == before


def test_an_upgrade_prepares_the_trial_database_again(cluster: Cluster) -> None:
    cluster.install()
    assert cluster.names("jobs", "--namespace", NAMESPACE) == {"job.batch/acuse-migrate-1"}

    cluster.install()

    assert cluster.names("jobs", "--namespace", NAMESPACE) == {"job.batch/acuse-migrate-2"}


def test_the_same_values_again_change_no_running_pod(cluster: Cluster) -> None:
    cluster.install()
    kinds = ("deployments,statefulsets", "--namespace", NAMESPACE)

    def generations() -> dict[str, int]:
        """Return each program's generation, which any change of its spec raises."""
        found = cast("list[Manifest]", (cluster.get(*kinds) or {})["items"])
        return {each["metadata"]["name"]: each["metadata"]["generation"] for each in found}

    before = generations()
    cluster.install()

    assert generations() == before


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


def test_a_second_acuse_in_the_cluster_is_refused(cluster: Cluster) -> None:
    cluster.install()

    second = cluster.helm(
        *("install", "another", str(CHART), "--no-hooks"),
        *("--values", str(CHART / "ci" / "trial-values.yaml")),
    )

    assert second.returncode != 0
    assert "cannot be imported into the current release" in second.stderr


async def test_a_protected_tenant_is_not_deleted_until_it_is_let_go(cluster: Cluster) -> None:
    cluster.install("ha")

    def is_refused() -> bool:
        """Try to delete it; a policy takes a moment to be in force."""
        cluster.apply(tenant(deletionProtection=True))
        return (
            "tenant default/espiga is protected: set spec.deletionProtection to false first"
            in complaint_of(cluster, "delete", "tenant", "espiga", "--timeout=60s")
        )

    await until(is_refused)
    cluster.apply(tenant(deletionProtection=False))
    cluster.plane.kubectl("delete", "tenant", "espiga", "--timeout=60s")
    assert cluster.names("tenants") == set()


def complaint_of(cluster: Cluster, *arguments: str) -> str:
    """Run kubectl and return its complaint, empty if there was none."""
    try:
        cluster.plane.kubectl(*arguments)
    except Unavailable as exc:
        return str(exc)
    return ""


def test_accounts_may_do_what_they_need_and_nothing_beyond(cluster: Cluster) -> None:
    cluster.install()

    assert cluster.may("acuse-operator", "get", "secrets", namespace="default")
    assert not cluster.may("acuse-operator", "list", "secrets", namespace="default")
    assert not cluster.may("acuse-operator", "watch", "secrets", namespace="kube-system")
    assert not cluster.may("acuse-operator", "create", "deployments.apps", namespace="default")
    assert cluster.may("acuse-operator", "patch", "deployments.apps", namespace="acuse-tenants")
    assert cluster.may("acuse-intake", "watch", "secrets", namespace="acuse-tenants")
    assert not cluster.may("acuse-intake", "get", "secrets", namespace=NAMESPACE)
    assert not cluster.may("acuse-intake", "patch", "secrets", namespace="acuse-tenants")
    assert not cluster.may("acuse-workers", "get", "secrets", namespace=NAMESPACE)


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


async def test_whoever_may_edit_a_namespace_may_edit_its_tenants(cluster: Cluster) -> None:
    cluster.install()
    binding = ("rolebinding", "baker", "--clusterrole=edit", "--user=baker", "--namespace=default")
    cluster.plane.kubectl("create", *binding)
    try:
        # A controller adds our rules to Kubernetes' own role.
        await until(lambda: can(cluster, "baker", "create", "tenants.acuse.dev"))
        assert not can(cluster, "baker", "create", "tenantplacements.acuse.dev")
        assert can(cluster, "baker", "list", "tenantplacements.acuse.dev")
    finally:
        cluster.plane.kubectl("delete", "rolebinding", "baker", "--namespace=default")


def can(cluster: Cluster, user: str, *what: str) -> bool:
    """Tell whether a user may do something in the default namespace."""
    asked = ("auth", "can-i", *what, f"--as={user}", "--namespace=default")
    return complaint_of(cluster, *asked) == ""


async def test_calls_of_the_operator_have_a_share_of_their_own(cluster: Cluster) -> None:
    cluster.install()
    flow = cluster.get("flowschema", "acuse")
    assert flow is not None
    kubeconfig = cluster.plane.kubeconfig_for_service_account(NAMESPACE, "acuse-operator")
    token = yaml.safe_load(kubeconfig.read_text())["users"][0]["user"]["token"]
    trusted = ssl.create_default_context(cafile=str(cluster.plane.ca_file))

    with httpx.Client(verify=trusted, trust_env=False) as client:

        def is_ours() -> bool:
            """List Tenants as the operator; the API server learns of a FlowSchema by a watch."""
            answer = client.get(
                f"{cluster.plane.url}/apis/acuse.dev/v1alpha1/tenants",
                headers={"Authorization": f"Bearer {token}"},
            )
            assert answer.status_code == 200
            uid: str = flow["metadata"]["uid"]
            return answer.headers["X-Kubernetes-Pf-Flowschema-Uid"] == uid

        await until(is_ours)
