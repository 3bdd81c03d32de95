"""What a worker and its nursery tell each other about one child.

The worker's Order comes with descriptors, in this order: the child's end of the line over which it
is asked and answers, the nursery's end of a line for news of the child, and the child's line to the
recogniser if it has one. The nursery answers by that second line, and keeps the ended child's id
from being anybody else's until the worker has closed it.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import msgspec

LONGEST_NEWS: Final = 4096
MOST_DESCRIPTORS: Final = 3


class Order(msgspec.Struct, frozen=True):
    """A child is wanted."""

    has_recogniser: bool


class Born(msgspec.Struct, frozen=True, tag=True):
    """There is a child: `pid` is that of its process and of its group."""

    pid: int


class Unborn(msgspec.Struct, frozen=True, tag=True):
    """The system gave no process: its word for why."""

    reason: str


class Ended(msgspec.Struct, frozen=True, tag=True):
    """The child ended: its exit code, or the signal that ended it as a negative number."""

    code: int


News: TypeAlias = Born | Unborn | Ended
