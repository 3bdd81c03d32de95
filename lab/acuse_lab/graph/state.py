"""What the fake knows: numbers, people, messages both ways, and who waits for a change."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from acuse.errors import NotFound
from acuse_lab.graph.clock import Clock
from acuse_lab.graph.contract import (
    AccountModes,
    Call,
    Callback,
    NumberModes,
    NumberSpec,
    Person,
    ReadMark,
    SendFault,
    SentMessage,
    TemplateSpec,
    Usage,
)
from acuse_lab.graph.errors import GraphFault, no_such_object
from acuse_lab.graph.limits import HourlyBudget, NumberRate, PairRate
from acuse_lab.graph.media import MediaShelf
from acuse_lab.graph.reach import PlainHttp
from acuse_lab.graph.sender import WebhookSender

WINDOW_SECONDS = 24 * 3600


@dataclass(slots=True)
class Fault:
    """A scripted failure and how often it still happens."""

    spec: SendFault
    left: int


@dataclass(slots=True)
class Outgoing:
    """A message the business sent: what is known of it, and what has become of it."""

    id: str
    phone_number_id: str
    at: float
    kind: str
    person: Person
    body: dict[str, Any]
    answered: bool = True
    statuses: list[str] = field(default_factory=list[str])

    def seen(self) -> SentMessage:
        """Return this message as the control API shows it."""
        return SentMessage(
            id=self.id,
            phone_number_id=self.phone_number_id,
            at=self.at,
            type=self.kind,
            wa_id=self.person.wa_id,
            user_id=self.person.user_id,
            body=self.body,
            answered=self.answered,
            statuses=tuple(self.statuses),
        )


@dataclass(slots=True)
class Number:
    """A business number: how it was registered, how it behaves, who wrote to it."""

    spec: NumberSpec
    modes: NumberModes = field(default_factory=NumberModes)
    # What stands for the app's callback as far as this number is concerned, if it is set.
    callback: Callback | None = None
    override: str | None = None
    management: Counter[str] = field(default_factory=Counter[str])
    faults: deque[Fault] = field(default_factory=deque[Fault])
    people: dict[str, Person] = field(default_factory=dict[str, Person])
    last_inbound: dict[str, float] = field(default_factory=dict[str, float])
    received_ids: set[str] = field(default_factory=set[str])
    sent_ids: set[str] = field(default_factory=set[str])
    pairs: defaultdict[str, PairRate] = field(default_factory=lambda: defaultdict(PairRate))
    rate: NumberRate = field(default_factory=NumberRate)
    free_used: Counter[str] = field(default_factory=Counter[str])
    billed: defaultdict[str, Counter[str]] = field(
        default_factory=lambda: defaultdict(Counter[str])
    )

    def heard_from(self, person: Person, *, message_id: str, at: float) -> None:
        """Note an inbound message: it opens the window and can be marked read or quoted."""
        self.received_ids.add(message_id)
        self.rate.count(at)
        for key in filter(None, (person.wa_id, person.user_id)):
            self.people[key] = person
            self.last_inbound[key] = at

    def window_is_open(self, person: Person, *, now: float) -> bool:
        """Say whether the person wrote within the last 24 hours."""
        keys = filter(None, (person.wa_id, person.user_id))
        return any(now - self.last_inbound.get(k, -1.0) < WINDOW_SECONDS for k in keys)

    def next_fault(self, on: str) -> SendFault | None:
        """Return what must go wrong with this call, and count it."""
        for fault in self.faults:
            if fault.spec.on == on:
                fault.left -= 1
                if fault.left <= 0:
                    self.faults.remove(fault)
                return fault.spec
        return None

    def usage(self, now: float) -> Usage:
        """Return what the messages of this month cost."""
        return Usage(free=self.free_used[month(now)], billed=dict(self.billed[month(now)]))


@dataclass(slots=True)
class Account:
    """A business account: by app, who is subscribed, where to, and what they have asked."""

    modes: AccountModes = field(default_factory=AccountModes)
    unsubscribed: set[str] = field(default_factory=set[str])
    overrides: dict[str, str] = field(default_factory=dict[str, str])
    budgets: defaultdict[str, HourlyBudget] = field(
        default_factory=lambda: defaultdict(HourlyBudget)
    )


@dataclass(slots=True)
class Graph:
    """The whole state of one fake."""

    clock: Clock
    sender: WebhookSender
    # Where the fake itself is; a caller's own word for it is better, unless `public` says so.
    base_url: str = ""
    public: bool = False
    # Which callbacks may be without TLS.
    plain_http: PlainHttp = "loopback"
    apps: dict[str, Callback] = field(default_factory=dict[str, Callback])
    accounts: defaultdict[str, Account] = field(default_factory=lambda: defaultdict(Account))
    numbers: dict[str, Number] = field(default_factory=dict[str, Number])
    templates: dict[tuple[str, str, str], TemplateSpec] = field(
        default_factory=dict[tuple[str, str, str], TemplateSpec]
    )
    shelf: MediaShelf = field(default_factory=MediaShelf)
    sent: list[Outgoing] = field(default_factory=list[Outgoing])
    reads: list[ReadMark] = field(default_factory=list[ReadMark])
    calls: list[Call] = field(default_factory=list[Call])
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.sender.note_change = self.note_change

    def register(self, spec: NumberSpec) -> None:
        """Add a number, or replace how it was registered and keep its history."""
        if spec.phone_number_id in self.numbers:
            self.numbers[spec.phone_number_id].spec = spec
        else:
            self.numbers[spec.phone_number_id] = Number(spec)
        for template in spec.templates:
            self.templates[spec.waba_id, template.name, template.language] = template

    def number(self, phone_number_id: str) -> Number:
        """Return a registered number, for the control API."""
        if phone_number_id not in self.numbers:
            raise NotFound(f"no number {phone_number_id} is registered")
        return self.numbers[phone_number_id]

    def templates_of(self, waba_id: str) -> dict[tuple[str, str], TemplateSpec]:
        """Return a business account's templates by name and language."""
        return {
            (name, language): template
            for (waba, name, language), template in self.templates.items()
            if waba == waba_id
        }

    def numbers_of(self, authorization: str | None) -> set[str]:
        """Return the ids of the numbers that a bearer token opens; raise Meta's 190 if none."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise GraphFault(
                "An access token is required to request this resource.", code=104, http_status=401
            )
        owned = {n.spec.phone_number_id for n in self.numbers.values() if token in n.spec.tokens}
        if owned:
            return owned
        if any(token in n.spec.expired_tokens for n in self.numbers.values()):
            raise GraphFault(
                "Error validating access token: Session has expired.",
                code=190,
                http_status=401,
                subcode=463,
            )
        raise GraphFault(
            "Invalid OAuth access token - Cannot parse access token", code=190, http_status=401
        )

    def open_number(
        self, phone_number_id: str, authorization: str | None, *, method: str = "post"
    ) -> Number:
        """Return the number if the token opens it; raise Meta's 190 or 100/33 otherwise."""
        if phone_number_id not in self.numbers_of(authorization):
            raise no_such_object(method, phone_number_id)
        return self.numbers[phone_number_id]

    def open_account(self, waba_id: str, authorization: str | None, *, method: str) -> Number:
        """Return a number of the account that the token opens; raise Meta's error otherwise."""
        owned = (self.numbers[number_id] for number_id in self.numbers_of(authorization))
        for number in owned:
            if number.spec.waba_id == waba_id:
                return number
        raise no_such_object(method, waba_id)

    def note_change(self) -> None:
        """Wake whoever waits for something to have happened."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait_until(self, is_so: Callable[[], bool], *, within: float) -> bool:
        """Wait at most `within` real seconds until `is_so()`; say whether it came."""
        try:
            async with asyncio.timeout(within):
                while not is_so():
                    await self._changed.wait()
        except TimeoutError:
            return is_so()
        return True


def month(now: float) -> str:
    """Return the calendar month (UTC) in which the free tier is counted."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m")
