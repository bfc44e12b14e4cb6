from __future__ import annotations

from msgspec.structs import replace

from havik.drivers.readings import Position, RemoteIdReport
from havik.gateway.claims import Claims

HERE = Position(latitude_deg=54.0, longitude_deg=4.0)


def report(transmitter: str, **values: object) -> RemoteIdReport:
    return replace(RemoteIdReport(time_ns=0, transmitter=transmitter), **values)


def test_one_message_an_advert_is_one_aircraft() -> None:
    claims = Claims()
    claims.take("rid", report("AA", position=HERE), 1)
    claims.take("rid", report("AA", serial_number="S1"), 2)
    aircraft = claims.take("rid", report("AA", operator_position=HERE), 3)
    assert len(claims) == 1
    assert (aircraft.name, aircraft.position, aircraft.operator_position) == (
        "serial:S1",
        HERE,
        HERE,
    )
    assert (aircraft.first_seen_ns, aircraft.last_seen_ns) == (1, 3)


def test_transports_and_changing_addresses_are_one_aircraft() -> None:
    claims = Claims()
    claims.take("rid", report("AA", serial_number="S1", position=HERE), 1)
    claims.take("rid", report("BB"), 2)
    claims.take("other", report("BB", serial_number="S1"), 3)
    aircraft = claims.take("rid", report("CC", serial_number="S1"), 4)
    assert len(claims) == 1
    assert set(aircraft.transmitters) == {"AA", "BB", "CC"}
    assert aircraft.sensors == {"rid", "other"}


def test_the_serial_wins_and_the_session_is_kept() -> None:
    claims = Claims()
    claims.take("rid", report("AA", session_id="X"), 1)
    aircraft = claims.take("rid", report("AA", session_id="X", serial_number="S1"), 2)
    assert aircraft.name == "serial:S1"
    assert "session:X" in aircraft.identities


def test_one_transmitter_with_two_serials_is_two_aircraft() -> None:
    claims = Claims()
    first = claims.take("rid", report("AA", serial_number="S1"), 1)
    second = claims.take("rid", report("AA", serial_number="S2"), 2)
    assert first is not second
    assert len(claims) == 2


def test_an_unknown_value_does_not_wipe_a_known_one() -> None:
    claims = Claims()
    claims.take("rid", report("AA", position=HERE, operational_status=1), 1)
    aircraft = claims.take("rid", report("AA"), 2)
    assert aircraft.position == HERE
    assert aircraft.position_ns == 1
    assert aircraft.on_the_ground


def test_a_swarm_does_not_grow_without_end() -> None:
    claims = Claims(most=50)
    for number in range(400):
        claims.take("rid", report(f"M{number}", serial_number=f"S{number}"), number)
    assert len(claims) == 50
    assert claims.forgotten == 350
    again = claims.take("rid", report("M399"), 400)
    assert again.name == "serial:S399"
    assert claims.take("rid", report("M0"), 401).name == "transmitter:M0"
