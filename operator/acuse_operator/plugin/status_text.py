"""A tenant's state as lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from acuse_operator.plugin.table import age, indented, table

# True is what they should be; of the others, False is.
_BAD_WHEN_TRUE: Final = frozenset({"Degraded", "DriftDetected", "Progressing"})


def render(state: Mapping[str, Any], *, now: datetime) -> list[str]:
    """Return everything that is not as it should be, then what was tried and what is to be done."""
    ready = state["ready"]
    since = age(ready["since"], now=now)
    reason = f" {ready['reason']}" if ready["reason"] else ""
    head = f"Tenant {state['namespace']}/{state['name']}: Ready is {ready['status']}{reason}"
    lines = [f"{head} for {since}" if since else head]
    if state["webhookURL"]:
        lines.append(f"Webhook: {state['webhookURL']}")
    lines += _part("Not as it should be", _conditions(state["conditions"], now))
    lines += _part("Regions", _regions(state["regions"], now))
    for region in state["regions"]:
        lines += indented(_own_words(region, now))
    lines += _part("Numbers", _numbers(state["numbers"], now))
    lines += _part("Events, the newest last", _events(state["events"], now))
    lines += [f"Not read: {text}" for text in state["unread"]]
    return [*lines, "", f"To do: {state['todo']}"]


def _part(title: str, lines: list[str]) -> list[str]:
    return ["", f"{title}:", *indented(lines)] if lines else []


def is_wrong(condition: Mapping[str, Any]) -> bool:
    """Tell whether a condition says something that a reader should look at."""
    good = "False" if condition["type"] in _BAD_WHEN_TRUE else "True"
    return bool(condition["status"] != good)


def _conditions(conditions: Iterable[Mapping[str, Any]], now: datetime) -> list[str]:
    rows = [
        (
            condition["type"],
            condition["status"],
            condition["reason"] or "",
            age(condition["since"], now=now),
            condition["message"] or "",
        )
        for condition in conditions
        if is_wrong(condition)
    ]
    return table(("CONDITION", "STATUS", "REASON", "SINCE", "MESSAGE"), rows) if rows else []


def _regions(regions: Iterable[Mapping[str, Any]], now: datetime) -> list[str]:
    rows = [
        (
            region["name"],
            region["role"] or "",
            region["phase"] or "",
            age(region["since"], now=now),
            region["message"] or "",
        )
        for region in regions
    ]
    return table(("REGION", "ROLE", "PHASE", "SINCE", "MESSAGE"), rows) if rows else []


def _own_words(region: Mapping[str, Any], now: datetime) -> list[str]:
    """Return what a region says itself, or why it was not asked."""
    name, placement = region["name"], region["placement"]
    if placement is None:
        return [f"{name} was not asked itself: {region['unread']}."]
    if not placement["exists"]:
        return [f"{name} itself: it has no placement of the tenant."]
    said: list[str] = []
    if not placement["taken"]:
        said.append(f"{name} itself: it has not taken up the last change.")
    for condition in placement["conditions"]:
        if is_wrong(condition):
            since = age(condition["since"], now=now) or "?"
            words = f"{condition['type']} is {condition['status']} {condition['reason']}"
            said.append(f"{name} itself: {words} for {since}: {condition['message']}")
    return said or [f"{name} itself: everything is as it should be."]


def _numbers(numbers: Iterable[Mapping[str, Any]], now: datetime) -> list[str]:
    rows = [
        (
            number["phoneNumberId"],
            number["credentials"] or "",
            "yes" if number["isRegistered"] else "no",
            number["overrideURL"] or "",
            age(number["checkedAt"], now=now),
            number["message"] or "",
        )
        for number in numbers
    ]
    head = ("NUMBER", "CREDENTIALS", "REGISTERED", "WEBHOOKS GO TO", "CHECKED", "MESSAGE")
    return table(head, rows) if rows else []


def _events(events: Iterable[Mapping[str, Any]], now: datetime) -> list[str]:
    rows = [
        (
            age(event["time"], now=now),
            event["type"] or "",
            event["reason"] or "",
            event["region"] or "",
            event["object"].partition(" ")[0],
            event["message"] or "",
        )
        for event in events
    ]
    return table(("AGE", "TYPE", "REASON", "REGION", "ABOUT", "MESSAGE"), rows) if rows else []
