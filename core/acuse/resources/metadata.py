"""Whose object it is: what we read of an object's metadata; the rest is Kubernetes' business."""

from __future__ import annotations

from pydantic import Field

from acuse.resources.part import StatusPart, Timestamp
from acuse.resources.values import Label, Subdomain


class _Metadata(StatusPart):
    labels: dict[str, str] = Field(default_factory=dict[str, str])
    annotations: dict[str, str] = Field(default_factory=dict[str, str])
    finalizers: list[str] = Field(default_factory=list[str])
    uid: str | None = None
    resource_version: str | None = None
    generation: int | None = None
    creation_timestamp: Timestamp | None = None
    deletion_timestamp: Timestamp | None = None


class ClusterMetadata(_Metadata):
    """The metadata of an object that is in no namespace."""

    name: Label


class Metadata(_Metadata):
    """The metadata of an object that a person names in a namespace."""

    name: Label
    namespace: Label = "default"


class KeyMetadata(_Metadata):
    """The metadata of an object named after a tenant's key."""

    name: Subdomain
    namespace: Label = "default"
