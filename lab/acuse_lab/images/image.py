"""An image that was built: its name, and the archive that a container runtime takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

# The targets of the Containerfile, as `acuse-NAME`.
PROGRAMS: Final = ("webhook", "operator", "workers", "console")
# What the chart can bring along for trials.
TRIAL: Final = ("postgres", "s3")
IMAGES: Final = (*PROGRAMS, *TRIAL)


@dataclass(frozen=True, slots=True)
class Image:
    """One program's image; `ctr -n k8s.io images import ARCHIVE` makes REFERENCE known."""

    reference: str
    # The manifest's, as sha256:HEX.
    digest: str
    archive: Path


def image_name(program: str) -> str:
    """Return the image's name without a tag."""
    return f"localhost/acuse-{program}"
