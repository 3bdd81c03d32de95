"""How the fake reaches callbacks: which addresses it takes, and where their names lead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, urlsplit

import httpx

from acuse.errors import InvalidSettings
from acuse_lab.graph.tls import trust

# Meta takes https alone. The lab may stand between callbacks that have no certificate.
PlainHttp = Literal["never", "loopback", "private"]


@dataclass(frozen=True, slots=True)
class Reach:
    """What is said at the start of a fake about the network around it.

    `base_url` is its own address for others; without one each caller's word for it is used.
    `names` gives a callback's host the address to connect to, as a hosts file would.
    """

    base_url: str = ""
    ca_file: Path | None = None
    plain_http: PlainHttp = "loopback"
    names: Mapping[str, str] = field(default_factory=dict[str, str])


def read_name(text: str) -> tuple[str, str]:
    """Return HOST=ADDRESS as a pair."""
    host, _, address = text.partition("=")
    if not host or not _is_address(address):
        raise InvalidSettings(f"a name is given as HOST=ADDRESS, not {text}")
    return host, address


def wrong_with(url: str, *, plain_http: PlainHttp, names: Mapping[str, str]) -> str | None:
    """Say why Meta would not take this address for a callback, or None."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "is not a URL"
    if parts.scheme == "http" and not _may_be_plain(parts, plain_http=plain_http, names=names):
        return "must use https"
    return None


def _may_be_plain(parts: SplitResult, *, plain_http: PlainHttp, names: Mapping[str, str]) -> bool:
    host = parts.hostname or ""
    address = names.get(host, "127.0.0.1" if host == "localhost" else host)
    if not _is_address(address):
        return False
    where = ip_address(address)
    if plain_http == "private":
        return where.is_private
    return plain_http == "loopback" and where.is_loopback


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


class NamingTransport(httpx.AsyncHTTPTransport):
    """Connects to the addresses given for names; Host and certificate stay the name's."""

    def __init__(self, *, ca_file: Path | None, names: Mapping[str, str]) -> None:
        super().__init__(verify=trust(ca_file), trust_env=False)
        self._names = names

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Make one request."""
        host = request.url.host
        if host in self._names:
            request.url = request.url.copy_with(host=self._names[host])
            request.extensions = {**request.extensions, "sni_hostname": host}
        return await super().handle_async_request(request)
