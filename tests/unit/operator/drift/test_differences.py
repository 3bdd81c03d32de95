"""What of a live object differs, and who is named for it."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acuse.resources.names import DESIRED_HASH, REGION_MANAGER
from acuse_cluster.kinds import Manifest
from acuse_operator.drift import Difference, differences, is_drift, is_ours
from support.golden_objects import golden

OBJECTS = dict(golden())
DEPLOYMENT = OBJECTS["deployment"]
IMAGE = "spec.template.spec.containers[worker].image"


def live(name: str = "deployment", **more: Any) -> Manifest:
    """Return an object as the API server has it, with what others add."""
    found = copy.deepcopy(OBJECTS[name])
    found["metadata"] |= {"resourceVersion": "7", "uid": "u", "managedFields": [], **more}
    found["metadata"]["labels"]["example.com/theirs"] = "yes"
    found["status"] = {"anything": 1}
    return found


def container(manifest: Manifest) -> dict[str, Any]:
    """Return the worker's container."""
    found: dict[str, Any] = manifest["spec"]["template"]["spec"]["containers"][0]
    return found


def entry(manager: str, fields: dict[str, Any], time: str = "2026-11-22T10:00:00Z") -> Manifest:
    """Return one entry of managedFields."""
    return {"manager": manager, "operation": "Update", "time": time, "fieldsV1": fields}


def image_owned(*, by: str, time: str = "2026-11-22T10:00:00Z") -> Manifest:
    """Return the entry of a manager that owns the worker's image."""
    fields: Manifest = {
        "f:spec": {
            "f:template": {
                "f:spec": {"f:containers": {'k:{"name":"worker"}': {".": {}, "f:image": {}}}}
            }
        }
    }
    return entry(by, fields, time)


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_that_others_only_added_to_does_not_differ(name: str) -> None:
    assert differences(OBJECTS[name], live(name)) == ()


def test_injected_items_of_named_lists_are_theirs() -> None:
    found = live()
    pod = found["spec"]["template"]["spec"]
    pod["containers"].insert(0, {"name": "sidecar", "image": "x"})
    pod["volumes"].append({"name": "injected", "emptyDir": {}})
    container(found)["env"] = container(found).get("env", [])

    assert differences(DEPLOYMENT, found) == ()


def test_a_changed_leaf_is_named_with_both_values_and_its_manager() -> None:
    found = live(managedFields=[image_owned(by=REGION_MANAGER), image_owned(by="kubectl-edit")])
    container(found)["image"] = "evil:1"

    assert differences(DEPLOYMENT, found) == (
        Difference(IMAGE, "registry.example/acuse-workers:1.0.0", "evil:1", "kubectl-edit"),
    )


def test_of_two_managers_the_later_is_named() -> None:
    early, late = "2026-11-22T10:00:00Z", "2026-11-22T11:00:00Z"
    found = live(
        managedFields=[image_owned(by="second", time=late), image_owned(by="first", time=early)]
    )
    container(found)["image"] = "evil:1"

    assert [d.manager for d in differences(DEPLOYMENT, found)] == ["second"]


def test_nobody_is_named_for_what_was_taken_away() -> None:
    found = live(managedFields=[entry("kubectl-edit", {"f:metadata": {"f:labels": {".": {}}}})])
    del found["metadata"]["labels"]["acuse.dev/tenant"]

    [difference] = differences(DEPLOYMENT, found)

    assert (difference.path, difference.manager) == ("metadata.labels[acuse.dev/tenant]", "unknown")


def test_a_list_owned_as_a_whole_names_its_owner_and_the_leaf() -> None:
    found = live("httproute", managedFields=[entry("hand", {"f:spec": {"f:rules": {}}})])
    found["spec"]["rules"][0]["backendRefs"][0]["port"] = 81

    assert differences(OBJECTS["httproute"], found) == (
        Difference("spec.rules[0].backendRefs[0].port", 8080, 81, "hand"),
    )


def test_what_is_added_to_a_list_owned_as_a_whole_differs() -> None:
    found = live("networkpolicy")
    found["spec"]["egress"].append({})

    assert [d.path for d in differences(OBJECTS["networkpolicy"], found)] == ["spec.egress"]


