"""The message that goes out for one or more replies; pure, so that each case can be tested."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from acuse.replies.claiming import Claimed
from acuse.replies.content import body_of, joined, message, template, text
from acuse.tenants.tenant import Tenant


def to_message(group: Sequence[Claimed], tenant: Tenant) -> dict[str, Any] | None:
    """Return the body for Meta of replies that go as one; None when the window forbids it.

    Outside the 24 hours only templates are delivered: a text goes as the tenant's result template.
    """
    first = group[0]
    content, kind, context_id = first.decoded(), first.kind, first.context_id
    if len(group) > 1:
        content = dict(text(joined([body_of(row.decoded()) for row in group])).data)
        context_id = None
    if not first.window_open and kind != "template":
        if kind != "text" or tenant.result_template is None:
            return None
        words = [body_of(content)]
        content = dict(
            template(tenant.result_template, locale=tenant.locale, parameters=words).data
        )
        kind, context_id = "template", None
    return message(
        content,
        kind=kind,
        address=first.address,
        ids=[row.id for row in group],
        context_id=context_id,
    )
