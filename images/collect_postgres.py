"""Copies from this Debian the trial's PostgreSQL to OUT, without what OUT/../root has already.

Compiling queries (LLVM) is left out: it would be most of the image.
"""  # noqa: INP001 - a script of the image's build, no module

from __future__ import annotations

import re
import sys
from pathlib import Path

import collect

PACKAGES = ("postgresql-15", "postgresql-client-15", "tzdata")
LEFT_OUT = re.compile(
    r"^/[^/]+$"
    r"|^/usr/share/(?!common-licenses|postgresql/15/|zoneinfo/|doc/[^/]+/copyright$)"
    r"|^/usr/share/postgresql/15/man/|^/usr/share/zoneinfo/(posix|right)/"
    r"|^/usr/lib/postgresql/15/lib/(bitcode|pgxs)/|/llvmjit"
    r"|^/(var|boot|home|root|srv|media|mnt|opt|etc)/"
)


def main(out: Path) -> None:
    """Fill OUT."""
    collect.LEFT_OUT = LEFT_OUT
    root = out.parent / "root"
    there = frozenset(f"/{path.relative_to(root)}" for path in root.rglob("*"))
    collect.collect(PACKAGES, out, without=there)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
