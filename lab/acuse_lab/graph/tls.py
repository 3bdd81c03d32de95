"""One TLS context per process: to load the authorities for each client takes too long."""

from __future__ import annotations

import ssl
from functools import cache

import httpx


@cache
def trust() -> ssl.SSLContext:
    """Return the context that trusts the usual authorities."""
    return httpx.create_ssl_context()
