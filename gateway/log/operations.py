"""The report of operations: alarms and answers, hot spots, and when each sensor was in service.

Read from the incidents and the audit entries of a log; finds are not walked. What is not known is
`None`, never 0: a share of nothing, the time of a step that nobody took, a sensor of which the log
tells nothing.

A sensor is in service from `sensor-online` to its next other word. Degraded, offline and flapping
are out of service, and so is all while no gateway ran; one that died without a word counts as gone
from its last entry on.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

import msgspec
import numpy as np

from ..messages import Audit, Incident, NotedFlight, Recorded
from ..sensor_states import SENSOR

DAY_NS = 86_400 * 10**9
NIGHT = (22, 6)
"""From ten in the evening to six in the morning, by the clock on the wall."""

FALSE = ("nothing_found", "authorised", "no_flight")
"""Outcomes that make an alarm a false one, as `config/codes/outcomes.toml` explains."""

MOST_SPOTS = 20

Span = tuple[int, int]
"""From the first moment up to the second, nanoseconds since 1970."""


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """How long a step took, over the incidents that had it."""

    count: int
    median_s: float | None
    p95_s: float | None


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """How many flights were about one place in one hour of the day."""

    place: str
    hour: int
    flights: int


class SensorService(msgspec.Struct, frozen=True, kw_only=True):
    """How long one sensor of a site was out of service in a span."""

    site: str
    sensor: str
    days_out: float | None
    availability: float | None


class Operations(msgspec.Struct, frozen=True, kw_only=True):
    """The report of one span."""

    alarms: int
    alarms_by_kind: dict[str, int]
    noted_flights: int
    alarms_per_day: float
    alarms_per_night: float  # of those between ten and six
    night_alarms: int
    closed: int
    false_alarms: int
    false_alarm_ratio: float | None
    by_outcome: dict[str, int]
    times: dict[str, Times]
    sensors: tuple[SensorService, ...]
    hot_spots: tuple[Spot, ...]


@dataclass
class Service:
    """When the sensors of one site came and went; spans in service, by sensor."""

    spans: dict[str, list[tuple[int, int]]] = field(
        default_factory=dict[str, list[tuple[int, int]]]
    )
    first_ns: dict[str, int] = field(default_factory=dict[str, int])
    _up_ns: dict[str, int] = field(default_factory=dict[str, int])
    _last_ns: int = 0

    def take(self, audit: Audit) -> None:
        """Take in the audit entries of the site, in the order of the log."""
        if audit.action == "gateway-started":
            self.end(self._last_ns)
        elif audit.action == "gateway-stopped":
            self.end(audit.time_ns)
        elif audit.action.startswith(SENSOR) and audit.subject is not None:
            sensor = audit.subject
            self.first_ns.setdefault(sensor, audit.time_ns)
            self._down(sensor, audit.time_ns)
            if audit.action == f"{SENSOR}online":
                self._up_ns[sensor] = audit.time_ns
        self._last_ns = max(self._last_ns, audit.time_ns)

    def seen(self, time_ns: int) -> None:
        """Note that the gateway wrote something then."""
        self._last_ns = max(self._last_ns, time_ns)

    def end(self, time_ns: int) -> None:
        """End what is in service."""
        for sensor in list(self._up_ns):
            self._down(sensor, time_ns)

    def _down(self, sensor: str, time_ns: int) -> None:
        up_ns = self._up_ns.pop(sensor, None)
        if up_ns is not None and time_ns > up_ns:
            self.spans.setdefault(sensor, []).append((up_ns, time_ns))

    def availability(self, sensor: str, start_ns: int, end_ns: int) -> tuple[float, float] | None:
        """Days out of service and share in service; from the first word of the sensor on."""
        start_ns = max(start_ns, self.first_ns[sensor])
        if end_ns <= start_ns:
            return None
        spans = self.spans.get(sensor, [])
        inside = sum(max(0, min(end, end_ns) - max(up, start_ns)) for up, end in spans)
        return (end_ns - start_ns - inside) / DAY_NS, inside / (end_ns - start_ns)


@dataclass
class Facts:
    """What reports of operations are counted from: the newest version of each incident, and more.

    `until_ns` is where the log ends; what was in service then is taken to be so until there.
    """

    incidents: dict[str, Incident] = field(default_factory=dict[str, Incident])
    noted: list[NotedFlight] = field(default_factory=list[NotedFlight])
    service: dict[str, Service] = field(default_factory=lambda: defaultdict[str, Service](Service))
    until_ns: int = 0

    @classmethod
    def read(
        cls, records: Iterable[Recorded], as_of_ns: int, mode: str = "live", site: str | None = None
    ) -> Facts:
        """Read the incidents, noted flights and audit entries of a log, in its order."""
        facts = cls()
        for record in records:
            if record.time_ns > as_of_ns or (site is not None and record.site != site):
                continue
            if isinstance(record, Audit):  # a sensor is out of service in an exercise too
                facts.service[record.site].take(record)
            elif record.mode == mode:
                facts._note(record)
            facts.service[record.site].seen(record.time_ns)
        for service in facts.service.values():
            service.end(as_of_ns)
        facts.until_ns = as_of_ns
        return facts

    def _note(self, record: Recorded) -> None:
        if isinstance(record, Incident):
            known = self.incidents.get(record.incident)
            if known is None or record.version >= known.version:
                self.incidents[record.incident] = record
        elif isinstance(record, NotedFlight):
            self.noted.append(record)

    def within(self, start_ns: int, end_ns: int) -> list[Incident]:
        """The incidents whose alarm lies in a span."""
        every = self.incidents.values()
        return [one for one in every if start_ns <= one.first_contact_ns < end_ns]

    def drone_incidents(self, start_ns: int, end_ns: int) -> int | None:
        """How many flights were alarms in a span; None of a span of which the log tells nothing."""
        if not any(one.first_ns for one in self.service.values()) and not self.incidents:
            return None
        if self._begins_ns() >= end_ns or start_ns >= self.until_ns:
            return None
        return sum(one.kind == "flight" for one in self.within(start_ns, end_ns))

    def sensor_availability(self, start_ns: int, end_ns: int) -> float | None:
        """The share of a span in which sensors were in service, over all; None if unknown."""
        shares = [one.availability for one in self.sensors(start_ns, end_ns)]
        known = [share for share in shares if share is not None]
        return round(sum(known) / len(known), 6) if known else None

    def sensors(self, start_ns: int, end_ns: int) -> tuple[SensorService, ...]:
        """How each sensor was in a span, up to where the log ends."""
        end_ns = min(end_ns, self.until_ns)
        told: list[SensorService] = []
        for site, service in sorted(self.service.items()):
            for sensor in sorted(service.first_ns):
                known = service.availability(sensor, start_ns, end_ns)
                days, share = (None, None) if known is None else known
                told.append(
                    SensorService(
                        site=site,
                        sensor=sensor,
                        days_out=None if days is None else round(days, 3),
                        availability=None if share is None else round(share, 6),
                    )
                )
        return tuple(told)

    def _begins_ns(self) -> int:
        firsts = [ns for one in self.service.values() for ns in one.first_ns.values()]
        firsts += [one.first_contact_ns for one in self.incidents.values()]
        return min(firsts, default=self.until_ns)


def operations(facts: Facts, start_ns: int, end_ns: int, zone: tzinfo) -> Operations:
    """Make the report of a span.

    Parameters
    ----------
    facts : Facts
    start_ns, end_ns : int
        From the first up to without the second (UTC since 1970).
    zone : tzinfo
        Whose clock tells day from night, and the hour.
    """
    incidents = facts.within(start_ns, end_ns)
    closed = [one for one in incidents if one.state == "closed"]
    false = sum(one.outcome in FALSE for one in closed)
    at_night = sum(_is_night(one.first_contact_ns, zone) for one in incidents)
    days = (end_ns - start_ns) / DAY_NS
    return Operations(
        alarms=len(incidents),
        alarms_by_kind=dict(Counter(one.kind for one in incidents)),
        noted_flights=sum(start_ns <= one.time_ns < end_ns for one in facts.noted),
        alarms_per_day=round(len(incidents) / days, 3),
        alarms_per_night=round(at_night / days, 3),
        night_alarms=at_night,
        closed=len(closed),
        false_alarms=false,
        false_alarm_ratio=round(false / len(closed), 4) if closed else None,
        by_outcome=dict(Counter(one.outcome or "unstated" for one in closed)),
        times=_times(incidents),
        sensors=facts.sensors(start_ns, end_ns),
        hot_spots=_spots(incidents, zone),
    )


INTERVALS = {
    "acknowledge": (None, "acknowledged"),
    "dispatch": ("acknowledged", "dispatched"),
    "drop_to_search": ("drop-suspected", "search-opened"),
    "search": ("search-opened", "search-closed"),
    "drop_to_release": ("drop-suspected", "released"),
    "closed": (None, "closed"),
}
"""From which step (None: the alarm) to which; a search without an opening is none here."""


def _times(incidents: Sequence[Incident]) -> dict[str, Times]:
    found: dict[str, Times] = {}
    for name, (begin, end) in INTERVALS.items():
        took = [
            one.times[end] - (0.0 if begin is None else one.times[begin])
            for one in incidents
            if end in one.times and (begin is None or begin in one.times)
        ]
        took = [seconds for seconds in took if seconds >= 0]
        found[name] = Times(
            count=len(took),
            median_s=round(float(np.median(took)), 3) if took else None,
            p95_s=_p95(took),
        )
    return found


def _p95(values: Sequence[float]) -> float | None:
    """The 95th percentile by nearest rank: a value that really was."""
    if not values:
        return None
    return round(sorted(values)[math.ceil(0.95 * len(values)) - 1], 3)


def _spots(incidents: Sequence[Incident], zone: tzinfo) -> tuple[Spot, ...]:
    counts: Counter[tuple[str, int]] = Counter()
    for one in incidents:
        if one.kind != "flight":
            continue
        hour = _local(one.first_contact_ns, zone).hour
        for place in {place.zone for place in one.search if place.zone} or {"unknown"}:
            counts[(f"{one.site}/{place}", hour)] += 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_SPOTS]
    return tuple(Spot(place=place, hour=hour, flights=n) for (place, hour), n in ordered)


def _is_night(time_ns: int, zone: tzinfo) -> bool:
    begins, ends = NIGHT
    hour = _local(time_ns, zone).hour
    return hour >= begins or hour < ends


def _local(time_ns: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(time_ns // 10**9, UTC).astimezone(zone)
