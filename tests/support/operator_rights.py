"""Gives an account of a real API server exactly the rights that the operator says it needs."""

from __future__ import annotations

import json
from typing import Any

from acuse_lab.regions.control_plane import ControlPlane
from acuse_operator.rbac import Part, rules


def grant(plane: ControlPlane, user: str, part: Part, *, tenants: str, release: str) -> None:
    """Give an account exactly the rights that `rbac.py` says a part of the operator needs."""
    manifests: list[dict[str, Any]] = []
    for scope, namespace in (("cluster", None), ("tenants", tenants), ("release", release)):
        mine = [
            {"apiGroups": [rule.group], "resources": [rule.resource], "verbs": list(rule.verbs)}
            for rule in rules(part)
            if rule.scope == scope
        ]
        kind = "ClusterRole" if namespace is None else "Role"
        metadata = {"name": user} | ({"namespace": namespace} if namespace else {})
        manifests += [
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": kind,
                "metadata": metadata,
                "rules": mine,
            },
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": f"{kind}Binding",
                "metadata": metadata,
                "roleRef": {
                    "apiGroup": "rbac.authorization.k8s.io",
                    "kind": kind,
                    "name": user,
                },
                "subjects": [
                    {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}
                ],
            },
        ]
    listed = {"apiVersion": "v1", "kind": "List", "items": manifests}
    plane.kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps(listed))
