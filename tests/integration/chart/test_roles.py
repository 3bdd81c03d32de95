"""`role` decides what is there: a hub has no intake, a region takes no Tenants."""

from __future__ import annotations

from support.chart import complaint, render


def test_a_hub_is_the_operator_alone() -> None:
    hub = render("hub")

    assert hub.names("Deployment") == {"acuse-operator"}
    assert hub.all("Service") == hub.all("Namespace") == hub.all("Pod") == []
    env = hub.env("Deployment", "acuse-operator")
    assert env["ACUSE_OPERATOR_ROLE"] == "hub"
    # Its own cluster is no region.
    assert env["ACUSE_HUB_LOCAL"] == "false"
    assert "ACUSE_HUB_LOCAL" not in render().env("Deployment", "acuse-operator")
    assert "ACUSE_DATABASE_URL" not in env
    assert "ACUSE_REGION_MANIFEST" not in env


def test_a_region_runs_every_program_and_keeps_its_region() -> None:
    region = render("region")

    assert region.names("Deployment") == {
        "acuse-operator",
        "acuse-intake",
        "acuse-workers",
        "acuse-api",
    }
    env = region.env("Deployment", "acuse-operator")
    assert env["ACUSE_OPERATOR_ROLE"] == "region"
    assert env["ACUSE_REGION"] == "sao-paulo"
    assert env["ACUSE_INTAKE_SERVICE"] == "acuse-intake:8080"
    assert env["ACUSE_WORKER_IMAGE"] == "registry.example.test/acuse/acuse-workers:0.1.0"
    assert "acuse-deletion-protection" not in region.names("ValidatingAdmissionPolicy")


def test_both_is_a_hub_and_a_region() -> None:
    both = render("ha")

    assert "acuse-intake" in both.names("Deployment")
    assert "acuse-deletion-protection" in both.names("ValidatingAdmissionPolicy")
    assert both.env("Deployment", "acuse-operator")["ACUSE_OPERATOR_ROLE"] == "both"


def test_all_crds_come_with_every_role() -> None:
    for example in ("hub", "region", "ha"):
        assert render(example).names("CustomResourceDefinition") == {
            "regions.acuse.dev",
            "tenants.acuse.dev",
            "tenantplacements.acuse.dev",
        }


def test_crds_stay_when_the_release_goes() -> None:
    for crd in render("hub").all("CustomResourceDefinition"):
        assert crd["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


def test_crds_can_be_left_to_somebody_else() -> None:
    assert render("hub", crds__install=False).all("CustomResourceDefinition") == []


def test_an_operator_alone_hands_over_before_the_next_starts() -> None:
    spec = render().one("Deployment", "acuse-operator")["spec"]

    assert spec["replicas"] == 1
    assert spec["strategy"] == {"type": "Recreate"}
    assert "acuse-operator" not in render().names("PodDisruptionBudget")
    assert "topologySpreadConstraints" not in spec["template"]["spec"]


def test_of_several_operators_each_knows_its_own_name_for_the_lease() -> None:
    spec = render("ha").one("Deployment", "acuse-operator")["spec"]

    assert spec["replicas"] == 2
    pod_name = render("ha").env("Deployment", "acuse-operator")["ACUSE_POD_NAME"]
    assert pod_name == {"fieldRef": {"fieldPath": "metadata.name"}}


def test_the_api_can_be_left_out() -> None:
    without = render(api__enabled=False)

    assert "acuse-api" not in without.names("Deployment") | without.names("Service")
    assert "acuse-api" not in without.names("ServiceAccount")
    assert without.one("Pod", "acuse-health")["spec"]["containers"][0]["args"][1:] == [
        "http://acuse-intake.acuse-system.svc:9090/readyz"
    ]


def test_everything_that_is_missing_is_said_at_once() -> None:
    said = complaint("hub", role="both", image__registry="")

    for value in (
        "image.registry:",
        "region.name:",
        "region.jurisdiction:",
        "region.intakeURL:",
        "database.existingSecret.name:",
        "objectStore.url:",
        "region.egress:",
    ):
        assert value in said


def test_a_hub_knows_of_the_apps_own_secret_but_has_no_route() -> None:
    hub = render("hub", metaApp__existingSecret="meta-app")

    assert hub.env("Deployment", "acuse-operator")["ACUSE_APP_SECRET_REF"] == (
        "acuse-tenants/meta-app"
    )
    assert hub.all("HTTPRoute") == hub.all("Ingress") == []


def test_tenants_things_are_never_beside_the_owners_password() -> None:
    assert "must not be the release's own namespace" in complaint(
        tenantsNamespace__name="acuse-system"
    )


def test_the_tenants_namespace_enforces_pod_security() -> None:
    labels = render().one("Namespace", "acuse-tenants")["metadata"]["labels"]

    for mode in ("enforce", "audit", "warn"):
        assert labels[f"pod-security.kubernetes.io/{mode}"] == "restricted"


def test_the_tenants_namespace_can_be_somebody_elses() -> None:
    strict = render("strict-namespaces")

    assert strict.all("Namespace") == []
    assert strict.one("Role", "acuse-operator", namespace="receipts-of-tenants")
    assert (
        strict.env("Deployment", "acuse-intake")["ACUSE_TENANTS_NAMESPACE"] == "receipts-of-tenants"
    )


def test_an_authority_of_ones_own_is_what_the_operator_checks_the_intake_by() -> None:
    ca = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n"
    rendered = render(operator__intakeCA=ca)

    assert rendered.one("ConfigMap", "acuse-intake-ca")["data"] == {"ca.pem": ca}
    [container] = rendered.pods()["Deployment/acuse-operator"]["containers"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert rendered.env("Deployment", "acuse-operator")["ACUSE_INTAKE_CA_FILE"] == (
        f"{mounts['intake-ca']}/ca.pem"
    )
    assert "acuse-intake-ca" not in render().names("ConfigMap")
