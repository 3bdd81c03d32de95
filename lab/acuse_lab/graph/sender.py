"""Webhook POSTs as Meta sends them: escaped, signed over the raw bytes, retried for seven days."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx

from acuse_lab.graph.clock import Clock
from acuse_lab.graph.contract import Attempt, Delivery
from acuse_lab.graph.reach import NamingTransport, Reach

MAX_UPDATES = 1000
MAX_BYTES = 3_000_000
KEPT_SECONDS = 7 * 24 * 3600
# "Immediately, then a few more times with decreasing frequency over the next 7 days."
_FIRST_WAITS = (0.0, 15.0)
_GROWTH = 4.0
_LONGEST_WAIT = 24 * 3600.0
# Meta does not say how long it waits; integrators give 3 to 10 seconds. Real time.
_ANSWER_SECONDS = 10.0
_OK = 200


def encode(body: dict[str, Any]) -> bytes:
    r"""Return `body` as Meta writes it: compact, and with `ä` as `\u00e4`, `/` as `\/`, `<`, `@`.

    The signature covers these bytes; whoever serialises the parsed body again gets others.
    """
    text = json.dumps(body, ensure_ascii=True, separators=(",", ":"))
    # In JSON these characters can only stand inside strings, and json.dumps escapes none of them.
    return text.replace("/", "\\/").replace("<", "\\u003C").replace("@", "\\u0040").encode()


def sign(app_secret: str, body: bytes) -> str:
    """Return the value of X-Hub-Signature-256 for these raw bytes."""
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


def wait_before_retry(failures: int) -> float:
    """Return the seconds between the `failures`-th failed try and the next."""
    if failures <= len(_FIRST_WAITS):
        return _FIRST_WAITS[failures - 1]
    wait = _FIRST_WAITS[-1] * _GROWTH ** (failures - len(_FIRST_WAITS))
    return float(min(wait, _LONGEST_WAIT))


@dataclass(slots=True)
class Post:
    """One webhook POST and what became of it."""

    url: str
    app_secret: str
    body: bytes
    updates: int
    parallel: bool = False
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    state: Literal["pending", "delivered", "dropped"] = "pending"
    attempts: list[Attempt] = field(default_factory=list[Attempt])

    def seen(self) -> Delivery:
        """Return this POST as the control API shows it."""
        return Delivery(
            id=self.id,
            url=self.url,
            updates=self.updates,
            size=len(self.body),
            state=self.state,
            attempts=tuple(self.attempts),
        )


class WebhookSender:
    """Posts webhooks and tries again, on the lab's clock, until a 200 or seven days have passed."""

    def __init__(self, clock: Clock, reach: Reach | None = None) -> None:
        reach = reach or Reach()
        self._clock = clock
        self.names = dict(reach.names)
        self.note_change: Callable[[], None] = lambda: None
        self._http = httpx.AsyncClient(
            # A POST waits for a free connection as long as it takes: only Meta's wait is limited.
            timeout=httpx.Timeout(_ANSWER_SECONDS, pool=None),
            trust_env=False,
            follow_redirects=False,
            transport=NamingTransport(ca_file=reach.ca_file, names=self.names),
        )
        self.posts: list[Post] = []

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def send(self, post: Post, *, after: float = 0.0) -> None:
        """Put a POST on its way; those to one address follow one another unless in parallel."""
        self.posts.append(post)
        self._schedule(post, after=after)

    async def verify(self, url: str, *, verify_token: str) -> str | None:
        """Ask a callback for the challenge as Meta does; return what is wrong, or None."""
        challenge = str(secrets.randbelow(10**10))
        query = {
            "hub.mode": "subscribe",
            "hub.challenge": challenge,
            "hub.verify_token": verify_token,
        }
        try:
            answer = await self._http.get(url, params=query)
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            return f"the callback did not answer: {type(exc).__name__}"
        if answer.status_code != _OK:
            reason = answer.reason_phrase
            return f"HTTP Status Code = {answer.status_code}; HTTP Message = {reason}"
        return None if answer.text == challenge else "the challenge did not come back"

    def _schedule(self, post: Post, *, after: float) -> None:
        async def attempt() -> None:
            await self._attempt(post)

        self._clock.after(after, attempt, lane=None if post.parallel else post.url)

    async def _attempt(self, post: Post) -> None:
        began = post.attempts[0].at if post.attempts else self._clock.now()
        status = await self._post(post)
        post.attempts.append(Attempt(at=self._clock.now(), http_status=status))
        wait = wait_before_retry(len(post.attempts))
        if status == _OK:
            post.state = "delivered"
        elif self._clock.now() + wait - began > KEPT_SECONDS:
            post.state = "dropped"
        else:
            self._schedule(post, after=wait)
        self.note_change()

    async def _post(self, post: Post) -> int | None:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "facebookexternalua",
            "X-Hub-Signature-256": sign(post.app_secret, post.body),
        }
        try:
            answer = await self._http.post(post.url, content=post.body, headers=headers)
        except httpx.HTTPError:
            return None
        return answer.status_code
