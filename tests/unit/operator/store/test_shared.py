"""Of one version of an object there is one copy: the last that was told."""

from __future__ import annotations

from acuse_cluster.kinds import Manifest
from acuse_operator.store import Store


def version(number: int) -> Manifest:
    return {
        "metadata": {"namespace": "shops", "name": "acme", "uid": "1", "resourceVersion": number}
    }


def test_the_same_version_is_no_news_and_is_kept_as_it_was_told_last() -> None:
    store = Store()
    answered, watched = version(5), version(5)
    store.put(answered)

    assert not store.put(watched)
    assert store.get("shops", "acme") is watched


def test_an_older_version_takes_no_newer_ones_place() -> None:
    store = Store()
    newer = version(6)
    store.put(newer)

    assert not store.put(version(5))
    assert store.get("shops", "acme") is newer
