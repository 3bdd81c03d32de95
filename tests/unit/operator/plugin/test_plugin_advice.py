"""What a person is told to do about a tenant."""

from __future__ import annotations

from typing import Any

import pytest

from acuse_operator.plugin.advice import NOTHING, advice


def tenant(*conditions: tuple[str, str, str], seen: int = 2) -> dict[str, Any]:
    """Return a Tenant that says these things of itself."""
    said = [
        {"type": kind, "status": status, "reason": reason, "message": f"{reason} says so."}
        for kind, status, reason in conditions
    ]
    return {
        "metadata": {"namespace": "shops", "name": "acme", "generation": 2},
        "status": {"observedGeneration": seen, "conditions": said},
    }


GOOD = ("Ready", "True", "Serving")


def test_a_tenant_that_is_well_needs_nothing() -> None:
    assert advice(tenant(GOOD, ("Degraded", "False", "AsExpected"))) == NOTHING


def test_one_that_is_served_and_lacks_something_needs_it() -> None:
    said = advice(tenant(GOOD, ("Degraded", "True", "SecretMissing")))

    assert said == "Create the Secret that the Tenant names. SecretMissing says so."


def test_what_comes_by_itself_needs_nothing_yet() -> None:
    coming = ("Ready", "False", "Applying"), ("Progressing", "True", "Applying")

    assert advice(tenant(*coming)) == "Nothing yet, it comes by itself: Applying says so."


def test_what_comes_by_itself_and_is_worse_than_before_does_not_hide_the_rest() -> None:
    said = advice(
        tenant(
            ("Ready", "False", "RegionNotReady"),
            ("Progressing", "True", "RegionNotReady"),
            ("Degraded", "True", "RegionNotReady"),
            ("CredentialsValid", "False", "TokenRejected"),
        )
    )

    assert said.startswith("Put an access token that Meta accepts into the Tenant's Secret.")


@pytest.mark.parametrize(
    ("reason", "act"),
    [
        ("UnknownRegion", "Create the Region"),
        ("RegionCordoned", "Uncordon the Region"),
        ("NewerHub", "If this hub is the one to go on: kubectl acuse takeover."),
        ("Suspended", "Set spec.suspend to false"),
        ("SomethingNew", "See to this: SomethingNew says so."),
    ],
)
def test_each_reason_has_its_remedy(reason: str, act: str) -> None:
    assert advice(tenant(("Ready", "False", reason))).startswith(act)


def test_a_tenant_on_its_way_out_needs_nothing() -> None:
    leaving = ("Ready", "False", "Deleting"), ("Progressing", "True", "Deleting")

    assert advice(tenant(*leaving)) == "Nothing, if it goes on: Deleting says so."


def test_what_no_hub_has_seen_is_said() -> None:
    assert "no hub has looked at it" in advice(tenant())
    assert "has not seen its last change" in advice(tenant(GOOD, seen=1))
