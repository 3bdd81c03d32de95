"""What the API server refuses, a folder refuses too: by field, and without repeating a value."""

from __future__ import annotations

import re

import pytest

from acuse.errors import InvalidManifest
from support.bad_manifests import BAD, MODELS, TWICE, Bad, example, good


@pytest.mark.parametrize("bad", BAD, ids=[bad.id for bad in BAD])
def test_a_bad_manifest_is_refused_by_field(bad: Bad) -> None:
    with pytest.raises(InvalidManifest) as refused:
        MODELS[bad.kind].parse(bad.manifest)

    said = str(refused.value)
    # A rule between fields is told of their part.
    assert bad.path in said or (bad.ours and bad.says in said)
    assert not bad.ours or bad.says in said
    assert "hush" not in said


@pytest.mark.parametrize("bad", TWICE, ids=[bad.id for bad in TWICE])
def test_what_is_listed_twice_is_refused(bad: Bad) -> None:
    with pytest.raises(InvalidManifest, match=re.escape(bad.says)):
        MODELS[bad.kind].parse(bad.manifest)


@pytest.mark.parametrize("kind", sorted(MODELS))
def test_the_good_manifest_that_they_were_made_from_is_good(kind: str) -> None:
    assert MODELS[kind].parse(good(kind)).to_object()["spec"]


@pytest.mark.parametrize(
    "name", ["tenant", "tenant-dedicated", "tenant-spread", "region", "region-elsewhere"]
)
def test_an_example_can_be_read(name: str) -> None:
    manifest = example(f"{name}.yaml")

    read = MODELS[f"{manifest['kind'].lower()}s"].parse(manifest)

    assert read.to_object()["metadata"]["name"] == manifest["metadata"]["name"]


def test_there_are_bad_manifests_enough() -> None:
    assert len(BAD) + len(TWICE) >= 40
    assert len({bad.id for bad in BAD + TWICE}) == len(BAD) + len(TWICE)
