"""Which deletions of placements are carried out, and which wait for somebody's word.

Many at once are more likely a mistake than a wish: a hub that lost its Tenants looks the same as
one whose Tenants were all deleted. Nothing here calls anybody.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, TypeAlias

from acuse.resources.names import HELD_DELETIONS, LEAVING
from acuse_cluster.kinds import Manifest
from acuse_operator.conditions import Condition, conditions_of, status_of, timestamp
from acuse_operator.region.plan import is_going

# On a placement, while its deletion is held: a restart must not forget it.
HELD: Final = "DeletionHeld"

# Carried out, looked at again in a moment, held, or let go without taking anything down.
Fate: TypeAlias = Literal["Remove", "Wait", "Hold", "Keep"]
Span: TypeAlias = tuple[datetime, datetime]

_TOGETHER: Final = timedelta(minutes=10)
# So few at a time are always carried out.
_FEW: Final = 5
# Seconds that each waits for those that are asked for with it.
SETTLE: Final = 3.0
# An answer may be about what was shown, not about what comes; clocks are not quite the same.
_SKEW: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Answer:
    """Somebody's word: what is to become of what was asked for until then."""

    fate: Literal["Remove", "Keep"]
    until: datetime


def read_answer(text: str | None) -> Answer | None:
    """Return what an annotation says; None when it says nothing that could be an answer."""
    word, _, moment = (text or "").strip().partition(":")
    try:
        until = datetime.fromisoformat(moment)
    except ValueError:
        return None
    if until.tzinfo is None or word not in {"delete", "keep"}:
        return None
    return Answer("Remove" if word == "delete" else "Keep", until)


class Deletions:
    """Remembers which placements were asked to go lately, and says what becomes of each.

    `percent` is the share of all placements that may go within ten minutes; 0 holds none. `floor`
    is the lowest epoch of a hub that is believed when it says that it drains the region.
    """

    def __init__(
        self,
        *,
        percent: float,
        floor: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._percent = percent
        self._floor = floor
        self._clock = clock
        self._now = now
        self._there: set[str] = set()
        self._going: dict[str, Manifest] = {}
        # When each was first seen to go, by our own clock.
        self._since: dict[str, float] = {}
        # Of those that go, the ones that a hub was believed to drain. It stays so when the next hub
        # raises the floor.
        self._drained: set[str] = set()
        # Those that went: when they had been asked to.
        self._gone: dict[str, datetime] = {}
        self._text: str | None = None
        self._is_draining = False
        self._spans: tuple[Span, ...] | None = None

    def seen(self, obj: Manifest) -> None:
        """Take a placement as it is now."""
        uid: str = obj["metadata"]["uid"]
        if uid not in self._there:
            self._there.add(uid)
            self._spans = None
        if is_going(obj):
            if uid not in self._going:
                self._since[uid] = self._clock()
                self._spans = None
            self._going[uid] = obj
            if uid not in self._drained and self._is_said_to_be_drained(obj):
                self._drained.add(uid)
                self._spans = None

    def ended(self, obj: Manifest) -> None:
        """Take it that a placement is there no more."""
        uid: str = obj["metadata"]["uid"]
        last = self._going.pop(uid, None)
        if last is not None and uid not in self._drained:
            self._gone[uid] = asked_at(last)
        self._drained.discard(uid)
        self._since.pop(uid, None)
        self._there.discard(uid)
        self._spans = None

    def answered(self, text: str | None, *, is_draining: bool = False) -> bool:
        """Take what the Region says, its annotation and its drain; tell whether it is news.

        From a region that somebody drains, everybody is meant to go.
        """
        before = (self._text, self._is_draining)
        self._text, self._is_draining = text, is_draining
        return before != (text, is_draining)

    def fate(self, obj: Manifest) -> Fate:
        """Return what is to become of a placement that was asked to go."""
        self.seen(obj)
        if not self._percent or self._is_draining or obj["metadata"]["uid"] in self._drained:
            return "Remove"
        if self._is_among_many(obj):
            answer = read_answer(self._text)
            if answer is None or answer.until > self._now() + _SKEW:
                return "Hold"
            return answer.fate if asked_at(obj) <= answer.until else "Hold"
        waited = self._clock() - self._since[obj["metadata"]["uid"]]
        # Of so few, there cannot be too many.
        if waited < SETTLE and len(self._there) + len(self._gone) > _FEW:
            return "Wait"
        return "Remove"

    def going(self) -> tuple[str, ...]:
        """Return the names of all placements that were asked to go."""
        return tuple(obj["metadata"]["name"] for obj in self._going.values())

    def held(self) -> tuple[Manifest, ...]:
        """Return the placements whose deletion waits for somebody's word."""
        return tuple(obj for obj in tuple(self._going.values()) if self.fate(obj) == "Hold")

    def holds(self, obj: Manifest) -> bool:
        """Tell whether a placement was asked to go and waits for somebody's word."""
        return is_going(obj) and self.fate(obj) == "Hold"

    def condition(self, region: str, held: Sequence[Manifest]) -> Condition:
        """Return DeletionsHeld of the Region of that name."""
        if not held:
            text = "No deletion waits for somebody's word."
            return Condition("DeletionsHeld", "False", "NoneHeld", text)
        until = timestamp(max(asked_at(obj) for obj in held))
        text = (
            f"{len(held)} of {len(self._there)} placements were asked to go at once, so nothing of"
            f" them is taken down. If it is meant: kubectl annotate --overwrite region {region}"
            f" {HELD_DELETIONS}=delete:{until} (or keep:{until}, which lets the placements go and"
            " leaves what serves their tenants)."
        )
        if self._text and read_answer(self._text) is None:
            text = f"{text} What the annotation says now is neither."
        return Condition("DeletionsHeld", "True", "MassDeletion", text)

    def _is_said_to_be_drained(self, obj: Manifest) -> bool:
        """Tell whether the hub said before the deletion that it has the region left by all.

        One that lost its Tenants, and so its Regions, says no such thing; and an older one than the
        region has seen is not believed.
        """
        annotations: Mapping[str, str] = obj["metadata"].get("annotations") or {}
        why, _, epoch = annotations.get(LEAVING, "").partition(":")
        is_number = epoch.isascii() and epoch.isdecimal()
        return why == "drain" and is_number and int(epoch) >= self._floor()

    def _is_among_many(self, obj: Manifest) -> bool:
        if status_of(conditions_of(obj), HELD) == "True":
            return True
        at = asked_at(obj)
        return any(first <= at <= last for first, last in self._crowded())

    def _crowded(self) -> tuple[Span, ...]:
        """Return the times within which too many were asked for."""
        if self._spans is None:
            old = self._now() - _TOGETHER
            self._gone = {uid: at for uid, at in self._gone.items() if at > old}
            going = [obj for uid, obj in self._going.items() if uid not in self._drained]
            asked = [*map(asked_at, going), *self._gone.values()]
            self._spans = crowded(
                asked, among=len(self._there) + len(self._gone), percent=self._percent
            )
        return self._spans


def crowded(asked: list[datetime], *, among: int, percent: float) -> tuple[Span, ...]:
    """Return the spans of ten minutes in which more than a few, and than the share, were asked."""
    times = sorted(asked)
    spans: list[Span] = []
    for first, at in enumerate(times):
        after = bisect_right(times, at + _TOGETHER)
        count = after - first
        if count > _FEW and count * 100 > percent * among:
            spans.append((at, times[after - 1]))
    return tuple(spans)


def asked_at(obj: Manifest) -> datetime:
    """Return when a placement was asked to go."""
    return datetime.fromisoformat(obj["metadata"]["deletionTimestamp"])
