"""What the answer to a write says, and the watch tells only later: nothing of it is lost."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from acuse_cluster.kinds import Manifest
from acuse_operator.conditions import Condition, set_conditions
from acuse_operator.events import Events
from acuse_operator.hub.status import NewStatus
from acuse_operator.hub.story import StatusWriter
from acuse_operator.hub.tenant import read_tenant
from acuse_operator.store import Store
from support.hub_values import tenant_object, view

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def version(number: int, *, uid: str = "u-1", generation: int = 1, **metadata: Any) -> Manifest:
    return {
        "metadata": {
            "namespace": "shops",
            "name": "acme",
            "uid": uid,
            "resourceVersion": str(number),
            "generation": generation,
            **metadata,
        }
    }


def test_an_answer_that_comes_after_the_objects_end_does_not_bring_it_back() -> None:
    store = Store()
    store.put(version(5))
    assert store.end(version(9))

    assert not store.put(version(8))
    store.answered(version(8))
    assert store.get("shops", "acme") is None


def test_an_object_of_the_same_name_that_came_after_is_kept() -> None:
    store = Store()
    store.put(version(5))
    store.put(version(10, uid="u-2"))

    assert not store.end(version(9))
    assert store.get("shops", "acme") == version(10, uid="u-2")


def test_an_object_that_only_seemed_to_be_gone_comes_back_as_it_was() -> None:
    now = 0.0
    store = Store(clock=lambda: now)
    store.put(version(5))
    store.end(version(5))

    # A list that lacked it told of its end by the version that was known.
    assert store.put(version(5))
    store.end(version(9))
    now = 500.0
    for number in range(3):
        store.end(version(20, uid=f"other-{number}"))
    # A history that was set back: the end of then never was.
    assert store.put(version(7))


def test_somebody_elses_change_in_an_answer_is_told_and_our_own_is_not() -> None:
    told: list[Manifest] = []
    store = Store()
    store.overtaken = told.append
    store.put(version(5))

    store.answered(version(6, finalizers=["acuse.dev/hub"]))
    assert told == []
    for number, changed in (
        (7, version(7, generation=2)),
        (8, version(8, generation=2, deletionTimestamp="2026-11-25T00:00:00Z")),
        (9, version(9, generation=2, annotations={"acuse.dev/force-delete": "true"})),
    ):
        store.answered(changed)
        assert told[-1]["metadata"]["resourceVersion"] == str(number)
    assert len(told) == 3


class EditedMeanwhile:
    """An API server to which somebody else's edit came just before our write."""

    async def apply(self, manifest: Manifest, **_: Any) -> Manifest:
        metadata = {"generation": 4, "resourceVersion": "12"}
        return {**tenant_object(metadata=metadata, suspend=True), "status": manifest["status"]}


async def test_an_edit_that_came_while_a_status_was_written_is_taken_up() -> None:
    told: list[Manifest] = []
    tenants = Store()
    tenants.overtaken = told.append
    tenants.put(tenant_object())
    ready = Condition("Ready", "True", "Serving", "It serves.")
    seen = view()
    conditions = set_conditions((), (ready,), generation=3, now=NOW)

    api: Any = EditedMeanwhile()
    writer = StatusWriter(
        api,
        tenants,
        Events(api, controller="test"),
        knows=lambda _: True,
        look=lambda key: told.append({"looked at": key}),
    )
    await writer.write(seen, NewStatus({"conditions": conditions}))

    # The watch tells of the edit now, and it is no news any more.
    assert not tenants.put(tenant_object(metadata={"generation": 4, "resourceVersion": "11"}))
    [edited] = told
    spec = read_tenant(edited).spec
    assert spec is not None
    assert spec.suspend
