"""What reading one document may cost."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """Bounds for one document: wall-clock seconds, memory, pixels of an image, pages, file size."""

    seconds: float = 60.0
    memory_bytes: int = 1024 * MIB
    max_pixels: int = 40_000_000
    max_pages: int = 20
    max_file_bytes: int = 64 * MIB
