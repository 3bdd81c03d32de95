"""What we call things in a cluster; every name, label and annotation is made here."""

from __future__ import annotations

import hashlib
from typing import Final

GROUP: Final = "acuse.dev"
VERSION: Final = "v1alpha1"
API_VERSION: Final = f"{GROUP}/{VERSION}"

# Who says it, in server-side apply: one per role of the operator.
HUB_MANAGER: Final = "acuse-hub"
REGION_MANAGER: Final = "acuse-region"

# On a Tenant and on a TenantPlacement, while something of it is left elsewhere.
HUB_FINALIZER: Final = f"{GROUP}/hub"
REGION_FINALIZER: Final = f"{GROUP}/region"

# The full key is too long for a label's value; a label has its slug, an annotation the key.
TENANT: Final = f"{GROUP}/tenant"
DESIRED_HASH: Final = f"{GROUP}/desired-hash"
SECRET_HASH: Final = f"{GROUP}/secret-hash"
PREVIOUS_UNTIL: Final = f"{GROUP}/previous-until"
# On a sealed Secret: the epoch of the hub that wrote it; a placement says it in its spec.
EPOCH: Final = f"{GROUP}/epoch"

# In the tenants' namespace: the Lease that the region's operator renews, and the ConfigMap with the
# lowest epoch that the region takes anything of.
HEARTBEAT: Final = "acuse-region"
EPOCH_FLOOR: Final = "acuse-epoch"

# On a region's own Region object: `delete:TIME` or `keep:TIME`, somebody's word on the deletions
# that the region holds, with the time that its condition DeletionsHeld names.
HELD_DELETIONS: Final = f"{GROUP}/held-deletions"

# On a placement that is about to be deleted: `drain:EPOCH`, which hub meant it, and why. What is
# drained is no mass deletion.
LEAVING: Final = f"{GROUP}/leaving"

MANAGED_BY: Final = "app.kubernetes.io/managed-by"
PART_OF: Final = "app.kubernetes.io/part-of"
COMPONENT: Final = "app.kubernetes.io/component"

SEALED_TYPE: Final = f"{GROUP}/sealed"

# The route that a whole Meta app may share; a tenant's own is below it.
WEBHOOK_PATH: Final = "/webhooks/whatsapp/meta/cloud"

_READABLE: Final = 44
_DIGITS: Final = 8


def tenant_key(namespace: str, name: str) -> str:
    """Return NAMESPACE.NAME: one tenant's name wherever there is no namespace to say it."""
    return f"{namespace}.{name}"


def split_key(key: str) -> tuple[str, str]:
    """Return the namespace and the name in a key; neither can have a dot."""
    namespace, _, name = key.partition(".")
    return namespace, name


def slug(key: str) -> str:
    """Return a name for what belongs to a tenant: readable, of one label, unique by its hash."""
    readable = key.replace(".", "-")[:_READABLE].rstrip("-")
    return f"{readable}-{hashlib.sha256(key.encode()).hexdigest()[:_DIGITS]}"


def sealed_name(key: str) -> str:
    """Return the name of the Secret that a region gets together with the tenant's placement."""
    return f"{key}.sealed"


def key_of_sealed(name: str) -> str | None:
    """Return the key that a sealed Secret belongs to; None when the name is of no such Secret."""
    key, dot, last = name.rpartition(".")
    return key if dot and last == "sealed" and key else None


def webhook_path(key: str) -> str:
    """Return the path at which a tenant's webhooks arrive."""
    return f"{WEBHOOK_PATH}/{key}"


def labels(component: str, *, key: str | None = None) -> dict[str, str]:
    """Return the labels of an object that we make, for one tenant or for all."""
    ours = {MANAGED_BY: "acuse", PART_OF: "acuse", COMPONENT: component}
    return ours if key is None else {**ours, TENANT: slug(key)}
