"""Which Region a ClusterProfile asks for."""

from __future__ import annotations

from typing import Any

import pytest

from acuse.errors import InvalidManifest
from acuse.resources.names import DESIRED_HASH
from acuse_operator.hub.profiles import PROFILE, region_of

RELEASE = "acuse-system"


def profile(name: str = "sao-paulo", **said: str) -> dict[str, Any]:
    return {
        "metadata": {
            "name": name,
            "namespace": "fleet",
            "annotations": {f"acuse.dev/{key.replace('_', '-')}": v for key, v in said.items()},
        }
    }


def asked(**more: str) -> dict[str, Any]:
    return profile(jurisdiction="BR", intake_url="https://sp.example.com", **more)


def test_a_profile_that_says_a_jurisdiction_is_a_region() -> None:
    region = region_of(asked(), release_namespace=RELEASE)

    assert region is not None
    assert region["metadata"]["name"] == "sao-paulo"
    assert region["metadata"]["annotations"][PROFILE] == "fleet/sao-paulo"
    assert region["spec"] == {
        "jurisdiction": "BR",
        "intakeURL": "https://sp.example.com",
        "access": {
            "type": "Kubeconfig",
            "kubeconfigSecretRef": {"namespace": "acuse-system", "name": "sao-paulo"},
        },
    }


def test_others_are_none() -> None:
    asking = profile(intake_url="https://sp.example.com")
    assert region_of(asking, release_namespace=RELEASE) is None


def test_its_manager_may_say_it_in_properties_and_annotations_go_first() -> None:
    said = {"acuse.dev/jurisdiction": "UY", "acuse.dev/intake-url": "https://uy.example.com"}
    properties = [{"name": key, "value": value} for key, value in said.items()]
    managed = {**profile(jurisdiction="BR"), "status": {"properties": properties}}

    region = region_of(managed, release_namespace=RELEASE)

    assert region is not None
    assert region["spec"]["jurisdiction"] == "BR"
    assert region["spec"]["intakeURL"] == "https://uy.example.com"


def test_what_a_profile_says_besides_changes_nothing() -> None:
    def digest(of: dict[str, Any]) -> str:
        region = region_of(of, release_namespace=RELEASE)
        assert region is not None
        return str(region["metadata"]["annotations"][DESIRED_HASH])

    busy = {**asked(), "status": {"version": {"kubernetes": "v1.36.3"}}}
    assert digest(asked()) == digest(busy)
    assert digest(asked()) != digest(asked(kubeconfig_secret="another"))


@pytest.mark.parametrize(
    ("asking", "why"),
    [
        (profile(jurisdiction="Brazil", intake_url="https://sp.example.com"), "jurisdiction"),
        (profile(jurisdiction="BR"), "intakeURL"),
        (profile("sao.paulo", jurisdiction="BR", intake_url="https://x.example"), "name"),
    ],
)
def test_what_cannot_be_a_region_is_said(asking: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidManifest, match=why):
        region_of(asking, release_namespace=RELEASE)
