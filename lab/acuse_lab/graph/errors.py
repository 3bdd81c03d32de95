"""Meta's error codes, and the envelope in which the Graph API answers them.

Codes are Meta's (business-messaging/whatsapp/support/error-codes). Titles and HTTP statuses follow
what that page and providers' pages show, and are a choice where none shows one: rely on the
code alone, as Meta itself says.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

ERRORS_PAGE = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"
GRAPH_PAGE = "https://developers.facebook.com/docs/graph-api"


@dataclass(frozen=True, slots=True)
class KnownError:
    """One of Meta's codes: its HTTP status, title and usual details."""

    http_status: int
    title: str
    details: str


KNOWN_ERRORS: dict[int, KnownError] = {
    0: KnownError(401, "AuthException", "We were unable to authenticate the app user."),
    1: KnownError(400, "API Unknown", "Invalid request or possible server error."),
    2: KnownError(503, "API Service", "Temporary due to downtime or due to being overloaded."),
    3: KnownError(500, "API Method", "Capability or permissions issue."),
    4: KnownError(400, "API Too Many Calls", "The app has reached its API call rate limit."),
    10: KnownError(
        403,
        "Application does not have permission for this action",
        "Permission is either not granted or has been removed.",
    ),
    100: KnownError(400, "Invalid parameter", "The request has an unsupported parameter."),
    190: KnownError(401, "Access token has expired", "Your access token has expired."),
    200: KnownError(403, "API Permission", "Permission is either not granted or removed."),
    368: KnownError(
        403,
        "Temporarily blocked for policies violations",
        "The WhatsApp Business Account has been restricted for violating a platform policy.",
    ),
    80007: KnownError(400, "Rate limit issues", "The account has reached its rate limit."),
    2200: KnownError(
        400,
        "Callback verification failed",
        "The callback did not answer the challenge.",
    ),
    130429: KnownError(429, "Rate limit hit", "Cloud API message throughput has been reached."),
    130472: KnownError(
        400,
        "User's number is part of an experiment",
        "Failed to send message because this user's phone number is part of an experiment",
    ),
    130497: KnownError(
        403,
        "Business account is restricted from messaging users in this country.",
        "The account cannot message users of certain countries.",
    ),
    131000: KnownError(500, "Something went wrong", "Message failed due to an unknown error."),
    131005: KnownError(403, "Access denied", "Permission is either not granted or removed."),
    131008: KnownError(400, "Required parameter is missing", "A required parameter is missing."),
    131009: KnownError(400, "Parameter value is not valid", "A parameter value is invalid."),
    131016: KnownError(503, "Service unavailable", "A service is temporarily unavailable."),
    131021: KnownError(400, "Recipient cannot be sender", "Sender and recipient are the same."),
    131026: KnownError(400, "Message undeliverable", "Message Undeliverable."),
    131031: KnownError(403, "Account has been locked", "The account has been locked."),
    131042: KnownError(
        400,
        "Business eligibility payment issue",
        "Message failed to send because there were one or more errors related to your payment"
        " method.",
    ),
    131047: KnownError(
        400,
        "Re-engagement message",
        "Message failed to send because more than 24 hours have passed since the customer last"
        " replied to this number.",
    ),
    131048: KnownError(429, "Spam rate limit hit", "Too many messages were flagged as spam."),
    131049: KnownError(
        400,
        "This message was not delivered to maintain healthy ecosystem engagement.",
        "In order to maintain a healthy ecosystem engagement, the message failed to be delivered.",
    ),
    131050: KnownError(
        400,
        "User has stopped marketing messages",
        "Unable to deliver the message: the recipient has chosen to stop marketing messages.",
    ),
    131051: KnownError(400, "Unsupported message type", "Unsupported message type."),
    131052: KnownError(400, "Media download error", "Unable to download the media of the sender."),
    131053: KnownError(400, "Media upload error", "Unable to upload the media in the message."),
    131056: KnownError(
        429,
        "(Business Account, Consumer Account) pair rate limit hit",
        "Message failed to send because there were too many messages sent from this phone number"
        " to the same phone number in a short period of time.",
    ),
    131057: KnownError(503, "Account in maintenance mode", "The account is in maintenance mode."),
    132000: KnownError(
        400,
        "Number of parameters does not match the expected number of params",
        "The number of parameters does not match the template's.",
    ),
    132001: KnownError(
        404,
        "Template name does not exist in the translation",
        "The template does not exist in the language, or has not been approved.",
    ),
    132005: KnownError(400, "Translated text too long", "The filled template is too long."),
    132012: KnownError(
        400,
        "Parameter format does not match format in the created template",
        "A parameter is not formatted as the template wants it.",
    ),
    132015: KnownError(400, "Template is paused", "The template is paused due to low quality."),
    132016: KnownError(400, "Template is disabled", "The template has been disabled for good."),
    132018: KnownError(
        400,
        "There is an issue with the parameters in your template",
        "Param text cannot have new-line/tab characters or more than 4 consecutive spaces",
    ),
    133004: KnownError(503, "Server temporarily unavailable", "Server temporarily unavailable."),
    133010: KnownError(400, "Phone number not registered", "The number is not registered."),
}

