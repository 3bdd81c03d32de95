"""What may change of an object, what may not, and that the words say why."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from support.bad_manifests import GONE, changed, good
from support.kube_requests import KubeRequests

Objects = dict[str, dict[str, Any]]
_T, _R, _P = "tenants", "regions", "tenantplacements"


@pytest.fixture(scope="module")
def kept(kube: KubeRequests) -> Iterator[Objects]:
    """Keep one object of each kind; the tests only ask what would become of it."""
    mark = f"c{uuid.uuid4().hex[:8]}"
    made = {
        _T: changed(good(_T), "metadata.name", mark),
        _R: changed(good(_R), "metadata.name", mark),
        _P: changed(changed(good(_P), "metadata.name", f"shops.{mark}"), "spec.tenant.name", mark),
        "bare": changed(changed(good(_T), "metadata.name", f"{mark}-bare"), "spec.placement", GONE),
    }
    made["bare"] = changed(made["bare"], "spec.residency", GONE)
    made["chosen"] = changed(
        changed(made["bare"], "metadata.name", f"{mark}-chosen"), "spec.placement", {"standbys": 1}
    )
    for manifest in made.values():
        answer = kube.create(manifest)
        assert answer.status == 201, answer.body
    served = {"active": "sa-east", "regionsReady": "1/1"}
    for name in ("bare", "chosen"):
        answer = kube.apply(_status(made[name], served), manager="acuse-hub", status=True)
        assert answer.status == 200, answer.body
    yield made
    for manifest in made.values():
        kube.remove(manifest)


def _status(manifest: dict[str, Any], status: dict[str, Any]) -> dict[str, Any]:
    names = {"name": manifest["metadata"]["name"], "namespace": manifest["metadata"]["namespace"]}
    return {k: manifest[k] for k in ("apiVersion", "kind")} | {"metadata": names, "status": status}


@pytest.mark.parametrize(
    ("which", "spec", "field", "says"),
    [
        (_T, {"placement": {"home": "us-west"}}, "spec.placement.home", "home cannot be changed"),
        (_T, {"placement": None}, "spec.placement", "placement cannot be taken away"),
        (_T, {"residency": None}, "spec.residency", "residency cannot be taken away"),
        (
            "bare",
            {"placement": {"home": "us-west"}},
            "spec.placement.home",
            "home must be the region that serves the tenant now",
        ),
        (
            "chosen",
            {"placement": {"home": "us-west"}},
            "spec.placement.home",
            "home must be the region that serves the tenant now",
        ),
        ("chosen", {"placement": None}, "spec.placement", "placement cannot be taken away"),
        (_T, {"placement": {"home": None}}, "spec.placement.standby", "standby goes with home"),
        (_R, {"jurisdiction": "UY"}, "spec.jurisdiction", "jurisdiction cannot be changed"),
        (_P, {"region": "us-west"}, "spec.region", "cannot be given to another region"),
        (_P, {"epoch": 2}, "spec.epoch", "epoch must not go down"),
        (_P, {"generation": 6}, "spec.generation", "generation must not go down within an epoch"),
        (_P, {"tenant": {"uid": "another"}}, "spec.tenant.uid", "needs a higher epoch"),
    ],
)
def test_what_must_stay_stays(
    kube: KubeRequests, kept: Objects, which: str, spec: dict[str, Any], field: str, says: str
) -> None:
    answer = kube.merge(kept[which], {"spec": spec})

    assert answer.status == 422
    assert says in answer.causes[field]


@pytest.mark.parametrize("part", ["name", "namespace"])
def test_a_placement_is_never_given_to_another_tenant(
    kube: KubeRequests, kept: Objects, part: str
) -> None:
    answer = kube.merge(kept[_P], {"spec": {"tenant": {part: "other"}}})

    assert answer.status == 422
    assert "cannot be given to another tenant" in answer.causes[f"spec.tenant.{part}"]


@pytest.mark.parametrize(
    ("which", "spec"),
    [
        (_T, {"displayName": "Otro", "suspend": True, "deletionProtection": False}),
        (_T, {"placement": {"standby": None}}),
        (_T, {"residency": {"jurisdictions": ["AR", "UY"]}}),
        (_T, {"workers": {"mode": "Shared", "min": 0}}),
        ("bare", {"placement": {"home": "sa-east", "standby": ["us-west"]}}),
        ("bare", {"placement": {}}),
        ("bare", {"placement": {"standbys": 2, "spread": "Jurisdiction"}}),
        ("bare", {"residency": {"jurisdictions": ["AR"]}}),
        (_T, {"placement": {"home": None, "standby": None}}),
        ("chosen", {"placement": {"standbys": 0, "spread": "None"}}),
        ("chosen", {"placement": {"home": "sa-east"}}),
        (_R, {"capacity": 0, "draining": True}),
        (_R, {"capacity": None}),
        (_R, {"intakeURL": "http://other.example.com", "cordoned": False}),
        (_R, {"ingressClassName": None, "gateway": {"namespace": "a", "name": "b"}}),
        (_P, {"generation": 8, "role": "Standby", "suspend": True}),
        (_P, {"epoch": 4, "generation": 1, "tenant": {"uid": "another"}}),
    ],
)
def test_what_may_change_may(
    kube: KubeRequests, kept: Objects, which: str, spec: dict[str, Any]
) -> None:
    answer = kube.merge(kept[which], {"spec": spec})

    assert answer.status == 200, answer.body
