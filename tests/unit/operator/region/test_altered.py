"""What the cluster changes in our objects as it admits them is left so, and all else set back."""

from __future__ import annotations

import copy
from typing import Any

from acuse.resources.names import DESIRED_HASH, REGION_MANAGER
from acuse_cluster.kinds import Manifest
from acuse_operator.drift import differences
from acuse_operator.region.altered import Altered, healed
from acuse_operator.region.plan import plan
from support.golden_objects import golden

DEPLOYMENT = dict(golden())["deployment"]
OURS: Manifest = {
    "manager": REGION_MANAGER,
    "operation": "Apply",
    "fieldsV1": {"f:metadata": {"f:annotations": {f"f:{DESIRED_HASH}": {}}}},
}
PINNED = "registry.example/acuse-workers@sha256:00"


def live(*, image: str | None = None, **metadata: Any) -> Manifest:
    found = copy.deepcopy(DEPLOYMENT)
    found["metadata"] |= {"managedFields": [OURS], **metadata}
    if image is not None:
        found["spec"]["template"]["spec"]["containers"][0]["image"] = image
    return found


def test_an_image_that_a_webhook_pins_is_neither_drift_nor_written_again() -> None:
    altered = Altered()
    [left] = altered.note(DEPLOYMENT, live(image=PINNED))
    assert left.path.endswith("image")

    seen = [live(image=PINNED)]
    assert plan([DEPLOYMENT], seen, made={}).apply
    assert plan([DEPLOYMENT], seen, made={}, beside=altered.beside).apply == ()


def test_another_hand_on_the_same_field_is_still_set_back() -> None:
    altered = Altered()
    altered.note(DEPLOYMENT, live(image=PINNED))

    [change] = plan([DEPLOYMENT], [live(image="other")], made={}, beside=altered.beside).apply
    assert change.drifted


def test_what_we_want_anew_is_written_anew() -> None:
    altered = Altered()
    altered.note(DEPLOYMENT, live(image=PINNED))
    newer = copy.deepcopy(DEPLOYMENT)
    newer["metadata"]["annotations"][DESIRED_HASH] = "another"

    [change] = plan([newer], [live(image=PINNED)], made={}, beside=altered.beside).apply
    assert not change.drifted


def test_a_cluster_that_stops_doing_it_is_no_exception_any_more() -> None:
    altered = Altered()
    altered.note(DEPLOYMENT, live(image=PINNED))
    assert len(altered) == 1
    assert altered.note(DEPLOYMENT, live()) == ()
    assert len(altered) == 0
    altered.note(DEPLOYMENT, live(image=PINNED))
    altered.forget(DEPLOYMENT["metadata"]["name"])
    assert len(altered) == 0


def test_after_a_restart_it_is_not_told_as_drift_that_was_healed() -> None:
    drifted = differences(DEPLOYMENT, live(image=PINNED))
    left = Altered().note(DEPLOYMENT, live(image=PINNED))

    assert healed(drifted, left) == ()
    assert healed(drifted, ()) == drifted
