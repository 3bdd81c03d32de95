"""Ports on loopback for programs that we start: nobody else is given one in between.

A port that the kernel picks may be taken again before the program listens on it: by a connection
that somebody makes, or by another test process that asks at the same moment. So ports come from
below those that the kernel picks from, out of blocks that a process keeps to itself.
"""

from __future__ import annotations

import os
import random
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import Final

from acuse.errors import Unavailable

FIRST: Final = 10_240
BLOCK: Final = 128
_RANGE: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
# Where that says nothing of use, the kernel is asked.
_LEAST_BLOCKS: Final = 8

_turn = Lock()


def free_port() -> int:
    """Return a port that nobody listens on, and that no other process of ours is given."""
    blocks = _block_count()
    if blocks < _LEAST_BLOCKS:
        return _asked()
    with _turn:
        return _OURS.next(blocks)


class _Ports:
    """The blocks of one process; each is its own for as long as the process lives."""

    def __init__(self) -> None:
        self._pid = 0
        self._left: Iterator[int] | None = None

    def next(self, blocks: int) -> int:
        """Return the next free port of our blocks, of another one once they are used up."""
        if self._pid != os.getpid():
            # What was forked off has what its parent had.
            self._pid, self._left = os.getpid(), None
        for _ in range(blocks):
            if self._left is None:
                self._left = self._claim(blocks)
            for port in self._left:
                if _is_free(port):
                    return port
            self._left = None
        raise Unavailable("no port is free")

    def _claim(self, blocks: int) -> Iterator[int]:
        for number in random.sample(range(blocks), blocks):
            lock = socket.socket(socket.AF_UNIX)
            try:
                # A name in the network namespace, as ports are.
                lock.bind(f"\0acuse-ports-{number}")
            except OSError:
                lock.close()
                continue
            # Never closed: it is ours for as long as we live.
            lock.detach()
            first = FIRST + number * BLOCK
            return iter(range(first, first + BLOCK))
        raise Unavailable("other programs of ours have all ports")


_OURS: Final = _Ports()


def _block_count() -> int:
    """Return how many blocks there are below the ports that the kernel picks from."""
    if sys.platform != "linux":
        return 0
    try:
        lowest = int(_RANGE.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0
    return max(0, (lowest - FIRST) // BLOCK)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # What a program of ours left in TIME_WAIT is nobody's.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _asked() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
