"""Manifests that nobody should get away with, each one change away from a good one."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import yaml

from acuse.resources.part import Part
from acuse.resources.placement import TenantPlacement
from acuse.resources.region import Region
from acuse.resources.tenant import TenantManifest

EXAMPLES: Final = Path(__file__).resolve().parents[2] / "docs" / "examples"
MODELS: Final[dict[str, type[Part]]] = {
    "tenants": TenantManifest,
    "regions": Region,
    "tenantplacements": TenantPlacement,
}
PLACEMENT: Final[dict[str, Any]] = {
    "apiVersion": "acuse.dev/v1alpha1",
    "kind": "TenantPlacement",
    "metadata": {"name": "shops.molinos", "namespace": "shops"},
    "spec": {
        "tenant": {"namespace": "shops", "name": "molinos", "uid": "5d0b-5b1e"},
        "region": "sa-east",
        "role": "Home",
        "generation": 7,
        "epoch": 3,
        "hash": "0123456789abcdef",
        "secretHash": "fedcba9876543210",
        "bundle": {
            "displayName": "Molinos del Sur",
            "numbers": [
                {"phoneNumberId": "111", "wabaId": "9", "graphVersion": "v26.0"},
                {"phoneNumberId": "222", "wabaId": "9", "graphVersion": "v26.0"},
            ],
            "locale": "es-AR",
            "currency": "ARS",
            "workers": {"mode": "Dedicated", "min": 1, "max": 4},
        },
    },
}
# As a value: the field is taken away.
GONE: Final = object()


def example(name: str) -> dict[str, Any]:
    """Return the manifest of an example file."""
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    return cast("dict[str, Any]", yaml.safe_load(text))


def good(kind: str) -> dict[str, Any]:
    """Return a manifest of this kind (plural) that uses most of its fields."""
    if kind == "tenantplacements":
        return copy.deepcopy(PLACEMENT)
    return example({"tenants": "tenant-dedicated.yaml", "regions": "region-elsewhere.yaml"}[kind])


def changed(document: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """Return the document with the value at a dotted path; parts on the way are made."""
    result = copy.deepcopy(document)
    *parents, last = path.split(".")
    place: Any = result
    for part in parents:
        place = place[int(part)] if part.isdigit() else place.setdefault(part, {})
    if value is GONE:
        del place[last]
    else:
        place[int(last) if last.isdigit() else last] = value
    return result


@dataclass(frozen=True, slots=True)
class Bad:
    """One wrong change, and what is said of it."""

    kind: str
    path: str
    value: object
    # What the API server says; a model says the same where the words are ours.
    says: str
    ours: bool = True

    @property
    def manifest(self) -> dict[str, Any]:
        """Return the bad manifest."""
        return changed(good(self.kind), self.path, self.value)

    @property
    def id(self) -> str:
        """Return a name for the case."""
        value = "gone" if self.value is GONE else repr(self.value)[:32]
        return f"{self.kind}-{self.path}-{value}"

    def between(self, words: str) -> bool:
        """Tell whether the words are of a rule between fields, and name this one."""
        return self.ours and self.path.rpartition(".")[2] in words


def _theirs(kind: str, path: str, value: object, says: str) -> Bad:
    """Return a case that Kubernetes and pydantic each have their own words for."""
    return Bad(kind, path, value, says, ours=False)


_T, _R, _P = "tenants", "regions", "tenantplacements"
_NUMBER = "spec.whatsapp.numbers.1"
_NAME = "must be a name of lowercase letters"
_CPU, _MEMORY = "must be an amount of processors", "must be an amount of memory"
_URL = "without a path or a slash at the end"
_DIGITS = "must be Meta's id: 1 to 32 digits"
_COUNTRY = "must be a country's two capital letters"
_KUBECONFIG = "kubeconfigSecretRef goes with type Kubeconfig, and only with it"
_EITHER = "give either cidr, or podSelector and namespaceSelector"
_TYPE, _GIVEN, _ONE_OF = "must be of type", "Required value", "supported values"
_SECRET = {"namespace": "acuse-system", "name": "x"}

TENANTS: Final = (
    Bad(_T, "metadata.name", "mol.inos", _NAME),
    _theirs(_T, "metadata.name", "m" * 64, "Too long"),
    _theirs(_T, "spec.displayName", GONE, _GIVEN),
    _theirs(_T, "spec.displayName", "", "at least 1 char"),
    _theirs(_T, "spec.displayName", "x" * 201, "Too long"),
    Bad(_T, "spec.displayName", "Molinos\ndel Sur", "must not have line breaks"),
    _theirs(_T, "spec.whatsapp", GONE, _GIVEN),
    _theirs(_T, "spec.whatsapp.numbers", [], "at least 1 item"),
    _theirs(_T, _NUMBER, "111", "must be an object"),
    _theirs(_T, f"{_NUMBER}.phoneNumberId", 106540352242931, _TYPE),
    Bad(_T, f"{_NUMBER}.phoneNumberId", "+54 9 11 5555", _DIGITS),
    _theirs(_T, f"{_NUMBER}.phoneNumberId", GONE, _GIVEN),
    _theirs(_T, f"{_NUMBER}.phoneNumberId", "1" * 33, "Too long"),
    Bad(_T, f"{_NUMBER}.wabaId", "waba", _DIGITS),
    Bad(_T, f"{_NUMBER}.graphVersion", "26.0", "such as v26.0"),
    _theirs(_T, f"{_NUMBER}.secretRef", GONE, _GIVEN),
    Bad(_T, f"{_NUMBER}.secretRef.name", "../other", _NAME),
    _theirs(_T, f"{_NUMBER}.accessToken", "EAAG-hush", "unknown field"),
    Bad(_T, "spec.placement.home", GONE, "standby goes with home"),
    Bad(_T, "spec.placement.home", "SA-East", _NAME),
    Bad(_T, "spec.placement.standby", ["sa-east"], "standby must not repeat home"),
    _theirs(_T, "spec.placement.standby", [f"r{n}" for n in range(9)], "at most 8 items"),
    _theirs(_T, "spec.placement.standby", "sa-west", _TYPE),
    Bad(_T, "spec.placement.standby.0", "sa_west", _NAME),
    Bad(_T, "spec.placement.standbys", 1, "give standby, or let the hub choose"),
    Bad(_T, "spec.placement.spread", "Jurisdiction", "give standby, or let the hub choose"),
    _theirs(_T, "spec.placement.standbys", -1, "greater than or equal to 0"),
    _theirs(_T, "spec.placement.standbys", 9, "less than or equal to 8"),
    _theirs(_T, "spec.placement.standbys", ["sa-west"], _TYPE),
    _theirs(_T, "spec.placement.spread", "Region", _ONE_OF),
    _theirs(_T, "spec.placement.regions", ["sa-east"], "unknown field"),
    _theirs(_T, "spec.residency.jurisdictions", [], "at least 1 item"),
    Bad(_T, "spec.residency.jurisdictions.0", "ar", _COUNTRY),
    _theirs(_T, "spec.locale", "pt-BR", _ONE_OF),
    Bad(_T, "spec.currency", "AR$", "three capital letters"),
    Bad(_T, "spec.templates.result", "No Spaces", "must be a template's name"),
    _theirs(_T, "spec.workers.mode", "dedicated", _ONE_OF),
    _theirs(_T, "spec.workers.min", -1, "greater than or equal to 0"),
    _theirs(_T, "spec.workers.max", 0, "greater than or equal to 1"),
    _theirs(_T, "spec.workers.max", 101, "less than or equal to 100"),
    Bad(_T, "spec.workers.min", 7, "min must not be above max"),
    Bad(_T, "spec.workers.resources.limits.cpu", "two", _CPU),
    Bad(_T, "spec.workers.resources.limits.cpu", -2, _CPU),
    _theirs(_T, "spec.workers.resources.limits.cpu", 2.5, _TYPE),
    Bad(_T, "spec.workers.resources.requests.memory", "512m", _MEMORY),
    Bad(_T, "spec.workers.resources.requests.cpu", "2500m", "must not be above limits.cpu"),
    Bad(_T, "spec.workers.resources.requests.memory", "2Gi", "must not be above limits.memory"),
    _theirs(_T, "spec.workers.ocr", "ppocr", _ONE_OF),
    _theirs(_T, "spec.reading.autoPercent", 49, "greater than or equal to 50"),
    _theirs(_T, "spec.reading.autoPercent", 90.5, _TYPE),
    _theirs(_T, "spec.reading.resendPercent", 50, "less than or equal to 49"),
    _theirs(_T, "spec.workers.replicas", 3, "unknown field"),
    _theirs(_T, "spec.suspend", "yes", _TYPE),
    _theirs(_T, "spec.deletionProtection", 1, _TYPE),
    _theirs(_T, "spec.failover", "Automatic", "unknown field"),
)

REGIONS: Final = (
    Bad(_R, "metadata.name", "us.west", _NAME),
    _theirs(_R, "spec.jurisdiction", GONE, _GIVEN),
    Bad(_R, "spec.jurisdiction", "usa", _COUNTRY),
    _theirs(_R, "spec.jurisdiction", "California", "Too long"),
    _theirs(_R, "spec.intakeURL", GONE, _GIVEN),
    Bad(_R, "spec.intakeURL", "https://wa.example.com/", _URL),
    Bad(_R, "spec.intakeURL", "https://wa.example.com/webhooks", _URL),
    Bad(_R, "spec.intakeURL", "https://wa.example.com?x=1", _URL),
    Bad(_R, "spec.intakeURL", "wa.example.com", _URL),
    Bad(_R, "spec.gateway", _SECRET, "give gateway or ingressClassName, not both"),
    Bad(_R, "spec.ingressClassName", "NGINX", _NAME),
    _theirs(_R, "spec.access.type", "Token", _ONE_OF),
    Bad(_R, "spec.access.kubeconfigSecretRef", GONE, _KUBECONFIG),
    Bad(_R, "spec.access.type", "InCluster", _KUBECONFIG),
    Bad(_R, "spec.access.kubeconfigSecretRef.key", "a/b", "must be a Secret's key"),
    _theirs(_R, "spec.database.secretRef.namespace", GONE, _GIVEN),
    Bad(_R, "spec.objectStore.url", "s3://key:secret@bucket", "without credentials"),
    Bad(_R, "spec.workers.env.graphURL", "https://graph.example.com/v26.0", _URL),
    Bad(_R, "spec.workers.env.mediaHosts", ["https://x"], "must be a host's name"),
    Bad(_R, "spec.egress.0.podSelector", {"matchLabels": {"app": "x"}}, _EITHER),
    Bad(_R, "spec.egress.0.cidr", GONE, _EITHER),
    Bad(_R, "spec.egress.0.cidr", "10.20.0.0", "must be a network such as"),
    Bad(_R, "spec.egress.0.cidr", "10.20.0.0/33", "must be a network such as"),
    _theirs(_R, "spec.egress.0.ports", [], "at least 1 item"),
    _theirs(_R, "spec.egress.0.ports.0", 65536, "less than or equal to 65535"),
    _theirs(_R, "spec.egress.0.ports.0", "https", _TYPE),
    Bad(_R, "spec.egress.1.podSelector.matchLabels.app", "a b", "must be a label's value"),
    _theirs(_R, "spec.cordoned", "true", _TYPE),
    _theirs(_R, "spec.draining", "now", _TYPE),
    _theirs(_R, "spec.capacity", -1, "greater than or equal to 0"),
    _theirs(_R, "spec.capacity", "200", _TYPE),
    _theirs(_R, "spec.capacity", 0.5, _TYPE),
    _theirs(_R, "spec.kubeconfig", "apiVersion: v1", "unknown field"),
)

PLACEMENTS: Final = (
    Bad(_P, "metadata.name", "shops.other", "metadata.name must be NAMESPACE.NAME of spec.tenant"),
    Bad(_P, "spec.tenant.name", "mol.inos", _NAME),
    _theirs(_P, "spec.tenant.uid", GONE, _GIVEN),
    _theirs(_P, "spec.role", "Primary", _ONE_OF),
    _theirs(_P, "spec.epoch", GONE, _GIVEN),
    _theirs(_P, "spec.epoch", -1, "greater than or equal to 0"),
    _theirs(_P, "spec.generation", "7", _TYPE),
    Bad(_P, "spec.hash", "not-a-hash", "hexadecimal"),
    _theirs(_P, "spec.bundle.locale", GONE, _GIVEN),
    _theirs(_P, "spec.bundle.numbers", [], "at least 1 item"),
    _theirs(_P, "spec.bundle.numbers.0.accessToken", "EAAG-hush", "unknown field"),
    Bad(_P, "spec.bundle.workers.min", 5, "min must not be above max"),
)

# What is listed twice; Kubernetes names the entry, our models the list.
TWICE: Final = (
    Bad(_T, f"{_NUMBER}.phoneNumberId", "106540352242930", "a phoneNumberId is listed twice"),
    Bad(_T, "spec.placement.standby", ["a", "a"], "standby must not repeat home or a region"),
    Bad(_T, "spec.residency.jurisdictions", ["AR", "AR"], "a jurisdiction is listed twice"),
    Bad(_R, "spec.egress.1.name", "database", "a name of egress is listed twice"),
    Bad(_R, "spec.egress.0.ports", [1, 1], "a port is listed twice"),
    Bad(_R, "spec.workers.env.mediaHosts", ["a", "a"], "a host of mediaHosts is listed twice"),
    Bad(_P, "spec.bundle.numbers.1.phoneNumberId", "111", "a phoneNumberId is listed twice"),
)

BAD: Final = TENANTS + REGIONS + PLACEMENTS
