"""Which signals become alarms: only what needs a person, and never a flood of it.

Rules after the ideas of IEC 62682, ISA-18.2 and EEMUA 191 (the standards are paid; the figures are
those that secondary sources give, see docs/incidents.md):

    needs a person   an intrusion does; a portal is answered where it stands, a fault by upkeep
    chattering       3 activations in a minute, or 5 in ten: one alarm, counted, told again at most
                     every ten minutes; over when it was quiet for ten
    standing         active for a day: told once
    flooding         more than 10 alarms in ten minutes: further fences are named in one alarm,
                     flights are still told each; over when there were at most 5
    shelved          silenced by a person until a moment, with a reason; comes back by itself

No clock and no I/O: time is passed in. Everything is bounded.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from ..config.settings import SiteSection
from .messages import Alarm, AlarmKind, Shelf, new_id
from .workflow import RefusedError

S = 1_000_000_000
CHATTERING = ((3, 60 * S), (5, 600 * S))
QUIET_NS = 600 * S
REMIND_NS = 600 * S
STANDING_NS = 86_400 * S
FLOOD_WINDOW_NS = 600 * S
FLOOD_BEGINS, FLOOD_ENDS = 10, 5
FLOOD = "flood"
"""The source of the alarm about too many alarms."""

NEEDS_PERSON: dict[AlarmKind, bool] = {
    "intrusion": True,
    "screening": False,
    "fault": False,
    "flood": True,
}
MOST_SOURCES = 1_000
MOST_NAMED = 50
MOST_REMEMBERED = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A source went off (`active`) or came back; `source` names it as a level of a topic."""

    source: str
    kind: AlarmKind
    sensor: str
    time_ns: int
    active: bool


class Ruling(NamedTuple):
    """What a signal leads to: messages, and whether it is put before a person now."""

    told: tuple[Alarm, ...] = ()
    present: bool = False


@dataclass(slots=True)
class _Source:
    kind: AlarmKind
    active: bool = False
    since_ns: int = 0
    activations: int = 0
    recent: deque[int] = field(default_factory=lambda: deque[int](maxlen=MOST_REMEMBERED))
    chattering: bool = False
    standing: bool = False
    told_ns: int = 0
    shelf: Shelf | None = None


