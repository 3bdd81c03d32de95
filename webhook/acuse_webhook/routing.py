"""Whose is an update? Decided from the route it came by, the ids it names and the key it has."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from acuse.errors import ForeignNumber
from acuse.events.inbox import NewEvent
from acuse.meta import kinds
from acuse.meta.update import Update
from acuse.tenants.tenant import NO_TENANT, Tenant, TenantDirectory


def of_tenant(found: Sequence[Update], tenant: Tenant, delivery_id: UUID) -> list[NewEvent]:
    """Return the events of a body that came by the tenant's own route.

    Raises ForeignNumber when any of them is another's: then nothing of the body is kept.
    """
    if not all(_is_of(update, tenant) for update in found):
        raise ForeignNumber("the body names a number or account that is not this tenant's")
    return [_event(update, tenant.id, delivery_id) for update in found]


def of_app(
    found: Sequence[Update], directory: TenantDirectory, secret: bytes, delivery_id: UUID
) -> list[NewEvent]:
    """Return the events of a body that came by the app's route, signed with `secret`.

    What belongs to no tenant, or to one whose app does not have that secret, is kept as ignored.
    """
    return [_routed(update, directory, secret, delivery_id) for update in found]


def _is_of(update: Update, tenant: Tenant) -> bool:
    if update.phone_number_id is not None:
        return tenant.number(update.phone_number_id) is not None
    if update.waba_id is not None:
        return any(number.waba_id == update.waba_id for number in tenant.numbers)
    # It names neither: what was signed for this route with its secret is the tenant's.
    return True


def _routed(
    update: Update, directory: TenantDirectory, secret: bytes, delivery_id: UUID
) -> NewEvent:
    tenant: Tenant | None = None
    if update.phone_number_id is not None:
        tenant = directory.by_phone_number_id(update.phone_number_id)
    elif update.waba_id is not None:
        tenant = directory.by_waba_id(update.waba_id)
    if tenant is not None and secret in tenant.app_secrets:
        return _event(update, tenant.id, delivery_id)
    reason = "no_tenant" if tenant is None else "secret_not_of_tenant"
    return NewEvent(NO_TENANT, delivery_id, update, "ignored", reason)


def _event(update: Update, tenant_id: UUID, delivery_id: UUID) -> NewEvent:
    if update.kind == kinds.UNKNOWN:
        return NewEvent(tenant_id, delivery_id, update, "ignored", update.reason)
    return NewEvent(tenant_id, delivery_id, update)
