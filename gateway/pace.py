"""How often claims may be heard: what one aircraft, and all together, may cost the rest.

Anybody can broadcast any number of claims. Every message reaches the table of claimed aircraft
(`claims.py`); what lies behind it (tracks, incidents, consoles) hears of each aircraft at most
twice a second, and of all together no more than a gateway can tell. What had to wait is told with
the newest that was claimed, so that nothing but repetition is lost.
"""

from __future__ import annotations

from collections.abc import Iterator

from .claims import ClaimedAircraft
from .detect import ClaimEvidence

EACH_HZ, EACH_AT_ONCE = 2.0, 4
"""Of one aircraft: one message an advert, the first four kinds come through without a wait."""

ALL_HZ, ALL_AT_ONCE = 300.0, 100
"""Of all aircraft together."""

LEVEL_EVERY_NS, LEVELS_HZ, LEVELS_AT_ONCE = 1_000_000_000, 50.0, 50
"""Of what is only repeated: so seldom of one aircraft, and so many a second of all."""


class Bucket:
    """So many at once, then so many a second; time may stand still, and never runs backwards."""

    __slots__ = ("_at_once", "_hz", "_left", "_time_ns")

    def __init__(self, hz: float, at_once: int) -> None:
        self._hz, self._at_once = hz, at_once
        self._left, self._time_ns = float(at_once), 0

    def has_room(self, now_ns: int) -> bool:
        """Whether one more may pass now."""
        if now_ns > self._time_ns:
            gained = (now_ns - self._time_ns) * 1e-9 * self._hz
            self._left = min(self._left + gained, self._at_once)
            self._time_ns = now_ns
        return self._left >= 1

    def take(self) -> None:
        """Let one pass."""
        self._left -= 1


class Pace:
    """Which claimed aircraft may be heard of now, and which wait.

    Attributes
    ----------
    coalesced : int
        Messages whose aircraft waited already: the newest stands for them.
    """

    def __init__(self) -> None:
        self._all = Bucket(ALL_HZ, ALL_AT_ONCE)
        self._levels = Bucket(LEVELS_HZ, LEVELS_AT_ONCE)
        self._each: dict[int, Bucket] = {}
        self._waiting: dict[int, tuple[ClaimedAircraft, ClaimEvidence]] = {}
        self.coalesced = 0

    def passes(self, aircraft: ClaimedAircraft, evidence: ClaimEvidence) -> bool:
        """Whether `aircraft`, which just said `evidence`, may be heard of at once."""
        number = id(aircraft)
        if number in self._waiting:
            self.coalesced += 1
        elif self._may(number, evidence.time_ns):
            return True
        self._waiting[number] = aircraft, evidence
        return False

    def weighs(self, aircraft: ClaimedAircraft, now_ns: int) -> bool:
        """Whether the level of a repetition may be weighed now; it takes no room of what is new."""
        if now_ns - aircraft.level_ns < LEVEL_EVERY_NS or not self._levels.has_room(now_ns):
            return False
        self._levels.take()
        aircraft.level_ns = now_ns
        return True

    def due(self, now_ns: int) -> Iterator[tuple[ClaimedAircraft, ClaimEvidence]]:
        """Give those that may be heard of now, the longest wait first, and what they said last."""
        for number, waiting in list(self._waiting.items()):
            if not self._all.has_room(now_ns):
                return
            if self._may(number, now_ns):
                del self._waiting[number]
                yield waiting

    def forget(self, aircraft: ClaimedAircraft) -> None:
        """Let go of an aircraft that the table has let go of."""
        self._each.pop(id(aircraft), None)
        self._waiting.pop(id(aircraft), None)

    def _may(self, number: int, now_ns: int) -> bool:
        each = self._each.get(number)
        if each is None:
            each = self._each[number] = Bucket(EACH_HZ, EACH_AT_ONCE)
        if not each.has_room(now_ns) or not self._all.has_room(now_ns):
            return False
        each.take()
        self._all.take()
        return True