class Alarms:
    """The alarm sources of one site.

    Parameters
    ----------
    site : SiteSection
    most_shelved_h : float
        No shelf is longer.
    restored : iterable of Alarm
        The newest of each source that was shelved when the gateway last ran.
    """

    def __init__(
        self, site: SiteSection, most_shelved_h: float = 12.0, restored: Iterable[Alarm] = ()
    ) -> None:
        self._site = site
        self._most_shelved_h = most_shelved_h
        self._sources: OrderedDict[str, _Source] = OrderedDict()
        self._presented: deque[int] = deque(maxlen=MOST_REMEMBERED)
        self._flood_since_ns: int | None = None
        self._flooding: dict[str, None] = {}
        self._coalesced = 0
        for alarm in restored:
            if alarm.shelved is not None:
                self._sources[alarm.source] = _Source(alarm.kind, shelf=alarm.shelved)

    def take(self, signal: Signal) -> Ruling:
        """Rule on one signal."""
        source = self._known(signal)
        if signal.active == source.active:
            return Ruling()
        source.active, source.since_ns = signal.active, signal.time_ns
        if not signal.active:
            source.standing = False
            return Ruling(() if source.chattering else (self._told(signal.source, signal.time_ns),))
        source.activations += 1
        source.recent.append(signal.time_ns)
        was_chattering, source.chattering = source.chattering, _is_chattering(source)
        if was_chattering:
            source.chattering = True
            if signal.time_ns - source.told_ns < REMIND_NS:
                return Ruling()
        present = NEEDS_PERSON[signal.kind] and source.shelf is None
        if present and self._flood_since_ns is not None:
            present = False
            self._coalesced += 1
            if len(self._flooding) < MOST_NAMED:
                self._flooding[signal.source] = None
        return Ruling((self._told(signal.source, signal.time_ns),), present)

    def presented(self, now_ns: int) -> tuple[Alarm, ...]:
        """Note that one more alarm, of whatever kind, was put before a person."""
        self._presented.append(now_ns)
        if self._flood_since_ns is None and self._in_window(now_ns) > FLOOD_BEGINS:
            self._flood_since_ns = now_ns
            return (self._flood(now_ns),)
        return ()

    def tick(self, now_ns: int) -> tuple[Alarm, ...]:
        """End shelves and spells that are over, and tell what stands."""
        told: list[Alarm] = []
        for name, source in self._sources.items():
            changed = False
            if source.shelf is not None and source.shelf.until_ns <= now_ns:
                source.shelf = None
                changed = True
            if source.chattering and now_ns - source.recent[-1] >= QUIET_NS:
                source.chattering = False
                changed = True
            if source.active and not source.standing and now_ns - source.since_ns >= STANDING_NS:
                source.standing = changed = True
            if changed:
                told.append(self._told(name, now_ns))
        if self._flood_since_ns is not None and self._in_window(now_ns) <= FLOOD_ENDS:
            ended = self._flood(now_ns, active=False)
            self._flood_since_ns, self._coalesced = None, 0
            self._flooding.clear()
            told.append(ended)
        return tuple(told)

    def shelve(self, source: str, by: str, reason: str, until_ns: int, now_ns: int) -> Alarm:
        """Silence a source until a moment.

        Raises
        ------
        RefusedError
            If it never spoke, or the end is not ahead or too far.
        """
        known = self._sources.get(source)
        if known is None:
            raise RefusedError(f"no alarm source {source} has spoken; name one that has")
        if until_ns <= now_ns:
            raise RefusedError("until: it is past; a shelf needs an end that is ahead")
        if until_ns - now_ns > self._most_shelved_h * 3600 * S:
            raise RefusedError(f"until: at most {self._most_shelved_h:g} h ahead, as settings say")
        known.shelf = Shelf(by=by, reason=reason, since_ns=now_ns, until_ns=until_ns)
        return self._told(source, now_ns)

    def unshelve(self, source: str, now_ns: int) -> Alarm:
        """Let a source speak again before its shelf ends.

        Raises
        ------
        RefusedError
            If it is not shelved.
        """
        known = self._sources.get(source)
        if known is None or known.shelf is None:
            raise RefusedError(f"{source} is not shelved")
        known.shelf = None
        return self._told(source, now_ns)

    @property
    def shelved(self) -> list[str]:
        """The sources that are silenced now."""
        return [name for name, source in self._sources.items() if source.shelf is not None]

    def _known(self, signal: Signal) -> _Source:
        source = self._sources.get(signal.source)
        if source is None:
            source = self._sources[signal.source] = _Source(signal.kind)
            if len(self._sources) > MOST_SOURCES:
                self._forget_one(signal.source)
        self._sources.move_to_end(signal.source)
        return source

    def _forget_one(self, newest: str) -> None:
        """Make room: the longest silent that is neither active nor shelved, else the oldest."""
        idle = (n for n, s in self._sources.items() if not s.active and s.shelf is None)
        oldest = next((name for name in idle if name != newest), next(iter(self._sources)))
        del self._sources[oldest]

    def _in_window(self, now_ns: int) -> int:
        return sum(now_ns - time_ns < FLOOD_WINDOW_NS for time_ns in self._presented)

    def _told(self, name: str, now_ns: int) -> Alarm:
        source = self._sources[name]
        source.told_ns = now_ns
        return Alarm(
            id=new_id(now_ns),
            site=self._site.name,
            time_ns=now_ns,
            mode=self._site.mode,
            source=name,
            kind=source.kind,
            active=source.active,
            needs_person=NEEDS_PERSON[source.kind],
            since_ns=source.since_ns,
            activations=source.activations,
            chattering=source.chattering,
            standing=source.standing,
            shelved=source.shelf,
        )

    def _flood(self, now_ns: int, *, active: bool = True) -> Alarm:
        assert self._flood_since_ns is not None
        return Alarm(
            id=new_id(now_ns),
            site=self._site.name,
            time_ns=now_ns,
            mode=self._site.mode,
            source=FLOOD,
            kind="flood",
            active=active,
            needs_person=True,
            since_ns=self._flood_since_ns,
            activations=self._in_window(now_ns),
            coalesced=self._coalesced,
            sources=tuple(self._flooding),
        )


def _is_chattering(source: _Source) -> bool:
    last_ns = source.recent[-1]
    return any(
        sum(last_ns - time_ns <= within_ns for time_ns in source.recent) >= count
        for count, within_ns in CHATTERING
    )
