"""Every kind of update that there is has a step to begin with."""

from __future__ import annotations

import pytest

from acuse.meta.kinds import ACCOUNT_FIELDS, KINDS, MESSAGE_TYPES
from acuse_workers.pipeline import STEPS
from acuse_workers.steps.kinds import first_step


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_kind_begins_with_a_step_that_exists(kind: str) -> None:
    assert first_step(kind) in STEPS


def test_no_message_of_a_known_type_is_ignored_unread() -> None:
    begins = {
        kind: first_step(kind if kind in {"edit", "revoke"} else f"message.{kind}")
        for kind in MESSAGE_TYPES
    }

    assert "ignore" not in begins.values()


def test_of_the_account_fields_only_news_of_a_person_are_acted_on() -> None:
    acted_on = {f for f in ACCOUNT_FIELDS if first_step(f"account.{f}") != "ignore"}

    assert acted_on == {"user_id_update"}
