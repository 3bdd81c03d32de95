"""Whatever the manifest: the folder's models take what the API server takes, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acuse.errors import InvalidManifest
from support.bad_manifests import MODELS, good
from support.kube_requests import KubeRequests
from support.random_manifests import manifests


def _is_taken(kind: str, manifest: dict[str, Any]) -> bool:
    try:
        MODELS[kind].parse(manifest)
    except InvalidManifest:
        return False
    return True


@pytest.mark.parametrize("kind", sorted(MODELS))
@given(data=st.data())
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_a_model_takes_exactly_what_the_api_server_takes(
    kube: KubeRequests, kind: str, data: st.DataObject
) -> None:
    manifest = data.draw(manifests(kind, good(kind)))

    answer = kube.create(manifest, dry_run=True)

    assert (answer.status == 201) == _is_taken(kind, manifest), answer.body
