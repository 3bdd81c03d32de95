"""What the images for trials are made of besides Debian: the S3 server, built from its module."""

from __future__ import annotations

import shutil
from pathlib import Path

from acuse_lab.go_tools import VERSITYGW, program


def fill_trial(context: Path) -> None:
    """Lay the S3 server where the context's Containerfile looks for it; InvalidSettings."""
    folder = context / "build/trial"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy2(program(VERSITYGW), folder / "versitygw")
