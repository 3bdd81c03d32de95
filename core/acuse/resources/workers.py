"""The workers of a tenant: shared or its own, how many, and how large."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from acuse.resources.part import Part
from acuse.resources.values import Cpu, Memory, amount
from acuse.tenants.tenant import OcrPolicy, WorkerMode


class Amounts(Part):
    """So much processor and memory; what is not said is the operator's choice."""

    cpu: Cpu | None = None
    memory: Memory | None = None


class Resources(Part):
    """What one worker is promised (requests) and held to (limits)."""

    requests: Amounts = Amounts()
    limits: Amounts = Amounts()

    @model_validator(mode="after")
    def promises_no_more_than_it_allows(self) -> Resources:
        """Refuse a request above its limit: no such pod can be made."""
        for name in ("cpu", "memory"):
            asked, allowed = getattr(self.requests, name), getattr(self.limits, name)
            if asked is not None and allowed is not None and amount(asked) > amount(allowed):
                raise ValueError(f"requests.{name} must not be above limits.{name}")
        return self


class Workers(Part):
    """Who does the tenant's work: the pool that tenants share, or workers of its own."""

    mode: WorkerMode = "Shared"
    min: Annotated[int, Field(ge=0, le=100)] = 1
    max: Annotated[int, Field(ge=1, le=100)] = 3
    resources: Resources = Resources()
    # None is Auto: a region of an older release, which does not know it, is given none.
    ocr: OcrPolicy | None = None

    @model_validator(mode="after")
    def min_is_no_more_than_max(self) -> Workers:
        """Refuse bounds the wrong way round."""
        if self.min > self.max:
            raise ValueError("min must not be above max")
        return self
