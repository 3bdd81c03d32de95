"""Kinds that an API server does not serve yet when Kopf asks which there are."""

from __future__ import annotations

import asyncio
import json
import secrets

import pytest

from acuse_cluster.kinds import Kind, Manifest
from acuse_lab.regions.control_plane import ControlPlane
from acuse_operator.probe import Ages
from acuse_operator.watching import kopf_watching
from support.eventually import until


def crd(kind: Kind) -> str:
    """Return a definition of a kind without any fields."""
    group, _, version = kind.api_version.partition("/")
    schema = {"openAPIV3Schema": {"type": "object"}}
    return json.dumps(
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{kind.plural}.{group}"},
            "spec": {
                "group": group,
                "scope": "Cluster",
                "names": {"plural": kind.plural, "kind": kind.kind},
                "versions": [{"name": version, "served": True, "storage": True, "schema": schema}],
            },
        }
    )


async def apply(plane: ControlPlane, *manifests: str) -> None:
    """Apply manifests; definitions are waited for."""
    for manifest in manifests:
        await asyncio.to_thread(plane.kubectl, "apply", "-f", "-", stdin=manifest)
        if json.loads(manifest)["kind"] == "CustomResourceDefinition":
            wait = ("wait", "--for=condition=Established", "--timeout=60s", "-f", "-")
            await asyncio.to_thread(plane.kubectl, *wait, stdin=manifest)


def looks(plane: ControlPlane, path: str) -> int:
    """Count how often a Kopf was answered at a path of discovery."""
    return sum(
        event["requestURI"] == path and event.get("userAgent") == "acuse-operator-kopf"
        for event in plane.audit_events()
    )


@pytest.mark.parametrize("first", ["neither", "one"])
async def test_a_kind_that_is_served_late_is_watched_all_the_same(
    control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(control_plane.kubeconfig()))
    served = f"h{secrets.token_hex(4)}.test/v1"
    early, late = Kind(served, "earlies", "Early"), Kind(served, "lates", "Late")
    if first == "one":
        await apply(control_plane, crd(early))
    path = f"/apis/{served}" if first == "one" else "/apis"
    before, heard = looks(control_plane, path), list[str]()

    def hear(_change: str, obj: Manifest) -> None:
        heard.append(obj["metadata"]["name"])

    async with kopf_watching({early: hear, late: hear}, ages=Ages()) as kopf:
        await until(lambda: looks(control_plane, path) > before)
        await apply(control_plane, crd(early), crd(late))
        for kind in (early, late):
            name = {"name": kind.plural}
            made = {"apiVersion": served, "kind": kind.kind, "metadata": name}
            await apply(control_plane, json.dumps(made))

        await until(lambda: {"earlies", "lates"} <= set(heard))
        assert not kopf.ended.done()
