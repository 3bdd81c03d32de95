"""Which verdicts of conditions are told as events: what matters at once, what passes if it lasts.

A tenant that is made passes through a dozen states in its first second. None of them is news.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final

from acuse_operator.conditions import Condition, find

# Seconds that something which passes by itself must have lasted to be told.
LASTING: Final = 30.0
# Objects whose story is remembered; of others, their status says what was told.
_REMEMBERED: Final = 16_384


class Weight(Enum):
    """What a verdict is worth telling."""

    # Others tell of it.
    NOTHING = "nothing"
    # As it should be, or as somebody asked for: told unless it was told last.
    WELL = "well"
    # Somebody has to act: told at once.
    GRAVE = "grave"
    # It comes by itself: told at once where all was well just before, else when it lasts.
    PASSING = "passing"
    # It follows from a change that was asked for: told when it lasts.
    EXPECTED = "expected"
    # As EXPECTED, never told itself; that all is well after it is told again.
    ANEW = "anew"


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be told now, and after how many seconds there may be more; None for not."""

    conditions: tuple[Condition, ...]
    again: float | None


@dataclass(slots=True)
class _Line:
    """What was told last of one condition."""

    reason: str
    # Whether whoever reads the events takes it to be well.
    is_well: bool
    # Since when, in seconds of the clock, there is something that passes and was not told.
    since: float | None = None


class Telling:
    """Remembers what was told of each object's conditions."""

    def __init__(
        self,
        weigh: Callable[[Condition], Weight],
        *,
        headlines: frozenset[str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`headlines`: conditions of which also that all is well is told the first time."""
        self._weigh = weigh
        self._headlines = headlines
        self._clock = clock
        self._lines: OrderedDict[str, dict[str, _Line]] = OrderedDict()

    def due(
        self,
        uid: str,
        conditions: Iterable[Condition],
        *,
        before: Sequence[Mapping[str, Any]],
        is_expected: bool = False,
    ) -> Due:
        """Return what to tell of an object that says this now, and said `before` in its status.

        `is_expected`: what passes now follows from a change that was asked for. A reason that
        several conditions give is told once, of the first of them.
        """
        lines = self._of(uid)
        told: dict[str, Condition] = {}
        waits: list[float] = []
        for condition in conditions:
            weight = self._weigh(condition)
            if weight is Weight.NOTHING:
                continue
            if weight is Weight.PASSING and is_expected:
                weight = Weight.EXPECTED
            line = lines.get(condition.type)
            if line is None:
                line = lines[condition.type] = self._first(condition.type, before)
            if self._is_told(line, condition, weight):
                told.setdefault(condition.reason, condition)
            elif line.since is not None:
                waits.append(line.since + LASTING - self._clock())
        return Due(tuple(told.values()), min(waits, default=None))

    def has_told(self, uid: str) -> bool:
        """Tell whether an object's story is known, and nothing in it waits to be told."""
        lines = self._lines.get(uid)
        return lines is not None and all(line.since is None for line in lines.values())

    def _of(self, uid: str) -> dict[str, _Line]:
        lines = self._lines.get(uid)
        if lines is None:
            lines = self._lines[uid] = {}
            if len(self._lines) > _REMEMBERED:
                self._lines.popitem(last=False)
        return lines

    def _first(self, type_: str, before: Sequence[Mapping[str, Any]]) -> _Line:
        """Return what was told by another process, as far as the status shows it."""
        old = find(before, type_)
        was = None if old is None else Condition(type_, old["status"], old["reason"], "")
        weight = Weight.NOTHING if was is None else self._weigh(was)
        if old is None or was is None or weight is Weight.NOTHING:
            return _Line("", is_well=type_ not in self._headlines)
        if weight in {Weight.WELL, Weight.GRAVE}:
            return _Line(was.reason, is_well=weight is Weight.WELL)
        since = _seconds(old.get("lastTransitionTime"))
        if self._clock() - since >= LASTING:
            return _Line(was.reason, is_well=False)
        return _Line("", is_well=False, since=since)

    def _is_told(self, line: _Line, condition: Condition, weight: Weight) -> bool:
        is_same = line.reason == condition.reason
        if weight is Weight.WELL:
            is_news = not line.is_well or (not is_same and condition.type in self._headlines)
        elif weight is Weight.ANEW:
            # Nor is it waited for: a time that is over would be waited for again and again.
            line.is_well, line.since = False, None
            return False
        elif weight is Weight.GRAVE:
            is_news = line.is_well or not is_same
        else:
            is_news = self._is_lasting(line, is_same=is_same, weight=weight)
            if not is_news:
                return False
        line.reason, line.is_well, line.since = condition.reason, weight is Weight.WELL, None
        return is_news

    def _is_lasting(self, line: _Line, *, is_same: bool, weight: Weight) -> bool:
        if is_same and not line.is_well:
            line.since = None
            return False
        if line.since is None:
            if line.is_well and weight is Weight.PASSING:
                return True
            line.since = self._clock()
        return self._clock() - line.since >= LASTING


def _seconds(time_: str | None) -> float:
    return 0.0 if time_ is None else datetime.fromisoformat(time_).timestamp()
