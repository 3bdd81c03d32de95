"""A real API server without nodes, with Helm on it; hooks need pods and do not run."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from acuse.errors import Unavailable
from acuse_lab.regions.control_plane import ControlPlane
from support.chart import CHART, NAMESPACE, RELEASE, helm, value_flags

Manifest = dict[str, Any]
TENANTS_NAMESPACE = "acuse-tenants"
# Kinds whose own CRDs no Go module here has: any object of them is taken.
FOREIGN = (
    ("monitoring.coreos.com", "v1", "PodMonitor", "podmonitors"),
    ("monitoring.coreos.com", "v1", "PrometheusRule", "prometheusrules"),
    ("keda.sh", "v1alpha1", "ScaledObject", "scaledobjects"),
    ("keda.sh", "v1alpha1", "TriggerAuthentication", "triggerauthentications"),
)

TENANT: Manifest = {
    "apiVersion": "acuse.dev/v1alpha1",
    "kind": "Tenant",
    "metadata": {"name": "espiga", "namespace": "default"},
    "spec": {
        "displayName": "Panadería La Espiga",
        "whatsapp": {
            "numbers": [
                {
                    "phoneNumberId": "106540352242922",
                    "wabaId": "102290129340398",
                    "secretRef": {"name": "espiga-whatsapp"},
                }
            ]
        },
        "placement": {"home": "buenos-aires"},
    },
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """A control plane, and Helm and kubectl on it."""

    plane: ControlPlane
    home: Path

    def helm(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Helm in the release's namespace."""
        env = {"KUBECONFIG": str(self.plane.kubeconfig()), "HOME": str(self.home)}
        return helm(*arguments, "--namespace", NAMESPACE, env=env)

    def install(
        self, example: str = "trial", *, chart: Path = CHART, **changed: object
    ) -> subprocess.CompletedProcess[str]:
        """Install or upgrade with an example's values."""
        named = {name.replace("__", "."): value for name, value in changed.items()}
        return self.helm(
            *("upgrade", "--install", RELEASE, str(chart), "--create-namespace", "--no-hooks"),
            *("--values", str(CHART / "ci" / f"{example}-values.yaml")),
            *value_flags(named),
        )

    def uninstall(self) -> subprocess.CompletedProcess[str]:
        """Uninstall, and wait until everything that goes has gone."""
        done = self.helm(
            *("uninstall", RELEASE, "--no-hooks", "--ignore-not-found"), "--wait", "--timeout=120s"
        )
        # Helm does not wait for what is in a namespace; nothing is made in one that is going.
        for name in (NAMESPACE, TENANTS_NAMESPACE):
            found = self.get("namespace", name)
            if found is not None and found["metadata"].get("deletionTimestamp"):
                self.plane.kubectl("wait", "--for=delete", f"namespace/{name}", "--timeout=120s")
        return done

    def get(self, *what: str) -> Manifest | None:
        """Return one object; None when there is none."""
        text = self.plane.kubectl("get", *what, "--ignore-not-found", "--output=json")
        return cast("Manifest", json.loads(text)) if text.strip() else None

    def names(self, *what: str) -> set[str]:
        """Return the names of objects."""
        return set(self.plane.kubectl("get", *what, "--output=name").split())

    def apply(self, *manifests: Manifest) -> str:
        """Apply manifests on the server's side; Unavailable with its complaint."""
        text = yaml.safe_dump_all(manifests)
        return self.plane.kubectl(
            "apply", "--server-side", "--force-conflicts", "-f", "-", stdin=text
        )

    def refusal(self, *arguments: str, stdin: str | None = None) -> str:
        """Return why kubectl is refused."""
        with pytest.raises(Unavailable) as refused:
            self.plane.kubectl(*arguments, stdin=stdin)
        return str(refused.value)

    def complaint(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl and return its complaint, empty if there was none."""
        try:
            self.plane.kubectl(*arguments, stdin=stdin)
        except Unavailable as exc:
            return str(exc)
        return ""

    def may(self, account: str, *what: str, namespace: str = NAMESPACE) -> bool:
        """Tell whether an account of the chart may do something."""
        user = f"--as=system:serviceaccount:{NAMESPACE}:{account}"
        return not self.complaint("auth", "can-i", *what, user, "--namespace", namespace)


def foreign_crds() -> list[Manifest]:
    """Return a CRD for each kind of others that the chart can make objects of."""
    return [_foreign(*kind) for kind in FOREIGN]


def _foreign(group: str, version: str, kind: str, plural: str) -> Manifest:
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": anything},
                }
            ],
        },
    }


def tenant(**spec: object) -> Manifest:
    """Return the Tenant with fields of its spec changed."""
    return TENANT | {"spec": TENANT["spec"] | spec}
