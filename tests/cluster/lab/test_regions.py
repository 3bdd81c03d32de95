"""One region of the lab: a whole cluster, as its users need it."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from acuse.errors import Unavailable
from acuse_lab.regions.handle import LabRegion
from support.eventually import until
from support.web_pods import NAMESPACE, web_manifests

HOST = "shared.acuse.test"
# cgroup v1's and v2's.
LIMIT_FILES = {"memory.limit_in_bytes", "memory.max"}


@pytest.fixture(scope="module", autouse=True)
def web(lab_region: LabRegion) -> Iterator[None]:
    """Run two pods behind a Service and an HTTPRoute, under Pod Security `restricted`."""
    manifests = web_manifests(image=lab_region.test_image, host=HOST)
    lab_region.kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps(manifests))
    lab_region.kubectl("rollout", "status", "deployment/web", "-n", NAMESPACE, "--timeout=120s")
    yield
    lab_region.kubectl("delete", "namespace", NAMESPACE)


def in_pod(region: LabRegion, *command: str) -> str:
    return region.kubectl("exec", "-n", NAMESPACE, "deployment/web", "--", "/pause", *command)


def test_a_pod_finds_services_by_name(lab_region: LabRegion) -> None:
    cluster_ip = lab_region.kubectl(
        "get", "service", "web", "-n", NAMESPACE, "-o", "jsonpath={.spec.clusterIP}"
    )

    assert in_pod(lab_region, "lookup", "web").strip() == cluster_ip
    assert in_pod(lab_region, "lookup", "kubernetes.default.svc").strip() == "10.96.0.1"


def test_a_pod_finds_the_gateway_by_the_name_that_the_world_uses(lab_region: LabRegion) -> None:
    assert in_pod(lab_region, "lookup", HOST).strip() == lab_region.ip


def test_an_unknown_name_is_refused_at_once(lab_region: LabRegion) -> None:
    with pytest.raises(Unavailable, match=r"lookup nowhere\.example"):
        in_pod(lab_region, "lookup", "nowhere.example")


def test_a_service_answers_a_pod_whichever_pod_is_behind_it(lab_region: LabRegion) -> None:
    answers = {in_pod(lab_region, "get", "http://web/") for _ in range(20)}

    assert all(answer.startswith("200\n") for answer in answers)
    assert len(answers) == 2


async def test_a_route_is_served_by_the_gateway(lab_region: LabRegion) -> None:
    async with httpx.AsyncClient(trust_env=False, headers={"Host": HOST}) as client:
        answer = await served(client, f"{lab_region.gateway_url}/web/a")
        other = await client.get(f"{lab_region.gateway_url}/elsewhere")

    assert answer.endswith(f" GET {HOST}/web/a\n")
    assert other.status_code == 404


async def test_the_gateway_shows_a_certificate_of_the_labs_authority(
    lab_region: LabRegion,
) -> None:
    checked = ssl.create_default_context(cafile=str(lab_region.ca_file))
    async with httpx.AsyncClient(verify=checked, trust_env=False, headers={"Host": HOST}) as client:
        answer = await served(client, f"https://{lab_region.ip}/web/b")

    assert answer.endswith(f" GET {HOST}/web/b\n")


async def served(client: httpx.AsyncClient, url: str) -> str:
    """Return what is answered once the route is there."""
    answers: list[str] = []

    async def answered() -> bool:
        try:
            answer = await client.get(url, extensions={"sni_hostname": HOST})
        except httpx.TransportError:
            return False
        answers.append(answer.text)
        return answer.is_success

    await until(answered)
    return answers[-1]


def test_a_pod_reaches_the_gateway_from_inside(lab_region: LabRegion) -> None:
    assert in_pod(lab_region, "get", f"http://{HOST}/web/c").startswith("200\n")


def test_what_a_pod_said_can_be_read(lab_region: LabRegion) -> None:
    said = lab_region.kubectl("logs", "-n", NAMESPACE, "deployment/web")

    assert "serving at :8080" in said


def test_who_did_what_is_in_the_audit_log_and_no_secret_is(lab_region: LabRegion) -> None:
    lab_region.kubectl(
        *("create", "secret", "generic", "hidden", "-n", NAMESPACE),
        "--from-literal=key=do-not-log-me",
    )

    events = [
        event
        for event in lab_region.control_plane.audit_events()
        if event["verb"] == "create" and event["objectRef"].get("name") == "hidden"
    ]
    assert [event["user"]["username"] for event in events] == ["admin"]
    assert "do-not-log-me" not in lab_region.audit_log.read_text()


def test_a_stranger_is_refused(lab_region: LabRegion) -> None:
    server = lab_region.kubectl("config", "view", "-o", "jsonpath={.clusters[0].cluster.server}")

    # Only whether it lets us in is asked, so its certificate is not checked.
    with httpx.Client(verify=False, trust_env=False) as client:
        api = client.get(f"{server}/api/v1/namespaces")
        kubelet = client.get(f"https://{lab_region.ip}:10250/pods")

    assert (api.status_code, kubelet.status_code) == (401, 401)


def test_a_kubelet_may_read_no_secret_that_its_pods_do_not_use(lab_region: LabRegion) -> None:
    assert lab_region.region is not None
    as_kubelet = lab_region.region.place.kubeconfig("system:node:shared")

    with pytest.raises(Unavailable, match="Forbidden"):
        lab_region.kubectl(
            f"--kubeconfig={as_kubelet}",
            *("get", "secret", "certificate", "-n", "acuse-gateway"),
        )


def test_a_kubelet_may_not_give_itself_a_protected_label(lab_region: LabRegion) -> None:
    assert lab_region.region is not None
    as_kubelet = lab_region.region.place.kubeconfig("system:node:shared")

    with pytest.raises(Unavailable, match="not allowed to modify labels"):
        lab_region.kubectl(
            f"--kubeconfig={as_kubelet}",
            *("label", "node", "shared", "node-restriction.kubernetes.io/trusted=yes"),
        )


def test_pod_security_refuses_a_privileged_pod(lab_region: LabRegion) -> None:
    with pytest.raises(Unavailable, match="violates PodSecurity"):
        lab_region.kubectl(
            *("run", "bad", "-n", NAMESPACE, f"--image={lab_region.test_image}"), "--privileged"
        )


def test_a_pod_is_held_to_its_memory(lab_region: LabRegion) -> None:
    pods = json.loads(lab_region.kubectl("get", "pods", "-n", NAMESPACE, "-o", "json"))["items"]
    assert lab_region.region is not None
    groups = Path("/sys/fs/cgroup").glob(f"**/{lab_region.region.cgroup}/**/memory*")
    limits = {file.read_text().strip() for file in groups if file.name in LIMIT_FILES}

    assert len(pods) == 2
    assert str(64 * 1024 * 1024) in limits
