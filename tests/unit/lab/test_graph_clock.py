"""The lab's clock: it moves only when told, and what is due happens in order."""

from __future__ import annotations

import asyncio
import time

import pytest

from acuse_lab.graph.clock import Action, Clock


class Diary:
    """Keeps what happened and at which of the clock's times."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lines: list[tuple[float, str]] = []

    def note(self, text: str, *, then: float | None = None) -> Action:
        async def action() -> None:
            self.lines.append((self.clock.now(), text))
            if then is not None:
                self.clock.after(then, self.note(f"after {text}"))

        return action


def test_the_clock_starts_at_the_real_now() -> None:
    assert abs(Clock().now() - time.time()) < 60


async def test_what_is_due_on_the_way_happens_in_order_and_at_its_own_time() -> None:
    clock = Clock(start=1000.0)
    diary = Diary(clock)
    clock.after(30, diary.note("late"))
    clock.after(10, diary.note("early", then=5))
    clock.after(100, diary.note("beyond"))

    await clock.advance(60)

    assert diary.lines == [(1010.0, "early"), (1015.0, "after early"), (1030.0, "late")]
    assert clock.now() == 1060.0


async def test_what_is_due_now_happens_without_moving_the_clock() -> None:
    clock = Clock(start=1000.0)
    diary = Diary(clock)
    clock.after(0, diary.note("now"))

    await clock.drain()

    assert diary.lines == [(1000.0, "now")]


async def test_actions_of_one_lane_never_overlap() -> None:
    clock = Clock(start=0.0)
    seen: list[str] = []

    def slow(name: str) -> Action:
        async def action() -> None:
            seen.append(f"{name} begins")
            for _ in range(3):
                await asyncio.sleep(0)
            seen.append(f"{name} ends")

        return action

    clock.after(0, slow("a"), lane="one")
    clock.after(0, slow("b"), lane="one")
    await clock.drain()

    assert seen == ["a begins", "a ends", "b begins", "b ends"]


async def test_an_action_that_fails_is_not_hidden() -> None:
    clock = Clock()

    async def broken() -> None:
        raise LookupError("broken")

    clock.after(5, broken)
    with pytest.raises(LookupError):
        await clock.advance(5)


async def test_a_live_clock_runs_what_is_due_by_itself() -> None:
    clock = Clock(live=True)
    happened = asyncio.Event()

    async def action() -> None:
        happened.set()

    clock.after(0.01, action)
    async with asyncio.timeout(30):
        await happened.wait()
    await clock.close()


async def test_closing_forgets_what_was_to_come() -> None:
    clock = Clock(start=0.0)
    diary = Diary(clock)
    clock.after(1, diary.note("never"))

    await clock.close()
    await clock.advance(10)

    assert diary.lines == []
