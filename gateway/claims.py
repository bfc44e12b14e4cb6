"""Remote ID broadcasts to claimed aircraft: one each, over all transports and MAC addresses.

BLE 4 adverts carry one message each, transmitters change their MAC address, and one aircraft may
broadcast several identities. What binds them: a transmitter's address keeps its aircraft, and the
same identity is the same aircraft. The serial number wins over every other identity. A claim is of
one flight: after a long silence the same identity is told anew.

Several receivers hear one advert, and radios repeat it: the same transmitter, transport, counter
and content, soon again, is no news. An advert without a counter never is a repetition.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from msgspec.structs import replace

from ..drivers.readings import Position, RemoteIdReport

MOST_AIRCRAFT = 1000
"""Beyond so many the one that was silent longest is forgotten: a swarm cannot fill the memory."""

MOST_SPEAKERS = 2000
"""So many transmitters are known by the aircraft that they speak for; the oldest make room."""

MOST_SPOKEN_FOR = 20

MOST_NAMES = 16
"""So many identities, and so many addresses, of one aircraft are known; the oldest make room."""

SILENT_S = 300.0
"""After so long what an aircraft last said, its pilot's position above all, is of another time."""

REPEATED_S = 3.0
"""So long after an advert was told its like repeats it. A counter of 8 bits takes far longer to run
over; one that stands still is told anew every so often."""

MOST_ADVERTS = 4096
"""So many are known; the oldest make room. What a flood beyond them repeats is told as news, at the
pace of all claims."""

ON_THE_GROUND, AIRBORNE = 1, 2  # F3411-22a operational status


@dataclass(slots=True)
class ClaimedAircraft:
    """All that was claimed of one aircraft; the newest known value of each."""

    name: str
    first_seen_ns: int
    last_seen_ns: int
    identities: dict[str, None] = field(default_factory=dict[str, None])  # in order of first words
    transmitters: dict[str, None] = field(default_factory=dict[str, None])
    sensors: set[str] = field(default_factory=set[str])
    position: Position | None = None
    position_ns: int = 0
    height_m: float | None = None
    course_deg: float | None = None
    ground_speed_m_s: float | None = None
    climb_m_s: float | None = None
    horizontal_accuracy_m: float | None = None
    operator_position: Position | None = None
    operator_id: str | None = None
    on_the_ground: bool = False
    airborne: bool = False
    spoof: float | None = None  # the probability that it is none; None before it was weighed
    spoof_reasons: tuple[str, ...] = ()
    scored_ns: int = 0
    level_ns: int = 0  # when a repetition's level was last weighed
    merged_into: ClaimedAircraft | None = None

    def newest(self) -> ClaimedAircraft:
        """The aircraft that it has turned out to be, or itself."""
        aircraft = self
        while aircraft.merged_into is not None:
            aircraft = aircraft.merged_into
        return aircraft


