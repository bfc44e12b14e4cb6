"""Remote ID broadcasts to claimed aircraft: one each, over all transports and MAC addresses.

BLE 4 adverts carry one message each, transmitters change their MAC address, and one aircraft may
broadcast several identities. What binds them: a transmitter's address keeps its aircraft, and the
same identity is the same aircraft. The serial number wins over every other identity.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from ..drivers.readings import Position, RemoteIdReport

MOST_AIRCRAFT = 1000
"""Beyond so many the one that was silent longest is forgotten: a swarm cannot fill the memory."""

ON_THE_GROUND = 1  # F3411-22a operational status


@dataclass(slots=True)
class ClaimedAircraft:
    """All that was claimed of one aircraft; the newest known value of each."""

    name: str
    first_seen_ns: int
    last_seen_ns: int
    identities: set[str] = field(default_factory=set[str])
    transmitters: set[str] = field(default_factory=set[str])
    sensors: set[str] = field(default_factory=set[str])
    position: Position | None = None
    position_ns: int = 0
    height_m: float | None = None
    course_deg: float | None = None
    ground_speed_m_s: float | None = None
    climb_m_s: float | None = None
    horizontal_accuracy_m: float | None = None
    operator_position: Position | None = None
    on_the_ground: bool = False


class Claims:
    """Reports in, claimed aircraft out."""

    def __init__(self, most: int = MOST_AIRCRAFT) -> None:
        self._most = most
        self._aircraft: OrderedDict[int, ClaimedAircraft] = OrderedDict()
        self._by_identity: dict[str, ClaimedAircraft] = {}
        self._by_transmitter: dict[str, ClaimedAircraft] = {}
        self.forgotten = 0

    def take(self, sensor: str, report: RemoteIdReport, time_ns: int) -> ClaimedAircraft:
        """Add one report, received at `time_ns`, to the aircraft that it speaks of."""
        identities = _identities(report)
        aircraft = self._known(identities, report.transmitter) or self._new(report, time_ns)
        for identity in identities:
            self._merge(aircraft, self._by_identity.get(identity))
            self._by_identity[identity] = aircraft
            aircraft.identities.add(identity)
        before = self._by_transmitter.get(report.transmitter)
        if before is not None and not before.identities:
            self._merge(aircraft, before)  # heard before it told its name
        self._by_transmitter[report.transmitter] = aircraft
        aircraft.transmitters.add(report.transmitter)
        aircraft.name = _name(aircraft)
        aircraft.sensors.add(sensor)
        _renew(aircraft, report, time_ns)
        self._aircraft.move_to_end(id(aircraft))
        return aircraft

    def __len__(self) -> int:
        return len(self._aircraft)

    def _known(self, identities: list[str], transmitter: str) -> ClaimedAircraft | None:
        for identity in identities:
            if identity in self._by_identity:
                return self._by_identity[identity]
        known = self._by_transmitter.get(transmitter)
        if known is not None and _another_serial(known, identities):
            return None  # one transmitter, two serial numbers: two claimed aircraft
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
        if other is None or other is aircraft:
            return
        aircraft.identities |= other.identities
        aircraft.transmitters |= other.transmitters
        aircraft.sensors |= other.sensors
        aircraft.first_seen_ns = min(aircraft.first_seen_ns, other.first_seen_ns)
        self._forget(other)
        for identity in aircraft.identities:
            self._by_identity[identity] = aircraft
        for transmitter in aircraft.transmitters:
            self._by_transmitter[transmitter] = aircraft

    def _forget(self, aircraft: ClaimedAircraft) -> None:
        self._aircraft.pop(id(aircraft), None)
        for identity in aircraft.identities:
            self._by_identity.pop(identity, None)
        for transmitter in aircraft.transmitters:
            self._by_transmitter.pop(transmitter, None)


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


def _another_serial(known: ClaimedAircraft, identities: list[str]) -> bool:
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
    if report.operator_position is not None:
        aircraft.operator_position = report.operator_position
