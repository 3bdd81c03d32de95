"""A store that keeps JSON gives back what was put, by the same rules."""

from __future__ import annotations

from typing import Any

import pytest

from acuse_operator.store import Store


def version(number: int, **more: Any) -> dict[str, Any]:
    metadata = {"name": "acme", "namespace": "shops", "uid": "u-1", "resourceVersion": str(number)}
    return {
        "metadata": metadata,
        "spec": {"displayName": "Café Ñandú", "n": [1, 2.5, None]},
        **more,
    }


@pytest.fixture
def store() -> Store:
    return Store(is_packed=True)


def test_what_is_put_is_given_back_each_time_anew(store: Store) -> None:
    assert store.put(version(1))
    [listed] = store
    first = store.get("shops", "acme")

    assert first == listed == version(1)
    assert first is not None
    first["spec"]["displayName"] = "somebody's own"
    assert store.get("shops", "acme") == version(1)
    assert len(store) == 1


def test_the_newest_is_kept_and_the_end_is_the_end(store: Store) -> None:
    assert store.put(version(5))
    assert not store.put(version(4, status={}))
    assert store.put(version(6, status={"phase": "Ready"}))
    assert store.get("shops", "acme") == version(6, status={"phase": "Ready"})

    assert store.end(version(7))
    assert not store.put(version(6))
    assert store.get("shops", "acme") is None


def test_what_is_dropped_is_returned(store: Store) -> None:
    store.put(version(1))

    assert store.drop("shops", "acme") == version(1)
    assert store.drop("shops", "acme") is None
