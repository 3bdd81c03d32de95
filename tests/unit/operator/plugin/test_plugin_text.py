"""How `kubectl acuse` shows what it found: columns, ages, what is wrong, what is to be done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from acuse_operator.plugin import diff_text, plan_text, regions, status_text
from acuse_operator.plugin.status import described
from acuse_operator.plugin.table import age, duration, table, value

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def test_columns_are_aligned_and_end_in_no_blanks() -> None:
    lines = table(("NAME", "READY"), [("a-long-name", "True"), ("b", "")])

    assert lines == ["NAME          READY", "a-long-name   True", "b             -"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (185, "3m5s"),
        (600, "10m"),
        (3 * 3600, "3h"),
        (3 * 3600 + 300, "3h5m"),
        (9 * 3600 + 300, "9h"),
        (48 * 3600, "2d"),
        (50 * 3600, "2d2h"),
        (9 * 86400 + 3600, "9d"),
    ],
)
def test_an_age_is_said_as_kubectl_says_it(seconds: int, text: str) -> None:
    assert duration(seconds) == text
    assert age((NOW - timedelta(seconds=seconds)).isoformat(), now=NOW) == text


@pytest.mark.parametrize("text", [None, "", "yesterday", "2026-11-26T11:00:00"])
def test_what_is_no_time_has_no_age(text: str | None) -> None:
    assert age(text, now=NOW) == ""


def test_a_value_is_one_short_line() -> None:
    assert value({"a": [1, "ñ"]}) == '{"a": [1, "ñ"]}'
    assert value("two\nlines") == "two lines"
    assert len(value("x" * 500)) == 60


def region(**changes: Any) -> dict[str, Any]:
    said = {"status": "True", "reason": "Serving", "message": "fine", "since": None}
    return {
        "name": "ar-1",
        "jurisdiction": "AR",
        "ready": said,
        "reachable": said,
        "heartbeatTime": "2026-11-26T11:59:53Z",
        "tenants": 3,
        "capacity": None,
        "cordoned": False,
        "draining": False,
        **changes,
    }


def test_regions_show_how_they_are_and_whom_they_take() -> None:
    away = {
        "status": "Unknown",
        "reason": "Unreachable",
        "message": "It does not answer.",
        "since": "2026-11-26T11:57:00Z",
    }
    draining = region(name="uy-1", capacity=10, tenants=None, cordoned=True, draining=True)

    lines = regions.render([region(), {**draining, "reachable": away}], now=NOW)

    assert lines == [
        "NAME   JURISDICTION   READY   REACHABLE   HEARTBEAT   TENANTS   CAPACITY   SCHEDULING",
        "ar-1   AR             True    True        7s          3         -          Open",
        "uy-1   AR             True    Unknown     7s          ?         10         Draining",
        "",
        "uy-1: Reachable is Unknown for 3m, Unreachable: It does not answer.",
    ]


def test_a_fleet_without_regions_is_said_to_have_none() -> None:
    assert regions.render([], now=NOW) == ["There are no Regions."]


def tenant(**status: Any) -> dict[str, Any]:
    return {
        "metadata": {"namespace": "shops", "name": "acme", "generation": 2},
        "spec": {},
        "status": {"observedGeneration": 2, **status},
    }


def condition(kind: str, status: str, reason: str) -> dict[str, Any]:
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": f"{kind} {reason}.",
        "lastTransitionTime": "2026-11-26T11:55:00Z",
    }


def test_a_status_shows_what_is_wrong_and_ends_with_what_is_to_be_done() -> None:
    conditions = [
        condition("Ready", "False", "TokenRejected"),
        condition("Progressing", "False", "TokenRejected"),
        condition("ResidencyEnforced", "True", "Allowed"),
    ]
    number = {"phoneNumberId": "1", "credentials": "Invalid", "message": "Meta refused it."}
    unread = {"name": "uy-1", "role": "Standby", "phase": "Unknown", "since": None}
    state = described(
        tenant(conditions=conditions, numbers=[number]),
        [{**unread, "message": "Silent.", "placement": None, "unread": "no right"}],
        [],
        missing=["events"],
    )

    lines = status_text.render(state, now=NOW)

    assert lines[0] == "Tenant shops/acme: Ready is False TokenRejected for 5m"
    assert not [line for line in lines if "ResidencyEnforced" in line or "Progressing" in line]
    assert "  uy-1 was not asked itself: no right." in lines
    assert "Not read: events" in lines
    assert lines[-1] == (
        "To do: Put an access token that Meta accepts into the Tenant's Secret."
        " Ready TokenRejected."
    )


def test_a_plan_shows_fields_and_never_what_a_secret_holds() -> None:
    change = {"field": "spec.displayName", "before": "Acme SA", "after": "Acme SRL"}
    planned = {
        "region": "ar-1",
        "role": "Home",
        "action": "changed",
        "why": None,
        "checkedBy": "server",
        "changes": [change],
        "credentials": ["data[1.accessToken]"],
    }
    left = {
        **planned,
        "region": "uy-1",
        "role": "",
        "action": "none",
        "why": "Why.",
        "checkedBy": None,
        "changes": [],
        "credentials": [],
    }
    shown = {
        "namespace": "shops",
        "name": "acme",
        "action": "changed",
        "refused": None,
        "changes": [],
        "notes": ["a note"],
        "lacking": "No region fits as standby: cl-1: cordoned.",
        "regions": [planned, left],
    }

    lines = plan_text.render({"tenants": [shown], "notes": []})

    assert lines == [
        "Tenant shops/acme: changed",
        "  Note: a note",
        "Region ar-1 (Home): changed, checked by its API server",
        "  FIELD              BEFORE    AFTER",
        "  spec.displayName   Acme SA   Acme SRL",
        "  credentials that change: data[1.accessToken]",
        "Region uy-1: not placed",
        "  Why.",
        "No region fits as standby: cl-1: cordoned.",
        "",
        "Nothing was written.",
    ]


def test_a_diff_says_what_could_not_be_compared() -> None:
    one: dict[str, Any] = {
        "namespace": "shops",
        "name": "acme",
        "region": "ar-1",
        "objects": [{"kind": "Deployment", "name": "d", "state": "missing", "fields": []}],
        "unread": ["a Secret"],
    }

    lines = diff_text.render(
        {"tenants": [one], "regions": [{"region": "uy-1", "unread": ["it does not answer"]}]}
    )

    assert lines[1].split() == ["ar-1", "shops/acme", "Deployment/d", *"----", "missing"]
    assert lines[2:] == [
        "Not compared: region uy-1: it does not answer",
        "Not compared: shops/acme in ar-1: a Secret",
    ]
