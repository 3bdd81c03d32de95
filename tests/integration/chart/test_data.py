"""The database and the object store: yours by Secret, or one of each for trials."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from support.chart import Manifest, Rendered, render

PROGRAMS = ("acuse-intake", "acuse-workers", "acuse-api", "acuse-operator")


def region(rendered: Rendered) -> dict[str, Any]:
    """Return the spec of the Region that the operator is told to keep."""
    text = rendered.one("ConfigMap", "acuse-region")["data"]["region.yaml"]
    spec: dict[str, Any] = yaml.safe_load(text)["spec"]
    return spec


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs_connect_as_the_runtime_login_and_never_as_the_owner(program: str) -> None:
    for example, secret in (("ha", "database"), ("trial", "acuse-database")):
        rendered = render(example)
        env = rendered.env("Deployment", program)
        assert env["ACUSE_DATABASE_URL"] == {"secretKeyRef": {"name": secret, "key": "url"}}
        assert "ACUSE_DATABASE_OWNER_URL" not in env
        assert "ownerURL" not in str(rendered.one("Deployment", program))
        assert "database-owner" not in str(rendered.one("Deployment", program))


@pytest.mark.parametrize("program", PROGRAMS[:3])
def test_a_program_waits_for_its_schema(program: str) -> None:
    pod = render("ha").pods()[f"Deployment/{program}"]
    [wait] = pod["initContainers"]

    assert wait["args"] == ["db", "wait"]
    assert wait["image"] == pod["containers"][0]["image"]


def test_your_database_is_migrated_before_anything_else() -> None:
    job = render("ha").one("Job", "acuse-migrate")
    [container] = job["spec"]["template"]["spec"]["containers"]

    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert job["spec"]["activeDeadlineSeconds"] == 600
    assert container["args"] == ["db", "prepare", "--patience=120"]
    env = {one["name"]: one["valueFrom"]["secretKeyRef"] for one in container["env"]}
    assert env == {
        "ACUSE_DATABASE_OWNER_URL": {"name": "database-owner", "key": "url"},
        "ACUSE_DATABASE_URL": {"name": "database", "key": "url"},
    }


def test_without_the_owners_secret_nothing_migrates() -> None:
    assert "acuse-migrate" not in render("region").names("Job")


def test_the_trial_database_is_marked_as_one() -> None:
    server = render().one("StatefulSet", "acuse-postgres")

    assert "for trials only" in server["metadata"]["annotations"]["acuse.dev/trial"]


def test_the_trial_database_is_prepared_anew_with_each_revision() -> None:
    job = render().one("Job", "acuse-migrate-1")

    # A hook before the install would wait for a database that comes after it.
    assert "annotations" not in job["metadata"]
    [container] = job["spec"]["template"]["spec"]["containers"]
    owner = container["env"][0]["valueFrom"]["secretKeyRef"]
    assert owner == {"name": "acuse-postgres", "key": "ownerURL"}


def test_the_trial_database_has_one_password_for_its_owner_and_one_for_programs() -> None:
    rendered = render()
    owner: dict[str, str] = rendered.one("Secret", "acuse-postgres")["stringData"]
    login: dict[str, str] = rendered.one("Secret", "acuse-database")["stringData"]

    assert owner["password"] != login["password"]
    for url, user, password in (
        (owner["ownerURL"], "postgres", owner["password"]),
        (login["url"], "acuse_app", login["password"]),
    ):
        parts = urlsplit(url)
        assert (parts.username, parts.password) == (user, password)
        assert len(password) == 32
        assert (parts.hostname, parts.port) == ("acuse-postgres.acuse-system.svc", 5432)
        assert parts.path == "/acuse"


def test_passwords_differ_between_installations() -> None:
    again = render(commonLabels={"another": "rendering"})

    assert (
        again.one("Secret", "acuse-postgres")["stringData"]
        != render().one("Secret", "acuse-postgres")["stringData"]
    )


def test_the_trial_store_is_found_by_the_variables_of_its_secret() -> None:
    rendered = render()
    variables = rendered.one("Secret", "acuse-s3")["stringData"]

    assert variables["AWS_ENDPOINT"] == "http://acuse-s3.acuse-system.svc:9000"
    for program in ("acuse-workers", "acuse-api"):
        pod = rendered.pods()[f"Deployment/{program}"]["containers"][0]
        assert pod["envFrom"] == [{"secretRef": {"name": "acuse-s3"}}]
        assert rendered.env("Deployment", program)["ACUSE_OBJECT_STORE"] == "s3://media"
    # The public edge stores no media.
    assert "envFrom" not in rendered.pods()["Deployment/acuse-intake"]["containers"][0]


def test_your_store_is_reached_by_its_secret_or_the_pods_own_identity() -> None:
    by_secret, by_identity = render("ha"), render("region")

    workers = by_secret.pods()["Deployment/acuse-workers"]["containers"][0]
    assert workers["envFrom"] == [{"secretRef": {"name": "object-store"}}]
    assert by_secret.env("Deployment", "acuse-workers")["ACUSE_OBJECT_STORE"] == (
        "s3://media/buenos-aires"
    )
    assert "envFrom" not in by_identity.pods()["Deployment/acuse-workers"]["containers"][0]
    assert by_secret.all("StatefulSet") == by_secret.all("Secret") == []


def test_the_region_names_the_same_database_and_store_as_the_programs_have() -> None:
    assert region(render("ha"))["database"] == {
        "secretRef": {"namespace": "acuse-system", "name": "database", "key": "url"}
    }
    assert region(render("ha"))["objectStore"] == {
        "url": "s3://media/buenos-aires",
        "secretRef": {"namespace": "acuse-system", "name": "object-store"},
    }
    assert region(render("region"))["objectStore"] == {"url": "gs://media-br"}
    assert region(render())["database"]["secretRef"]["name"] == "acuse-database"


def test_the_region_says_where_and_under_whose_law_it_is() -> None:
    ha, ingress = region(render("ha", region__cordoned=True)), region(render("ingress"))

    assert (ha["jurisdiction"], ha["intakeURL"]) == ("AR", "https://hooks.example.test")
    assert ha["gateway"] == {"namespace": "gateways", "name": "public", "sectionName": "https"}
    assert (ha["cordoned"], ingress["cordoned"]) == (True, False)
    assert ingress["ingressClassName"] == "nginx"
    assert "gateway" not in ingress


def test_the_region_is_drained_and_bounded_only_when_told_to() -> None:
    told = region(render("ha", region__draining=True, region__capacity=0))

    assert (told["draining"], told["capacity"]) == (True, 0)
    # A drain by `kubectl acuse` is not taken back by an operator that starts.
    assert not {"draining", "capacity"} & region(render("ha")).keys()


def test_trial_data_is_kept_in_a_claim_unless_told_otherwise() -> None:
    def claims(rendered: Rendered, name: str) -> list[Manifest]:
        """Return the specs of a StatefulSet's claims."""
        spec = rendered.one("StatefulSet", name)["spec"]
        return [claim["spec"] for claim in spec.get("volumeClaimTemplates", [])]

    [claim] = claims(render("keda"), "acuse-postgres")
    assert claim["storageClassName"] == "fast"
    assert claim["resources"] == {"requests": {"storage": "1Gi"}}
    [claim] = claims(render("keda"), "acuse-s3")
    assert "storageClassName" not in claim
    assert claims(render(), "acuse-postgres") == claims(render(), "acuse-s3") == []
    volumes = render().pods()["StatefulSet/acuse-postgres"]["volumes"]
    assert {"name": "data", "emptyDir": {}} in volumes


def test_an_upgrade_does_not_restart_a_trial_server() -> None:
    # Without a claim its data would be gone.
    for name in ("acuse-postgres", "acuse-s3"):
        labels = render().one("StatefulSet", name)["spec"]["template"]["metadata"]["labels"]
        assert not any("version" in label or "chart" in label for label in labels)


def test_logs_and_graph_are_set_for_the_programs_that_use_them() -> None:
    rendered = render(
        logLevel="debug",
        graph__url="http://10.77.0.1:9000",
        graph__mediaHosts=["*.example.test", "http://10.77.0.1:9000"],
    )
    for program in ("acuse-workers", "acuse-operator"):
        env = rendered.env("Deployment", program)
        assert env["ACUSE_LOG_LEVEL"] == "debug"
        assert env["ACUSE_GRAPH_URL"] == "http://10.77.0.1:9000"
        assert env["ACUSE_MEDIA_HOSTS"] == "*.example.test,http://10.77.0.1:9000"
    assert "ACUSE_MEDIA_HOSTS" not in render().env("Deployment", "acuse-workers")
