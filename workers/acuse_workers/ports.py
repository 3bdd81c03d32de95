"""What the pipeline needs of the world outside the database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from acuse.data.pool import Pool
from acuse.media.fetch import StoredMedia, WantedMedia
from acuse.reading.values import DocumentReading
from acuse.tenants.tenant import Number, OcrPolicy, TenantDirectory
from acuse_workers.sending import Sends
from acuse_workers.turns import Turns


class CallsGraph(Sends, Protocol):
    """What a worker asks of the Graph API itself: sending, and showing that a message was seen."""

    async def mark_read(self, number: Number, message_id: str, *, typing: bool) -> None:
        """Mark a message as read, with a sign of typing."""
        ...


class Fetches(Protocol):
    """Brings media into the object store."""

    async def fetch(self, number: Number, wanted: WantedMedia) -> StoredMedia:
        """Return the media as stored; raise Refused for good, Unavailable for a while."""
        ...


class CopiesObjects(Protocol):
    """Gives files out of the object store."""

    async def fetch_to(self, key: str, path: Path) -> None:
        """Copy an object into a new file."""
        ...


class Reads(Protocol):
    """Reads documents."""

    async def read(self, path: Path, *, policy: OcrPolicy) -> DocumentReading:
        """Return what the document says by such engines; raise Refused when it cannot be read."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """All that a step may use; `reading` bounds how many documents are read at once."""

    pool: Pool
    directory: TenantDirectory
    graph: CallsGraph
    fetcher: Fetches
    objects: CopiesObjects
    reader: Reads
    reading: Turns
