"""A status that somebody keeps writing over is said again, and again ever more seldom."""

from __future__ import annotations

from typing import Any

from acuse_operator.hub.quarrels import Quarrels

KEY = "shops.acme"


def status(reason: str, *, since: str = "2026-11-26T00:00:00Z", **more: Any) -> dict[str, Any]:
    condition = {"type": "Ready", "reason": reason, "lastTransitionTime": since}
    return {"conditions": [condition], **more}


class Clock:
    """Seconds that go by when the test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_same_again_and_again_waits_ever_longer_whenever_it_was_overwritten() -> None:
    clock = Clock()
    quarrels = Quarrels(clock=clock)
    waits: list[float] = []
    said = status("Serving")
    for number in range(10):
        said = status("Serving", since=f"2026-11-26T00:00:{number:02}Z")
        waits.append(quarrels.left(KEY, said))
        clock.now += waits[-1]
        quarrels.wrote(KEY, said)
    assert waits == [0, 0, 0, 0, 0, 0, 1, 2, 4, 8]

    assert quarrels.left("shops.blue", said) == 0
    assert quarrels.left(KEY, status("Serving", regions=["ar-1"])) == 0, "that is news"
    clock.now += 1000
    assert quarrels.left(KEY, said) == 0, "it was left alone for long"


def test_what_turns_back_and_forth_by_itself_is_no_quarrel() -> None:
    clock = Clock()
    quarrels = Quarrels(clock=clock)
    for number in range(20):
        said = status("Serving" if number % 2 else "RegionSilent")
        assert quarrels.left(KEY, said) == 0
        quarrels.wrote(KEY, said)


def test_a_tenant_that_is_gone_is_forgotten() -> None:
    clock = Clock()
    quarrels = Quarrels(clock=clock)
    said = status("Serving")
    for _ in range(9):
        quarrels.wrote(KEY, said)
    assert quarrels.left(KEY, said) > 0

    quarrels.forget(KEY)
    quarrels.wrote(KEY, said)
    quarrels.wrote(KEY, said)

    assert quarrels.left(KEY, said) == 0
