"""What is done about a difference, and how fast."""

from __future__ import annotations

import copy
from typing import Any

from acuse.resources.names import DESIRED_HASH, REGION_MANAGER
from acuse_cluster.kinds import Manifest, ref_of
from acuse_operator.desired.manifest import desired_hash
from acuse_operator.pace import Pace
from acuse_operator.region.plan import WHOLE, Change, plan
from support.golden_objects import golden

OBJECTS = dict(golden())
PDB = OBJECTS["poddisruptionbudget"]
DEPLOYMENT = OBJECTS["deployment"]
OURS: Manifest = {
    "manager": REGION_MANAGER,
    "operation": "Apply",
    "fieldsV1": {"f:metadata": {"f:annotations": {f"f:{DESIRED_HASH}": {}}}},
}


def live(manifest: Manifest, **metadata: Any) -> Manifest:
    found = copy.deepcopy(manifest)
    found["metadata"] |= {"managedFields": [OURS], **metadata}
    return found


def made(*manifests: Manifest) -> dict[Any, str]:
    return {ref_of(m): desired_hash(m) or "" for m in manifests}


def test_what_is_as_wanted_is_not_touched() -> None:
    done = plan([PDB, DEPLOYMENT], [live(PDB), live(DEPLOYMENT)], made={})

    assert (done.apply, done.prune) == ((), ())


def test_what_is_missing_is_made_and_is_drift_only_if_it_was_there() -> None:
    assert plan([PDB], [], made={}).apply == (Change(PDB),)
    [again] = plan([PDB], [], made=made(PDB)).drifted
    assert [d.path for d in again.drifted] == [WHOLE]


def test_what_is_no_longer_wanted_goes_if_it_is_ours() -> None:
    foreign = live(DEPLOYMENT, managedFields=[{"manager": "keda", "operation": "Update"}])

    assert plan([], [live(PDB), foreign], made={}).prune == (live(PDB),)


def test_what_is_kept_does_not_go() -> None:
    found = plan([], [live(PDB)], made={}, keep=frozenset({"PodDisruptionBudget"}))

    assert found.prune == ()


def test_what_is_going_away_is_neither_changed_nor_deleted_again() -> None:
    going = live(PDB, deletionTimestamp="2026-11-22T10:00:00Z")
    going["spec"]["maxUnavailable"] = 9

    assert plan([PDB], [going], made={}).apply == ()
    assert plan([], [going], made={}).prune == ()


def test_a_change_of_what_is_wanted_is_no_drift() -> None:
    before = live(PDB)
    before["metadata"]["annotations"][DESIRED_HASH] = "before"
    before["spec"]["maxUnavailable"] = 2

    [change] = plan([PDB], [before], made=made(PDB)).apply

    assert change == Change(PDB)


def test_a_quarrel_over_an_object_slows_down_and_is_forgotten() -> None:
    pace, ref, now = Pace(), ref_of(PDB), 1000.0
    waits: list[float] = []
    for _ in range(9):
        waits.append(pace.wait(ref, now=now))
        now += waits[-1]
        pace.note(ref, now=now)

    assert waits == [0, 0, 0, 0, 0, 1, 2, 4, 8]
    assert pace.wait(ref, now=now + 1000) == 0
    pace.forget_name(ref.name)
    assert pace.wait(ref, now=now) == 0
