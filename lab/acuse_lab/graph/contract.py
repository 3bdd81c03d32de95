"""The words of the control API: what `/_lab/` takes and answers, shared by server and client.

Times are seconds: `at` is a Unix time of the lab's clock, everything else a duration.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

APP_ID = "670843887433847"


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A value of the control API; a misspelt field is refused."""


# --- numbers and their templates ---------------------------------------------------------------


class TemplateButton(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One button of a template, as Meta's template API writes it."""

    type: Literal["QUICK_REPLY", "URL", "PHONE_NUMBER", "COPY_CODE"]
    text: str = ""
    url: str = ""


class TemplateComponent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One component of a template, as Meta's template API writes it (`example` is not kept)."""

    type: Literal["HEADER", "BODY", "FOOTER", "BUTTONS"]
    format: Literal["TEXT", "DOCUMENT", "IMAGE", "VIDEO"] = "TEXT"
    text: str = ""
    buttons: tuple[TemplateButton, ...] = ()


class TemplateSpec(Said, frozen=True, kw_only=True):
    """A message template of a business account; only an APPROVED one can be sent."""

    name: str
    language: str = "es_AR"
    category: Literal["UTILITY", "MARKETING", "AUTHENTICATION"] = "UTILITY"
    status: Literal["APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED"] = "APPROVED"
    parameter_format: Literal["positional", "named"] = "positional"
    components: tuple[TemplateComponent, ...]


class NumberSpec(Said, frozen=True, kw_only=True):
    """A business phone number; registering it again replaces this and keeps its history.

    Templates belong to the business account: numbers with the same `waba_id` share them.
    `app_id` is the Meta app that the tokens are of.
    """

    phone_number_id: str
    waba_id: str
    display_phone_number: str
    tokens: tuple[str, ...]
    app_secret: str
    expired_tokens: tuple[str, ...] = ()
    templates: tuple[TemplateSpec, ...] = ()
    app_id: str = APP_ID
    verified_name: str = "Acuse de prueba"


class Callback(Said, frozen=True, kw_only=True):
    """Where webhooks go; registered only if the address answers the challenge."""

    url: str
    verify_token: str


class Override(Said, frozen=True, kw_only=True):
    """An override as somebody else has set it, unverified; None is none."""

    url: str | None = None


class Registration(Said, frozen=True, kw_only=True):
    """Where a number's webhooks go: `messages` is the first of the three that is set.

    `application` gets what cannot be overridden: templates and the account. Without a
    subscription (`subscribed`) of the app to the business account nothing goes anywhere.
    """

    override: str | None
    account_override: str | None
    application: str | None
    messages: str | None
    subscribed: bool


class AccountModes(Said, frozen=True, kw_only=True):
    """How many management calls an app has per hour on one business account.

    Meta gives 200, and 5,000 to an active account.
    """

    management_calls_per_hour: int = 200


class Management(Said, frozen=True, kw_only=True):
    """The management calls about a number, and what is used of its account's hourly budget.

    `looks` read, `changes` write; `limited` were refused for want of budget.
    """

    looks: int
    changes: int
    limited: int
    used_in_hour: int
    limit: int


# --- how a number behaves ----------------------------------------------------------------------


class StatusPlan(Said, frozen=True, kw_only=True):
    """Which statuses follow a message, how long after it was accepted, and how disorderly.

    `read_after=None` is a reader without read receipts. `skip_delivered` is a message read at once.
    `fail_with` is an error code: the message then fails instead of being delivered.
    """

    on: bool = True
    sent_after: float = 0.2
    delivered_after: float = 1.0
    read_after: float | None = 4.0
    skip_delivered: bool = False
    reverse: bool = False
    copies: int = 1
    fail_with: int | None = None


class NumberModes(Said, frozen=True, kw_only=True):
    """How strict and how talkative one number is.

    `window`: what a message outside the 24 hours gets. Meta accepts the call and fails the message
    by webhook (`status`, the default); `error` refuses the call, `off` does not look.
    `pair_rate` turns 131056 on; `messages_per_second` turns 130429 on (Meta's figure is 80).
    `media_urls` puts an address beside the id of inbound media, as Meta does since 2025-11.
    """

    window: Literal["status", "error", "off"] = "status"
    pair_rate: bool = False
    messages_per_second: int | None = None
    free_service_messages: int = 1000
    media_urls: bool = False
    statuses: StatusPlan = StatusPlan()


class SendFault(Said, frozen=True, kw_only=True):
    """What the next `times` valid calls of a kind get instead of their answer.

    `error` answers with Meta's envelope for `code`; `empty` with `http_status` and no body.
    `hang_after_accept` keeps the message and never answers, `cut_after_accept` keeps it and drops
    the connection: the ambiguous cases. `cut_before_accept` drops it with nothing kept. `slow`
    answers as usual, `seconds` of real time later. `look` is a management call that reads, and
    `change` one that writes.
    """

    how: Literal[
        "error", "empty", "hang_after_accept", "cut_after_accept", "cut_before_accept", "slow"
    ]
    on: Literal["message", "read", "upload", "look", "change"] = "message"
    times: int = 1
    code: int = 131000
    http_status: int | None = None
    details: str | None = None
    seconds: float = 1.0


class MediaModes(Said, frozen=True, kw_only=True):
    """How one media misbehaves.

    `chunk_delay` waits between chunks of `chunk_size` bytes (real time: it is the network's).
    `cut_after` drops the connection after that many bytes of the announced length.
    `content_type` is served instead of the announced one. `extra_bytes` come beyond `file_size`;
    with `no_length` the answer is chunked and announces nothing. `corrupt` flips a served bit;
    `wrong_sha256` announces another digest. The first `expired_addresses` addresses are refused
    at once with 404. The first `failures` calls at `failures_on` answer `failure_status`.
    """

    chunk_delay: float = 0.0
    chunk_size: int = 65536
    cut_after: int | None = None
    content_type: str | None = None
    extra_bytes: int = 0
    no_length: bool = False
    corrupt: bool = False
    wrong_sha256: bool = False
    expired_addresses: int = 0
    failures: int = 0
    failure_status: int = 500
    failures_on: Literal["address", "download"] = "download"


# --- inbound -----------------------------------------------------------------------------------


class Person(Said, frozen=True, kw_only=True):
    """Someone who writes to the business; at least one of `wa_id` and `user_id` is known."""

    name: str = "Ana Sosa"
    wa_id: str | None = "5491155550101"
    user_id: str | None = "AR.13491208655302741918"
    parent_user_id: str | None = None
    username: str | None = None


class Inbound(Said, frozen=True, kw_only=True):
    """One message for a number: `message` has its type and content; id and time are filled in."""

    phone_number_id: str
    person: Person
    message: dict[str, Any]


class Change(Said, frozen=True, kw_only=True):
    """One account-level update (a template's state, an account event): any field, any value."""

    phone_number_id: str
    field: str
    value: dict[str, Any]


class Delivering(Said, frozen=True, kw_only=True):
    """How updates are put into POSTs: never more than 1,000 updates or 3 MB in one.

    `grouping`: messages of one number share a value, or each has its own change or entry.
    `together=False` posts each update alone. `copies` repeats every POST, `reverse` turns the
    order of the POSTs around, `after` waits first. POSTs to one address follow one another, each
    after the answer to the last; `parallel` lets them go side by side, as Meta's do.
    """

    grouping: Literal["value", "change", "entry"] = "value"
    together: bool = True
    copies: int = 1
    reverse: bool = False
    parallel: bool = False
    after: float = 0.0


class InboundBatch(Said, frozen=True, kw_only=True):
    """Updates to deliver now; numbers that share a callback and an app secret share POSTs."""

    messages: tuple[Inbound, ...] = ()
    changes: tuple[Change, ...] = ()
    delivering: Delivering = Delivering()


class InboundSent(Said, frozen=True, kw_only=True):
    """What was put on its way: message ids in the order given, POST bodies, delivery ids.

    Without a callback nothing is posted (`delivery_ids` is empty) but the messages count as
    delivered: they open the window and can be marked read.
    """

    message_ids: tuple[str, ...]
    bodies: tuple[str, ...]
    delivery_ids: tuple[str, ...]


# --- what was seen -----------------------------------------------------------------------------


class MediaInfo(Said, frozen=True, kw_only=True):
    """A media kept by the lab; `sha256` is hexadecimal."""

    id: str
    mime_type: str
    sha256: str
    file_size: int
    filename: str | None = None


class SentMessage(Said, frozen=True, kw_only=True):
    """A message the business sent and the lab accepted, with the whole body it came in.

    `answered` is False if the caller never got the answer. `statuses` are those posted so far.
    """

    id: str
    phone_number_id: str
    at: float
    type: str
    wa_id: str | None
    user_id: str | None
    body: dict[str, Any]
    answered: bool
    statuses: tuple[str, ...]


class ReadMark(Said, frozen=True, kw_only=True):
    """A message the business marked as read, with or without the typing indicator."""

    message_id: str
    phone_number_id: str
    at: float
    typing: bool


class Call(Said, frozen=True, kw_only=True):
    """One call of the Graph API: what was asked and answered; status 0 is no answer at all."""

    at: float
    method: str
    path: str
    http_status: int
    code: int | None


class Attempt(Said, frozen=True, kw_only=True):
    """One try at a webhook; `http_status` is None if no answer came."""

    at: float
    http_status: int | None


class Delivery(Said, frozen=True, kw_only=True):
    """One webhook POST and its tries; dropped after seven days without a 200."""

    id: str
    url: str
    updates: int
    size: int
    state: Literal["pending", "delivered", "dropped"]
    attempts: tuple[Attempt, ...]


class Usage(Said, frozen=True, kw_only=True):
    """What a number's messages of this calendar month cost: free, and billed by category."""

    free: int
    billed: dict[str, int]


class Time(Said, frozen=True, kw_only=True):
    """The lab's clock: a Unix time, and whether it flows by itself."""

    now: float
    live: bool


class Advance(Said, frozen=True, kw_only=True):
    """How far to move the clock; everything due on the way happens, in order."""

    seconds: float
