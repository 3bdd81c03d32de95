"""The process that forks a child for each document, with all that reading needs imported already.

Standard input is a socket by which its worker orders children; when that ends, it ends after the
last child. It is shown no document and no name of one. It has one thread: nothing can be held by
another while it forks.
"""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import selectors
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn, cast

import msgspec
from PIL import Image

from acuse_workers.reading import child
from acuse_workers.reading.births import (
    LONGEST_NEWS,
    MOST_DESCRIPTORS,
    Born,
    Ended,
    News,
    Order,
    Unborn,
)
from acuse_workers.reading.ending import end_group
from acuse_workers.reading.newborn import leave_nursery

_OPEN_FILES: Final = 1024
# So many seconds a child has to end whose worker is gone.
_GRACE: Final = 5.0


@dataclass(slots=True)
class _Forked:
    """A child that was not reaped yet, and the line by which its worker gets news of it."""

    pid: int
    news: socket.socket
    has_ended: bool = False
    # Since its worker wants no more news of it.
    kill_at: float | None = None


class _Nursery:
    """Forks, tells, and reaps, and waits for nobody."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._is_open = True
        self._children: dict[int, _Forked] = {}
        self._selector = selectors.DefaultSelector()
        self._woken, wakes = socket.socketpair()
        for end in (self._woken, wakes, control):
            end.setblocking(False)
        # A handler must be there for the descriptor to be written to.
        signal.signal(signal.SIGCHLD, _wake)
        signal.set_wakeup_fd(wakes.detach(), warn_on_full_buffer=False)
        self._when(self._woken, self._see_who_ended)
        self._when(control, self._take_order)

    def serve(self) -> None:
        """Return when no order can come any more and all children are gone."""
        while self._is_open or self._children:
            for key, _ in self._selector.select(self._patience()):
                cast("Callable[[], None]", key.data)()
            self._kill_late()

    def _when(self, is_readable: socket.socket, do: Callable[[], None]) -> None:
        self._selector.register(is_readable, selectors.EVENT_READ, do)

    def _take_order(self) -> None:
        said, descriptors, _, _ = socket.recv_fds(
            self._control, LONGEST_NEWS, MOST_DESCRIPTORS, socket.MSG_CMSG_CLOEXEC
        )
        if not said:
            self._selector.unregister(self._control)
            self._is_open = False
            return
        order = msgspec.json.decode(said, type=Order)
        line, news, *others = descriptors
        recogniser = others[0] if order.has_recogniser else None
        self._fork(line, recogniser, socket.socket(fileno=news))
        for descriptor in (line, *others):
            os.close(descriptor)

    def _fork(self, line: int, recogniser: int | None, news: socket.socket) -> None:
        news.setblocking(False)
        try:
            pid = os.fork()
        except OSError as exc:
            with news:
                _tell(news, Unborn(str(exc)))
            return
        if pid == 0:
            _read_and_end(line, recogniser)
        # The child does it too: whoever comes first, nobody sees it without a group of its own.
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)
        forked = self._children[pid] = _Forked(pid, news)
        self._when(news, partial(self._let_go, forked))
        _tell(news, Born(pid))

    def _see_who_ended(self) -> None:
        """Tell each child's end; it stays a zombie, and its id its own, until it is let go."""
        with contextlib.suppress(BlockingIOError):
            while self._woken.recv(LONGEST_NEWS):
                pass
        for forked in [each for each in self._children.values() if not each.has_ended]:
            end = os.waitid(os.P_PID, forked.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if end is None:
                continue
            forked.has_ended = True
            if forked.kill_at is not None:
                self._reap(forked)
            else:
                by_signal = end.si_code in {os.CLD_KILLED, os.CLD_DUMPED}
                _tell(forked.news, Ended(-end.si_status if by_signal else end.si_status))

    def _let_go(self, forked: _Forked) -> None:
        """Reap what its worker wants no more news of; what lives has its worker gone.

        It knows that itself, and removes its folder before it ends, if it is let.
        """
        self._selector.unregister(forked.news)
        forked.news.close()
        forked.kill_at = time.monotonic() + _GRACE
        if forked.has_ended:
            self._reap(forked)

    def _reap(self, forked: _Forked) -> None:
        end_group(forked.pid)
        os.waitpid(forked.pid, 0)
        del self._children[forked.pid]

    def _patience(self) -> float | None:
        """Return for how long nothing needs to be done that no event calls for."""
        waiting = [each.kill_at for each in self._children.values() if each.kill_at is not None]
        return max(min(waiting) - time.monotonic(), 0.0) if waiting else None

    def _kill_late(self) -> None:
        now = time.monotonic()
        for forked in self._children.values():
            if forked.kill_at is not None and forked.kill_at <= now:
                end_group(forked.pid)
                forked.kill_at = now + _GRACE


def main() -> None:
    """Get ready, and serve until standard input ends."""
    # With what can only be known once a file was looked at.
    import_module("pi_heif")
    Image.init()
    os.chdir("/")
    most = min(_OPEN_FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.collect()
    # What is there now is the same in all children: collecting must not touch, and so copy it.
    gc.freeze()
    threads = list(Path("/proc/self/task").iterdir())
    if threading.active_count() > 1 or len(threads) > 1:
        sys.exit("what was imported started a thread")
    with socket.socket(fileno=os.dup(0)) as control:
        _Nursery(control).serve()


def _read_and_end(line: int, recogniser: int | None) -> NoReturn:
    """Be the child: whatever happens, it never comes back to what the nursery does."""
    code = 1
    try:
        leave_nursery([line] if recogniser is None else [line, recogniser])
        child.serve(socket.socket(fileno=line), recogniser)
        code = 0
    finally:
        os._exit(code)


def _wake(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: that the signal came is what counts."""


def _tell(worker: socket.socket, news: News) -> None:
    # Who is gone is seen by its end of the line.
    with contextlib.suppress(OSError):
        worker.send(msgspec.json.encode(news))


if __name__ == "__main__":
    main()
