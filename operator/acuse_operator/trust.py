"""Whose certificates the intake may show: the system's authorities', and one of the user's own."""

from __future__ import annotations

import ssl
from pathlib import Path

from acuse.errors import InvalidSettings


def intake_trust(ca_file: str) -> ssl.SSLContext:
    """Return the context to check the intake with; InvalidSettings for a file that is none."""
    context = ssl.create_default_context()
    if ca_file:
        try:
            context.load_verify_locations(cafile=Path(ca_file))
        except (OSError, ssl.SSLError) as exc:
            raise InvalidSettings("intake_ca_file: cannot be read as certificates") from exc
    return context
