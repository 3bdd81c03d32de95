"""Where an account's calls are used up, what needs two of them still gets its turn."""

from __future__ import annotations

from typing import Any

from acuse.meta.management import NumberState
from acuse_operator.hub.budget import Budgets, Limits
from acuse_operator.hub.numbers import Wish
from acuse_operator.hub.unregistration import remove_override
from support.hub_values import NUMBER, WABA

URL = "https://ar-1.example/webhooks/whatsapp/meta/cloud/shops.acme"
WISH = Wish(NUMBER, WABA, "v26.0", URL, "verify", "token")


class Meta:
    """A Meta that has our override until it is taken away."""

    def __init__(self) -> None:
        self.override: str | None = URL

    async def number(self, phone_number_id: str, **_: Any) -> NumberState:
        return NumberState(phone_number_id, override_callback_uri=self.override)

    async def set_override(self, *_: Any, **__: Any) -> None:
        raise NotImplementedError

    async def remove_override(self, *_: Any, **__: Any) -> None:
        self.override = None


async def test_two_calls_that_go_together_are_had_once_both_have_come_back() -> None:
    now = 0.0
    budgets = Budgets(Limits(at_start=0.0), clock=lambda: now)
    wait = budgets.spend(WABA, calls=2)
    assert wait > 0.0

    # Whoever asks too early takes nothing away from what it waits for.
    for moment in (wait / 4, wait / 2, wait * 3 / 4):
        now = moment
        assert budgets.spend(WABA, calls=2) > 0.0
    now = wait
    assert budgets.spend(WABA, calls=2) == 0.0
    assert budgets.spend(WABA) > 0.0


async def test_an_override_is_removed_though_the_account_had_no_calls_left() -> None:
    now, meta = 0.0, Meta()
    budgets = Budgets(Limits(at_start=0.0), clock=lambda: now)

    for moment in range(0, 120, 10):
        now = float(moment)
        if await remove_override(meta, budgets, WISH) is None:
            break

    assert meta.override is None
