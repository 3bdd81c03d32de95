"""What the API server refuses, it refuses by field and in words that help."""

from __future__ import annotations

import re

import pytest

from support.bad_manifests import BAD, MODELS, TWICE, Bad, good
from support.kube_requests import KubeRequests


def dotted(text: str) -> str:
    """Return text with the API server's `numbers[1].wabaId` written `numbers.1.wabaId`."""
    return re.sub(r"\[([^]]+)\]", r".\1", text)


@pytest.mark.parametrize("kind", sorted(MODELS))
def test_the_good_manifest_that_the_bad_ones_were_made_from_is_taken(
    kube: KubeRequests, kind: str
) -> None:
    assert kube.create(good(kind), dry_run=True).status == 201


@pytest.mark.parametrize("bad", BAD, ids=[bad.id for bad in BAD])
def test_a_bad_manifest_is_refused(kube: KubeRequests, bad: Bad) -> None:
    answer = kube.create(bad.manifest, dry_run=True)

    assert answer.status in {400, 422}
    said = {field: words for field, words in answer.causes.items() if bad.says in words}
    assert said, answer.causes
    [(field, words)] = said.items()
    # An unknown field is told of in the text, and so are the fields that a rule is between.
    inside = f"{dotted(field)}.".startswith(f"{bad.path}.")
    assert inside or bad.path in dotted(words) or bad.between(words)
    assert "hush" not in answer.body["message"]


@pytest.mark.parametrize("bad", TWICE, ids=[bad.id for bad in TWICE])
def test_what_is_listed_twice_is_refused(kube: KubeRequests, bad: Bad) -> None:
    answer = kube.create(bad.manifest, dry_run=True)

    assert answer.status == 422
    [(field, words)] = answer.causes.items()
    assert "Duplicate value" in words
    assert bad.path.startswith(dotted(field.rpartition("[")[0]))
