"""Where a number's webhooks go: its own override, its account's, its app's callback."""

from __future__ import annotations

from acuse_lab.graph.contract import Registration
from acuse_lab.graph.state import Graph, Number

Route = tuple[str, str]

# Meta, "Webhook overrides": all else, templates and the account, goes to the app's callback.
_OVERRIDABLE = frozenset(
    {
        "messages",
        "message_echoes",
        "calls",
        "consumer_profile",
        "messaging_handovers",
        "history",
        "account_settings_update",
    }
)
_OVERRIDABLE_PREFIXES = ("group_", "smb_")


def registration(graph: Graph, number: Number) -> Registration:
    """Return where this number's webhooks go."""
    account = graph.accounts[number.spec.waba_id]
    app_id = number.spec.app_id
    callback = number.callback or graph.apps.get(app_id)
    application = callback.url if callback else None
    account_override = account.overrides.get(app_id)
    subscribed = app_id not in account.unsubscribed
    chosen = number.override or account_override or application
    return Registration(
        override=number.override,
        account_override=account_override,
        application=application,
        messages=chosen if subscribed else None,
        subscribed=subscribed,
    )


def route(graph: Graph, number: Number, *, field: str) -> Route | None:
    """Return the address and app secret for an update of this field; None if it goes nowhere."""
    known = registration(graph, number)
    own = field in _OVERRIDABLE or field.startswith(_OVERRIDABLE_PREFIXES)
    url = known.messages if own else known.application
    if url is None or not known.subscribed:
        return None
    return url, number.spec.app_secret


def webhook_configuration(graph: Graph, number: Number) -> dict[str, str]:
    """Return the three addresses as Meta shows them; what is not set is left out."""
    known = registration(graph, number)
    shown = {
        "phone_number": known.override,
        "whatsapp_business_account": known.account_override,
        "application": known.application,
    }
    return {name: url for name, url in shown.items() if url}
