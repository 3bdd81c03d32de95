"""What the operator of a cluster was told at its start, as its Deployment says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from acuse.errors import ApiRefused
from acuse_cluster.client import Api
from acuse_cluster.kinds import DEPLOYMENTS, Manifest, Ref
from acuse_operator.plugin.target import Target
from acuse_operator.settings import OperatorSettings

NAME: Final = "acuse-operator"
_PREFIX: Final = "ACUSE_"


@dataclass(frozen=True, slots=True)
class OperatorThere:
    """The operator's settings; `fault` says why they are only the defaults."""

    settings: OperatorSettings
    fault: str | None = None

    @property
    def is_known(self) -> bool:
        """Tell whether the settings are those of an operator, and not the defaults."""
        return self.fault is None


async def read_operator(api: Api, target: Target) -> OperatorThere:
    """Return the settings of the cluster's operator, as far as the caller may see them."""
    ref = Ref(DEPLOYMENTS, NAME, target.release_namespace)
    try:
        found = await api.get(ref)
    except ApiRefused as exc:
        return _assumed(target, f"{ref} cannot be read ({exc.reason or exc.status})")
    if found is None:
        return _assumed(target, f"{ref} does not exist")
    try:
        return OperatorThere(settings_of(environment(found), target))
    except ValidationError:
        return _assumed(target, f"{ref} has settings that this version cannot read")


def _assumed(target: Target, fault: str) -> OperatorThere:
    return OperatorThere(settings_of({}, target), fault)


def environment(deployment: Manifest) -> dict[str, str]:
    """Return the variables of the operator's container that are written out."""
    pod: Mapping[str, Any] = deployment["spec"]["template"]["spec"]
    container: Mapping[str, Any] = next(
        (c for c in pod["containers"] if c["name"] == "operator"), pod["containers"][0]
    )
    listed: list[Mapping[str, Any]] = container.get("env") or []
    # The API server leaves out a value that is empty.
    return {one["name"]: one.get("value", "") for one in listed if "valueFrom" not in one}


def settings_of(env: Mapping[str, str], target: Target) -> OperatorSettings:
    """Return settings from these variables alone: with every field given, our own do not count."""
    given: dict[str, Any] = {
        name: env.get(f"{_PREFIX}{name.upper()}", field.get_default(call_default_factory=True))
        for name, field in OperatorSettings.model_fields.items()
    }
    if f"{_PREFIX}RELEASE_NAMESPACE" not in env:
        given["release_namespace"] = target.release_namespace
    if target.tenants_namespace is not None:
        given["tenants_namespace"] = target.tenants_namespace
    return OperatorSettings(**given)
