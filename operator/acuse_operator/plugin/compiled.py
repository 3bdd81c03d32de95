"""What the hub would hand over to a region, made by the hub's own functions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from acuse.errors import ApiRefused, Unavailable
from acuse.resources.names import sealed_name
from acuse.resources.tenant import TenantSpec
from acuse_cluster.client import Api
from acuse_cluster.kinds import PLACEMENTS, SECRETS, Manifest, Ref
from acuse_operator.hub.choosing import Wanted
from acuse_operator.hub.compiling import Compiled, Destination, compile_tenant
from acuse_operator.hub.differences import epoch_of
from acuse_operator.hub.sealing import SecretFault, read_sealed, seal
from acuse_operator.hub.tenant import TenantView
from acuse_operator.plugin.changes import FieldChange
from acuse_operator.plugin.credentials import Known, with_stand_ins
from acuse_operator.settings import OperatorSettings

# What depends on credentials, and cannot be foretold without them.
_OF_CREDENTIALS: Final = frozenset({"spec.hash", "spec.secretHash"})


@dataclass(frozen=True, slots=True)
class Present:
    """What a region has of a tenant, as far as the caller may see; `fault` says why not more."""

    placement: Manifest | None = None
    sealed: Manifest | None = None
    fault: str | None = None
    is_sealed_read: bool = False


async def present(api: Api, key: str, namespace: str) -> Present:
    """Return what a region has of a tenant."""
    ref = Ref(PLACEMENTS, key, namespace)
    try:
        placement = await api.get(ref)
    except ApiRefused as exc:
        return Present(fault=f"{ref}: you may not read it ({exc.reason or exc.status})")
    except Unavailable as exc:
        return Present(fault=f"it does not answer: {exc}")
    try:
        sealed = await api.get(Ref(SECRETS, sealed_name(key), namespace))
    except (ApiRefused, Unavailable):
        return Present(placement)
    return Present(placement, sealed, is_sealed_read=True)


@dataclass(frozen=True, slots=True)
class Terms:
    """What the hub goes by: its settings, and its epoch; None where that is not known."""

    settings: OperatorSettings
    epoch: int | None = None


def compile_for(
    view: TenantView,
    spec: TenantSpec,
    wanted: Wanted,
    *,
    known: Known,
    there: Present,
    terms: Terms,
) -> Compiled | None:
    """Return what the hub would give the region; None while no number has credentials."""
    before = read_sealed(there.sealed)
    found = {
        number: said
        for number, said in with_stand_ins(known, spec, before).items()
        if not (isinstance(said, SecretFault) and said.reason == "NumberTaken")
    }
    sealed = seal(
        found,
        before=before,
        now=datetime.now(UTC),
        overlap=timedelta(seconds=terms.settings.secret_overlap),
    )
    to = Destination(
        region=wanted.name,
        role=wanted.role,
        namespace=terms.settings.tenants_namespace,
        # A later epoch alone is no change.
        epoch=epoch_of(there.placement) or terms.epoch or 1,
    )
    return compile_tenant(view, spec, sealed, to=to)


def is_certain(known: Known, there: Present) -> bool:
    """Tell whether all that credentials depend on could be read."""
    return known.is_whole and there.is_sealed_read


def foretold(found: Iterable[FieldChange]) -> tuple[FieldChange, ...]:
    """Return the changes that can be foretold without knowing the credentials."""
    return tuple(change for change in found if change.path not in _OF_CREDENTIALS)
