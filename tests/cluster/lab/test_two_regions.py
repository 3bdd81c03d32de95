"""Regions of one lab reach each other, as clusters on one network do: a hub needs no more."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import httpx

from acuse.errors import Unavailable
from acuse_lab.regions.fleet import regions_up
from acuse_lab.regions.handle import LabRegion
from acuse_lab.regions.lab import Lab
from support.eventually import until
from support.web_pods import NAMESPACE, web_manifests

SERVER = "jsonpath={.clusters[0].cluster.server}"


async def test_pods_of_one_region_reach_the_others_api_server_and_gateway(own_lab: Lab) -> None:
    here, there = regions_up(["buenos-aires", "sao-paulo"], lab=own_lab)
    for region, other in ((here, there), (there, here)):
        manifests = web_manifests(image=region.test_image, host=region.host)
        trust(manifests["items"], authority_of(other))
        region.kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps(manifests))
    for region in (here, there):
        region.kubectl("rollout", "status", "deployment/web", "-n", NAMESPACE, "--timeout=300s")

    for region, other in ((here, there), (there, here)):
        server = other.kubectl("config", "view", "--minify", "-o", SERVER)
        # Its certificate is good, and it lets nobody in who does not say who they are.
        assert in_pod(region, "get", f"{server}/api").startswith("401\n")
        assert in_pod(region, "lookup", other.host).strip() == other.ip
        await until(partial(is_served, region, f"http://{other.host}/web"))
    # And from outside of both, where the fake of Meta is.
    async with httpx.AsyncClient(trust_env=False) as client:
        for region in (here, there):
            headers = {"Host": region.host}
            answer = await client.get(f"{region.gateway_url}/web/x", headers=headers)
            assert answer.text.endswith(f" GET {region.host}/web/x\n")


def authority_of(region: LabRegion) -> str:
    """Return the certificate that a region's API server's is checked against."""
    place = ("kube-root-ca.crt", "-n", "kube-public")
    found = region.kubectl("get", "configmap", *place, "-o", "json")
    return str(json.loads(found)["data"]["ca.crt"])


def trust(manifests: list[dict[str, Any]], authority: str) -> None:
    """Let the pods among these trust one authority alone."""
    [deployment] = [one for one in manifests if one["kind"] == "Deployment"]
    pod = deployment["spec"]["template"]["spec"]
    pod["volumes"] = [{"name": "authority", "configMap": {"name": "authority"}}]
    [container] = pod["containers"]
    container["volumeMounts"] = [{"name": "authority", "mountPath": "/authority"}]
    container["env"] = [{"name": "SSL_CERT_FILE", "value": "/authority/ca.crt"}]
    metadata = {"namespace": NAMESPACE, "name": "authority"}
    data = {"ca.crt": authority}
    manifests.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})


def in_pod(region: LabRegion, *command: str) -> str:
    return region.kubectl("exec", "-n", NAMESPACE, "deployment/web", "--", "/pause", *command)


def is_served(region: LabRegion, url: str) -> bool:
    """Tell whether a pod is answered at an address; a Gateway takes a route within moments."""
    try:
        return in_pod(region, "get", url).startswith("200\n")
    except Unavailable:
        return False
