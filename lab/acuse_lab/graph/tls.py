"""One TLS context per process: to load the authorities for each client takes too long."""

from __future__ import annotations

import ssl
from functools import cache
from pathlib import Path

import httpx

from acuse.errors import InvalidSettings


@cache
def trust(ca_file: Path | None = None) -> ssl.SSLContext:
    """Return the context that trusts the usual authorities, and those in `ca_file`."""
    context = httpx.create_ssl_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except (OSError, ssl.SSLError) as exc:
            raise InvalidSettings(f"no certificate authority can be read from {ca_file}") from exc
    return context
