"""Folders of a test that a program of another user has to reach."""

from __future__ import annotations

from pathlib import Path


def open_to_all(folder: Path) -> None:
    """Let everybody enter and read a folder of pytest's, and those of its that it lies in.

    They are closed, and there is one more of them where tests run in several processes.
    """
    for each in (folder, *folder.parents):
        each.chmod(0o755)
        if each.name.startswith("pytest-of-"):
            return
