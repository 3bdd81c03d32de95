"""The codes of the audit trail are those that docs/audit.md explains."""

from __future__ import annotations

import re
from pathlib import Path

from acuse.audit.trail import Code

PAGE = Path(__file__).parents[3] / "docs" / "audit.md"


def test_every_code_is_explained_and_no_other() -> None:
    explained = re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \|", PAGE.read_text(), flags=re.MULTILINE)
    assert sorted(explained) == sorted(Code)
