"""What a worker asks of the child that reads one document."""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec

from acuse.tenants.tenant import OcrPolicy
from acuse_workers.reading.limits import ReadingLimits

EXPLAINED: Final = "explained.png"


class Request(msgspec.Struct, frozen=True):
    """What to read, where to write meanwhile, what it may cost, and which day it is.

    Names of files are bytes: not all of them are text.
    """

    path: bytes
    scratch: bytes
    limits: ReadingLimits
    today: date
    # Whether to draw what was read, into EXPLAINED of `scratch`.
    is_explained: bool = False
    policy: OcrPolicy = "Tesseract"