UNKNOWN_TYPE = 131051
UNLISTED = KnownError(400, "Unknown error", "An error that the lab's list does not have.")


class GraphFault(Exception):
    """An answer of the fake that is an error of Meta's; the app turns it into its envelope."""

    def __init__(  # every part of Meta's envelope can differ on its own
        self,
        message: str,
        *,
        code: int,
        http_status: int = 400,
        kind: str = "OAuthException",
        subcode: int | None = None,
        details: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.http_status = http_status
        self.kind = kind
        self.subcode = subcode
        self.details = details
        self.headers: dict[str, str] = {}

    def envelope(self) -> dict[str, Any]:
        """Return the JSON body in which Meta answers this error."""
        error: dict[str, Any] = {"message": self.message, "type": self.kind, "code": self.code}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.details is not None:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        error["fbtrace_id"] = "A" + secrets.token_urlsafe(16)
        return {"error": error}


def known(code: int) -> KnownError:
    """Return what Meta says of `code`."""
    return KNOWN_ERRORS.get(code, UNLISTED)


def fault(code: int, *, details: str | None = None, http_status: int | None = None) -> GraphFault:
    """Return the error with Meta's title for `code`, and its details if none are given."""
    meant = known(code)
    return GraphFault(
        f"(#{code}) {meant.title}",
        code=code,
        http_status=http_status or meant.http_status,
        details=details or meant.details,
    )


def bad_shape(sentence: str) -> GraphFault:
    """Return code 100 as Meta's own schema check says it: in the message, without error_data."""
    return GraphFault(f"(#100) {sentence}", code=100)


def no_such_object(method: str, object_id: str) -> GraphFault:
    """Return 100/33: the object does not exist, or is not the token's (Meta does not say which)."""
    return GraphFault(
        f"Unsupported {method.lower()} request. Object with ID '{object_id}' does not exist,"
        " cannot be loaded due to missing permissions, or does not support this operation."
        f" Please read the Graph API documentation at {GRAPH_PAGE}",
        code=100,
        kind="GraphMethodException",
        subcode=33,
    )


def received_error(code: int) -> dict[str, Any]:
    """Return the `errors[]` item of an inbound message that could not be carried."""
    if code == UNKNOWN_TYPE:
        title, details = "Message type unknown", "Message type is currently not supported."
    else:
        title, details = known(code).title, known(code).details
    return {"code": code, "title": title, "message": title, "error_data": {"details": details}}


def status_error(code: int) -> dict[str, Any]:
    """Return the `errors[]` item of a failed status for `code`."""
    meant = known(code)
    return {
        "code": code,
        "title": meant.title,
        "message": meant.title,
        "error_data": {"details": meant.details},
        "href": ERRORS_PAGE,
    }