class Claims:
    """Reports in, claimed aircraft out."""

    def __init__(
        self,
        most: int = MOST_AIRCRAFT,
        on_forgotten: Callable[[ClaimedAircraft], None] = lambda _: None,
    ) -> None:
        self._most = most
        self._on_forgotten = on_forgotten
        self._aircraft: OrderedDict[int, ClaimedAircraft] = OrderedDict()
        self._by_identity: dict[str, ClaimedAircraft] = {}
        self._by_transmitter: dict[str, ClaimedAircraft] = {}
        self._spoken_for: OrderedDict[str, set[str]] = OrderedDict()
        self._adverts: OrderedDict[RemoteIdReport, tuple[ClaimedAircraft, int]] = OrderedDict()
        self.forgotten = 0
        self.repeated = 0

    def again(self, sensor: str, report: RemoteIdReport, time_ns: int) -> ClaimedAircraft | None:
        """Give the aircraft that said just this a moment ago; None where `report` is news.

        It has been heard again, by `sensor` too; nothing that it claims is renewed.
        """
        if report.counter is None:
            return None
        aircraft, told_ns = self._adverts.get(_advert(report), (None, 0))
        if aircraft is None or abs(time_ns - told_ns) > REPEATED_S * 1e9:
            return None
        aircraft = aircraft.newest()
        if id(aircraft) not in self._aircraft:
            return None  # it made room: it is told anew
        self.repeated += 1
        aircraft.sensors.add(sensor)
        aircraft.last_seen_ns = max(aircraft.last_seen_ns, time_ns)
        self._aircraft.move_to_end(id(aircraft))
        return aircraft

    def take(self, sensor: str, report: RemoteIdReport, time_ns: int) -> ClaimedAircraft:
        """Add one report, received at `time_ns`, to the aircraft that it speaks of."""
        identities = _identities(report)
        aircraft = self._known(identities, report.transmitter, time_ns) or self._new(
            report, time_ns
        )
        others = [self._by_identity.get(identity) for identity in identities]
        before = self._by_transmitter.get(report.transmitter)
        if before is not None and not before.identities:
            others.append(before)  # heard before it told its name
        for identity in identities:
            _remember(identity, aircraft.identities, aircraft, self._by_identity)
        _remember(report.transmitter, aircraft.transmitters, aircraft, self._by_transmitter)
        for other in others:
            self._merge(aircraft, other)
        aircraft.name = _name(aircraft)
        self._note_speaker(report)
        aircraft.sensors.add(sensor)
        _renew(aircraft, report, time_ns)
        self._aircraft.move_to_end(id(aircraft))
        self._note_advert(report, aircraft, time_ns)
        return aircraft

    def speaks_for(self, transmitter: str) -> int:
        """How many serial numbers one transmitter has claimed; at least 1."""
        return max(len(self._spoken_for.get(transmitter, ())), 1)

    def _note_speaker(self, report: RemoteIdReport) -> None:
        if report.serial_number is None:
            return
        names = self._spoken_for.setdefault(report.transmitter, set())
        if len(names) < MOST_SPOKEN_FOR:
            names.add(report.serial_number)
        if len(self._spoken_for) > MOST_SPEAKERS:
            self._spoken_for.popitem(last=False)

    def _note_advert(self, report: RemoteIdReport, aircraft: ClaimedAircraft, time_ns: int) -> None:
        if report.counter is None:
            return
        advert = _advert(report)
        self._adverts[advert] = aircraft, time_ns
        self._adverts.move_to_end(advert)
        if len(self._adverts) > MOST_ADVERTS:
            self._adverts.popitem(last=False)

    def __len__(self) -> int:
        return len(self._aircraft)

    def _known(
        self, identities: list[str], transmitter: str, time_ns: int
    ) -> ClaimedAircraft | None:
        known = next(
            (self._by_identity[name] for name in identities if name in self._by_identity),
            self._by_transmitter.get(transmitter),
        )
        if known is None or _another_serial(known, identities):
            return None  # one transmitter, two serial numbers: two claimed aircraft
        if time_ns - known.last_seen_ns > SILENT_S * 1e9:
            self._forget(known)
            return None
        return known

    def _new(self, report: RemoteIdReport, time_ns: int) -> ClaimedAircraft:
        if len(self._aircraft) >= self._most:
            self._forget(next(iter(self._aircraft.values())))
            self.forgotten += 1
        aircraft = ClaimedAircraft(report.transmitter, time_ns, time_ns)
        self._aircraft[id(aircraft)] = aircraft
        return aircraft

    def _merge(self, aircraft: ClaimedAircraft, other: ClaimedAircraft | None) -> None:
        """Two aircraft turned out to be one: `other` goes up in `aircraft`."""
        if other is None or other is aircraft or _another_serial(aircraft, other.identities):
            return
        self._forget(other)
        other.merged_into = aircraft
        aircraft.sensors |= other.sensors
        aircraft.first_seen_ns = min(aircraft.first_seen_ns, other.first_seen_ns)
        for identity in other.identities:
            _remember(identity, aircraft.identities, aircraft, self._by_identity)
        for transmitter in other.transmitters:
            _remember(transmitter, aircraft.transmitters, aircraft, self._by_transmitter)

    def _forget(self, aircraft: ClaimedAircraft) -> None:
        self._aircraft.pop(id(aircraft), None)
        self._on_forgotten(aircraft)
        for identity in aircraft.identities:
            _unlink(identity, aircraft, self._by_identity)
        for transmitter in aircraft.transmitters:
            _unlink(transmitter, aircraft, self._by_transmitter)


def _remember(
    name: str,
    names: dict[str, None],
    aircraft: ClaimedAircraft,
    index: dict[str, ClaimedAircraft],
) -> None:
    """Note that `name` is the aircraft's; the oldest that is no serial number makes room."""
    names[name] = None
    index[name] = aircraft
    if len(names) > MOST_NAMES:
        first = next(iter(names))
        oldest = next((one for one in names if not one.startswith("serial:")), first)
        del names[oldest]
        _unlink(oldest, aircraft, index)


def _unlink(name: str, aircraft: ClaimedAircraft, index: dict[str, ClaimedAircraft]) -> None:
    """Forget what `name` leads to, unless it leads to another aircraft by now."""
    if index.get(name) is aircraft:
        del index[name]


def _advert(report: RemoteIdReport) -> RemoteIdReport:
    """What was sent, whoever received it."""
    return replace(report, time_ns=0, receiver=None, level_dbm=None, channel=None)


def _identities(report: RemoteIdReport) -> list[str]:
    """The identities of a report, the most telling first."""
    named = (
        ("serial", report.serial_number),
        ("registration", report.registration_id),
        ("utm", report.utm_id),
        ("session", report.session_id),
    )
    return [f"{kind}:{value}" for kind, value in named if value]


_RANK = {"serial": 0, "registration": 1, "utm": 2, "session": 3}


def _name(aircraft: ClaimedAircraft) -> str:
    ranked = sorted(aircraft.identities, key=lambda name: (_RANK[name.partition(":")[0]], name))
    return ranked[0] if ranked else f"transmitter:{min(aircraft.transmitters)}"


def _another_serial(known: ClaimedAircraft, identities: Iterable[str]) -> bool:
    serials = {name for name in known.identities if name.startswith("serial:")}
    new = {name for name in identities if name.startswith("serial:")}
    return bool(serials and new and not serials & new)


def _renew(aircraft: ClaimedAircraft, report: RemoteIdReport, time_ns: int) -> None:
    aircraft.last_seen_ns = max(aircraft.last_seen_ns, time_ns)
    if report.position is not None:
        aircraft.position, aircraft.position_ns = report.position, time_ns
        aircraft.height_m = report.height_m
        aircraft.course_deg = report.course_deg
        aircraft.ground_speed_m_s = report.ground_speed_m_s
        aircraft.climb_m_s = report.climb_m_s
        aircraft.horizontal_accuracy_m = report.horizontal_accuracy_m
    if report.operational_status is not None:
        aircraft.on_the_ground = report.operational_status == ON_THE_GROUND
        aircraft.airborne = report.operational_status == AIRBORNE
    if report.operator_id is not None:
        aircraft.operator_id = report.operator_id
    if report.operator_position is not None:
        aircraft.operator_position = report.operator_position
