"""The Tenant manifest: the same YAML in a folder and as a Kubernetes object."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from acuse.errors import InvalidManifest
from acuse.tenants.tenant import Locale

# Kubernetes' own rules for names: an RFC 1123 label, and for Secrets a subdomain.
Label = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
SecretName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]
# Meta's ids are decimal digits; as YAML numbers they would lose leading zeros, so they are quoted.
MetaId = Annotated[str, Field(pattern=r"^[0-9]{1,32}$")]


class _Part(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        frozen=True,
        strict=True,
        hide_input_in_errors=True,
    )


class Metadata(_Part):
    """The object's name and namespace; labels and annotations are Kubernetes' business."""

    name: Label
    namespace: Label = "default"
    labels: dict[str, str] = Field(default_factory=dict[str, str])
    annotations: dict[str, str] = Field(default_factory=dict[str, str])


class SecretRef(_Part):
    """The Secret beside the tenant that holds a number's credentials."""

    name: SecretName


class NumberSpec(_Part):
    """One WhatsApp number."""

    phone_number_id: MetaId
    waba_id: MetaId
    graph_version: str = Field(default="v26.0", pattern=r"^v[1-9][0-9]{0,2}\.[0-9]$")
    secret_ref: SecretRef


class WhatsApp(_Part):
    """The tenant's WhatsApp numbers."""

    numbers: list[NumberSpec] = Field(min_length=1, max_length=100)

    @model_validator(mode="after")
    def each_number_once(self) -> WhatsApp:
        """Refuse a phone number id that is listed twice."""
        ids = [number.phone_number_id for number in self.numbers]
        if len(set(ids)) < len(ids):
            raise ValueError("a phoneNumberId is listed twice")
        return self


class Placement(_Part):
    """The regions the tenant lives in."""

    home: Label
    standby: list[Label] = Field(default_factory=list[str])


class Templates(_Part):
    """Names of approved message templates."""

    result: str | None = Field(default=None, pattern=r"^[a-z0-9_]{1,512}$")


class Spec(_Part):
    """What is wanted of the tenant."""

    # Control characters are no name, and PostgreSQL keeps no NUL.
    display_name: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
    whatsapp: WhatsApp
    placement: Placement | None = None
    locale: Locale = "es-AR"
    currency: str = Field(default="ARS", pattern=r"^[A-Z]{3}$")
    templates: Templates = Templates()


class TenantManifest(_Part):
    """One `kind: Tenant` object."""

    api_version: Literal["acuse.dev/v1alpha1"]
    kind: Literal["Tenant"]
    metadata: Metadata
    spec: Spec

    @property
    def key(self) -> str:
        """Return NAMESPACE.NAME, the tenant's place in its webhook path."""
        return f"{self.metadata.namespace}.{self.metadata.name}"

    def placed_in(self, region: str) -> bool:
        """Is the tenant served in this region? Without a placement it is, in every one."""
        placement = self.spec.placement
        return placement is None or region in {placement.home, *placement.standby}


def documents(text: str) -> Iterator[object]:
    """Yield each document of a YAML file; raise InvalidManifest when it is not YAML."""
    try:
        yield from (document for document in yaml.safe_load_all(text) if document is not None)
    except (yaml.YAMLError, ValueError, RecursionError) as exc:
        # PyYAML's own words repeat the line, which might be a secret in the wrong place.
        mark = getattr(exc, "problem_mark", None)
        where = f" (line {mark.line + 1})" if isinstance(mark, yaml.Mark) else ""
        raise InvalidManifest(f"not a YAML file{where}") from exc


def parse_manifest(document: object) -> TenantManifest:
    """Return the manifest; raise InvalidManifest naming every field that is wrong."""
    try:
        return TenantManifest.model_validate(document)
    except ValidationError as exc:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in error['loc']) or 'document'}: {error['msg']}"
            for error in exc.errors(include_input=False, include_url=False)
        )
        raise InvalidManifest(faults) from exc


def claimed_key(document: object) -> str | None:
    """Return the key a document claims, whatever else is wrong with it; None without one."""
    metadata = _member(document, "metadata")
    name, namespace = _member(metadata, "name"), _member(metadata, "namespace")
    if not isinstance(name, str):
        return None
    return f"{namespace if isinstance(namespace, str) else 'default'}.{name}"


def _member(value: object, key: str) -> object:
    return cast("dict[object, object]", value).get(key) if isinstance(value, dict) else None
