"""How large the bench's fleet is, and how much is done with it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Self

# Before the name of each number, in capitals: ACUSE_BENCH_FLEET_TENANTS=50.
PREFIX = "ACUSE_BENCH_FLEET_"


@dataclass(frozen=True, slots=True)
class FleetSize:
    """Numbers of each part."""

    # Regions that every tenant is placed in from the beginning; one more is added later.
    regions: int = 3
    tenants: int = 1_000
    # Tenants that memory is looked at with in the end; not more than `tenants` leaves that out.
    many: int = 5_000
    # Edits one after another, in each part that measures how long one takes.
    edits: int = 200

    @classmethod
    def chosen(cls, environment: Mapping[str, str] = os.environ, *, is_short: bool = False) -> Self:
        """Return the whole size, or one for a short look, with what the environment says else."""
        size = cls(2, 20, 40, 10) if is_short else cls()
        said = {
            each.name: int(value)
            for each in fields(cls)
            if (value := environment.get(f"{PREFIX}{each.name.upper()}"))
        }
        return replace(size, **said)