def test_what_is_added_to_a_selector_differs() -> None:
    found = live("networkpolicy")
    found["spec"]["podSelector"]["matchLabels"]["app"] = "other"

    [difference] = differences(OBJECTS["networkpolicy"], found)

    assert (difference.path, difference.wanted) == ("spec.podSelector.matchLabels.app", None)


def test_a_missing_item_of_a_named_list_differs() -> None:
    found = live()
    container(found)["env"].pop(0)

    [difference] = differences(DEPLOYMENT, found)

    assert difference.path == "spec.template.spec.containers[worker].env[ACUSE_REGION]"


@pytest.mark.parametrize(("text", "same"), [("1.5Gi", True), ("1610612736", True), ("2Gi", False)])
def test_a_quantity_is_compared_by_its_worth(text: str, *, same: bool) -> None:
    found = live()
    container(found)["resources"]["limits"]["memory"] = text

    assert (differences(DEPLOYMENT, found) == ()) is same


def test_a_secrets_value_is_never_part_of_a_difference() -> None:
    found = live("secret")
    found["data"]["tenant.yaml"] = "c3RvbGVu"

    [difference] = differences(OBJECTS["secret"], found)

    assert difference == Difference("data[tenant.yaml]", None, None, "unknown")


def test_a_change_of_ours_is_no_drift_and_one_of_others_is() -> None:
    found, changed = live(), copy.deepcopy(DEPLOYMENT)
    changed["metadata"]["annotations"][DESIRED_HASH] = "another"
    fields: Manifest = {"f:metadata": {"f:annotations": {f"f:{DESIRED_HASH}": {}}}}

    assert is_drift(DEPLOYMENT, found)
    found["metadata"]["managedFields"] = [entry(REGION_MANAGER, fields)]
    assert not is_drift(changed, found)
    found["metadata"]["managedFields"] = [entry("hand", fields)]
    assert is_drift(changed, found)


def test_an_object_is_ours_by_its_manager_not_by_its_labels() -> None:
    assert not is_ours(live(managedFields=[entry("keda", {})]))
    assert is_ours(live(managedFields=[entry(REGION_MANAGER, {})]))


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return where in plain data its scalars are."""
    steps: list[Any]
    match value:
        case dict():
            steps = list(value)  # pyright: ignore[reportUnknownArgumentType]
        case list():
            steps = list(range(len(value)))  # pyright: ignore[reportUnknownArgumentType]
        case _:
            return [path]
    return [leaf for step in steps for leaf in leaves(value[step], (*path, step))]


def changed(manifest: Manifest, path: tuple[Any, ...], to: Any) -> Manifest:
    """Return a copy with one scalar replaced."""
    copied = copy.deepcopy(manifest)
    place: Any = copied
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return copied


COMPARED = [
    (name, path)
    for name, manifest in OBJECTS.items()
    for path in leaves({k: v for k, v in manifest.items() if k not in {"apiVersion", "kind"}})
    if path[-1] not in {"name", "namespace", "uid"} or path[0] != "metadata"
]


@given(st.sampled_from(COMPARED), st.one_of(st.text(), st.integers(), st.booleans(), st.none()))
def test_any_leaf_that_is_changed_is_found_and_nothing_else(
    place: tuple[str, tuple[Any, ...]], to: Any
) -> None:
    name, path = place
    wanted = OBJECTS[name]
    was: Any = wanted
    for step in path:
        was = was[step]
    found = differences(wanted, changed(wanted, path, to))

    if type(was) is type(to) and was == to:
        assert found == ()
    else:
        assert len(found) >= 1
        # A name that is changed makes the item another one; anything else is one leaf.
        assert all(d.path for d in found)


@given(st.sampled_from(sorted(OBJECTS)), st.dictionaries(st.text(min_size=1), st.text()))
def test_whatever_others_add_beside_our_fields_is_no_difference(
    name: str, more: dict[str, str]
) -> None:
    found = live(name)
    for part in ("labels", "annotations"):
        ours = found["metadata"].get(part, {})
        found["metadata"][part] = {**more, **ours}

    assert differences(OBJECTS[name], found) == ()
