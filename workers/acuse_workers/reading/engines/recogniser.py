"""The process that keeps PP-OCR's models: it is shown pixels, and never a file.

Whoever started it sends it one end of a socket for each document, and the other end to the child
that decodes it. A picture that takes too long ends the process: it is started anew.
"""

from __future__ import annotations

import os
import resource
import socket
import sys
import threading
from collections.abc import Callable

import msgspec
import numpy as np

from acuse_workers.reading.engines.pixels import LONGEST_LINE, Orders, Shown, Spots, Spotted
from acuse_workers.reading.engines.ppocr import PpOcr

_OPEN_FILES = 512


class _Engine:
    """PP-OCR, made when it is first wanted; one picture at a time has it."""

    def __init__(self, *, seconds: float) -> None:
        self._lock = threading.Lock()
        self._seconds = seconds
        self._engine: PpOcr | None = None

    def warm(self) -> None:
        """Load the models."""
        with self._lock:
            self._ready()

    def spot(self, shown: Shown, pixels: bytes) -> tuple[Spotted, ...]:
        """Return the text of one picture; end the process when that takes too long."""
        grey = np.frombuffer(pixels, dtype=np.uint8).reshape(shown.height, shown.width)
        with self._lock:
            end = threading.Timer(self._seconds, os._exit, (3,))
            end.daemon = True
            end.start()
            try:
                return self._ready().spot(grey)
            finally:
                end.cancel()

    def _ready(self) -> PpOcr:
        if self._engine is None:
            self._engine = PpOcr(threads=1)
        return self._engine


def main() -> None:
    """Take one line of Orders from standard input, and serve until that ends."""
    orders = msgspec.json.decode(sys.stdin.buffer.readline(), type=Orders)
    os.dup2(2, 1)
    for what, bound in (
        (resource.RLIMIT_DATA, orders.memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (bound, bound))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    engine = _Engine(seconds=orders.seconds)
    threading.Thread(target=engine.warm, daemon=True).start()
    _take(socket.socket(fileno=orders.control), engine.spot)


def _end_with_parent() -> None:
    sys.stdin.buffer.read(1)
    os._exit(0)


def _take(control: socket.socket, spot: Callable[[Shown, bytes], tuple[Spotted, ...]]) -> None:
    """Serve each socket that comes, in a thread of its own, until no more can come."""
    while True:
        said, sockets, _, _ = socket.recv_fds(control, 1, 1)
        if not said:
            return
        for descriptor in sockets:
            arguments = (socket.socket(fileno=descriptor), spot)
            threading.Thread(target=_serve, args=arguments, daemon=True).start()


def _serve(asker: socket.socket, spot: Callable[[Shown, bytes], tuple[Spotted, ...]]) -> None:
    """Answer one child's questions until it hangs up, or asks for what cannot be a picture."""
    with asker, asker.makefile("rwb") as pipe:
        while line := pipe.readline(LONGEST_LINE):
            try:
                shown = msgspec.json.decode(line, type=Shown)
            except msgspec.MsgspecError:
                return
            if not shown.is_sound:
                return
            size = shown.width * shown.height
            pixels = pipe.read(size)
            if len(pixels) < size:
                return
            try:
                pipe.write(msgspec.json.encode(Spots(spot(shown, pixels))) + b"\n")
                pipe.flush()
            except (BrokenPipeError, ConnectionResetError):
                # It was ended meanwhile.
                return


if __name__ == "__main__":
    main()
