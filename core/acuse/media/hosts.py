"""Which addresses a media may be fetched from, and so who may see a tenant's token.

Names are not resolved and pinned here. An allowed host is reached over https with its certificate
checked, so an address that DNS invents cannot answer for it, and no redirect is followed; which
addresses a pod can reach at all is the network policy's to say.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import httpx

from acuse.errors import InvalidSettings, MediaHostRefused

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_PATTERN: Final = re.compile(rf"(\*\.)?{_LABEL}(\.{_LABEL})+")
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """Hosts by name over https, and origins allowed exactly as written."""

    names: frozenset[str]
    suffixes: tuple[str, ...]
    origins: frozenset[tuple[str, str, int]]

    @classmethod
    def parse(cls, entries: Iterable[str]) -> AllowedHosts:
        """Read `media.example.com`, `*.example.com` or `http://127.0.0.1:8080`."""
        names: set[str] = set()
        suffixes: set[str] = set()
        origins: set[tuple[str, str, int]] = set()
        for entry in entries:
            if "://" in entry:
                origins.add(_origin_entry(entry))
            elif not _PATTERN.fullmatch(entry.lower()) or _is_address(entry):
                raise InvalidSettings(
                    f"media host {entry!r} is not a host name, *.NAME or an origin"
                )
            elif entry.startswith("*."):
                suffixes.add(entry[1:].lower())
            else:
                names.add(entry.lower())
        return cls(frozenset(names), tuple(sorted(suffixes)), frozenset(origins))

    def check(self, address: str) -> httpx.URL:
        """Return the address, parsed by the same code that will connect to it.

        Raises MediaHostRefused, without naming the address: its query is a secret.
        """
        try:
            url = httpx.URL(address)
        except (httpx.InvalidURL, TypeError) as exc:
            raise MediaHostRefused("the media's address is not a URL") from exc
        if url.userinfo:
            raise MediaHostRefused("the media's address carries a user")
        host = url.raw_host.decode("ascii").lower()
        if _origin(url) in self.origins:
            return url
        if url.scheme != "https" or url.port not in {None, 443} or _is_address(host):
            raise MediaHostRefused("the media's address is not https on a named host")
        # Also keeps out names that the resolver itself would choke on.
        named = _PATTERN.fullmatch(host) and (host in self.names or host.endswith(self.suffixes))
        if not named:
            raise MediaHostRefused("the media's host is not an allowed one")
        return url


def _origin_entry(entry: str) -> tuple[str, str, int]:
    try:
        url = httpx.URL(entry)
    except httpx.InvalidURL as exc:
        raise InvalidSettings(f"media host {entry!r} is not an origin") from exc
    bare = url.path in {"", "/"} and not url.query and not url.fragment and not url.userinfo
    if url.scheme not in _DEFAULT_PORTS or not url.host or not bare:
        raise InvalidSettings(f"media host {entry!r} is not an origin")
    return _origin(url)


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    host = url.raw_host.decode("ascii").lower()
    return url.scheme, host, url.port or _DEFAULT_PORTS.get(url.scheme, 0)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        # 127.1 and 0x7f000001 are addresses to a resolver; no name ends in such a label.
        last = host.rstrip(".").rsplit(".", 1)[-1].lower()
        return last.isdigit() or last.startswith("0x")
    return True
