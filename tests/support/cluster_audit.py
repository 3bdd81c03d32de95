"""Who asked what of a region's API server, as its audit log has it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from support.installed import Installed

WRITES: Final = frozenset({"create", "update", "patch", "delete", "deletecollection"})


@dataclass(frozen=True, slots=True, order=True)
class Call:
    """One call: by whom, what, and with what status it was answered."""

    user: str
    verb: str
    group: str
    # With the subresource, as in a Role's rules.
    resource: str
    namespace: str
    name: str
    status: int
    # What the authorizer said; what is refused later is refused for another reason.
    is_allowed: bool


def mark(installed: Installed) -> int:
    """Return where the audit log ends now, for `calls_since`."""
    return installed.region.audit_log.stat().st_size


def calls_since(installed: Installed, began: int = 0) -> list[Call]:
    """Return the calls about objects since a mark, whole lines only."""
    with installed.region.audit_log.open("rb") as log:
        log.seek(began)
        lines = log.read().rpartition(b"\n")[0].splitlines()
    calls = (_call(json.loads(line)) for line in lines)
    return [call for call in calls if call is not None]


def writes_of(user: str, calls: Iterable[Call]) -> list[Call]:
    """Return the calls of a user that write."""
    return [call for call in calls if call.user == user and call.verb in WRITES]


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """One verb on one resource; no namespace is everywhere."""

    namespace: str
    group: str
    resource: str
    verb: str


def rights_of(installed: Installed, name: str, *, namespaces: Sequence[str]) -> set[Right]:
    """Return what the ClusterRole and the Roles of one name allow."""
    found = {"": installed.here.object("clusterrole", name)}
    found |= {ns: installed.here.object("role", name, "--namespace", ns) for ns in namespaces}
    return {
        Right(namespace, group, resource, verb)
        for namespace, role in found.items()
        for rule in (role or {"rules": []})["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def used(call: Call, rights: set[Right]) -> set[Right]:
    """Return the rights that a call needs: those of its namespace where there are such."""
    # Server-side apply is a `patch`; where it makes the object, it needs `create` as well.
    verbs = ("patch", "create") if (call.verb, call.status) == ("patch", 201) else (call.verb,)
    here = {Right(call.namespace, call.group, call.resource, verb) for verb in verbs}
    return {each if each in rights else _everywhere(each) for each in here}


def _everywhere(right: Right) -> Right:
    return Right("", right.group, right.resource, right.verb)


def _call(event: dict[str, Any]) -> Call | None:
    asked: dict[str, str] | None = event.get("objectRef")
    if asked is None:
        return None
    sub = f"/{asked['subresource']}" if "subresource" in asked else ""
    answered: dict[str, int] = event.get("responseStatus") or {}
    annotations: dict[str, str] = event.get("annotations") or {}
    return Call(
        # Nobody's, if it was refused before it was known whose it is.
        user=event["user"].get("username", ""),
        verb=event["verb"],
        group=asked.get("apiGroup", ""),
        resource=asked.get("resource", "") + sub,
        namespace=asked.get("namespace", ""),
        name=asked.get("name", ""),
        status=answered.get("code", 0),
        is_allowed=annotations.get("authorization.k8s.io/decision") == "allow",
    )
