"""Ports that two processes of ours are never both given, nor the kernel gives anybody."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from acuse_lab import ports
from acuse_lab.ports import free_port

MANY = 200
ASK = "from acuse_lab.ports import free_port; print(*(free_port() for _ in range(200)), flush=True)"


def test_processes_that_ask_at_once_are_given_other_ports() -> None:
    # Each waits for the end of its input, so that all live at the same time.
    asking = [
        subprocess.Popen(
            [sys.executable, "-c", f"{ASK}; input()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    given: list[int] = [free_port() for _ in range(MANY)]
    for process in asking:
        assert process.stdout is not None
        given += [int(word) for word in process.stdout.readline().split()]
    for process in asking:
        process.communicate("\n", timeout=60)

    assert len(given) == len(set(given)) == 5 * MANY
    kernels = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()
    assert max(given) < int(kernels[0])


def test_a_port_on_which_somebody_listens_is_passed_over() -> None:
    first = free_port()
    while (first + 1 - ports.FIRST) % ports.BLOCK == 0:
        # The next one is another process's.
        first = free_port()
    with socket.create_server(("127.0.0.1", first + 1)):
        assert free_port() == first + 2


def test_where_there_is_no_room_below_the_kernels_ports_it_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ports, "_block_count", lambda: 0)
    port = free_port()
    with socket.create_server(("127.0.0.1", port)) as listener:
        assert listener.getsockname()[1] == port
