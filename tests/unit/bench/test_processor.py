"""Processor time: a process, its children, and theirs."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from bench.processor import Spent, parse_stat, spent_by, tree_seconds


def test_a_name_with_brackets_and_spaces_does_not_shift_the_columns() -> None:
    numbers = " ".join(["10", *["0"] * 9, "100", "50", "30", "20", "20", "0"])
    ticks = os.sysconf("SC_CLK_TCK")

    assert parse_stat(f"7 (a) (b c) S {numbers}") == Spent(10, 200 / ticks)


def test_descendants_count_and_strangers_do_not() -> None:
    known = {1: Spent(0, 100), 2: Spent(1, 1), 3: Spent(2, 2), 4: Spent(3, 4), 5: Spent(1, 8)}

    assert tree_seconds(2, known) == pytest.approx(7)


def test_work_of_a_real_child_is_seen_while_it_lives_and_afterwards() -> None:
    burn = "import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    wait = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}]); input()"
    with subprocess.Popen([sys.executable, "-c", wait], stdin=subprocess.PIPE) as child:
        deadline = time.monotonic() + 60
        while spent_by(child.pid)[0] < 0.3 and time.monotonic() < deadline:
            time.sleep(0.01)
        spent = spent_by(child.pid)[0]
        child.communicate(b"\n")

    assert spent >= 0.3
