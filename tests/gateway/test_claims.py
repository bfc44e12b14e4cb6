from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from havik.drivers.readings import Position, RemoteIdReport
from havik.gateway.claims import MOST_NAMES, Claims

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


def test_one_transmitter_that_invents_serials_leaves_the_newest_known() -> None:
    claims = Claims(most=3)
    for number in range(10):
        claims.take("rid", report("AA", serial_number=f"S{number}"), number)
    assert (len(claims), claims.forgotten) == (3, 7)
    # the address is the newest one's: forgetting the older ones did not take it away
    assert claims.take("rid", report("AA"), 11).name == "serial:S9"
    assert len(claims) == 3


def test_forgetting_one_aircraft_leaves_its_address_to_the_next() -> None:
    claims = Claims(most=2)
    claims.take("rid", report("AA", serial_number="S1"), 1)
    second = claims.take("rid", report("AA", serial_number="S2"), 2)
    claims.take("rid", report("BB", serial_number="S3"), 3)  # for which S1 makes room
    assert claims.take("rid", report("AA"), 4) is second


def test_an_aircraft_of_ever_new_names_stays_small_and_keeps_its_serial() -> None:
    claims = Claims()
    aircraft = claims.take("rid", report("M0", serial_number="S1"), 0)
    for number in range(1, 500):
        seen = claims.take(
            "rid",
            report(f"M{number}", serial_number="S1", session_id=f"X{number}"),
            number,
        )
        assert seen is aircraft
    assert len(claims) == 1
    assert aircraft.name == "serial:S1"
    assert len(aircraft.identities) == len(aircraft.transmitters) == MOST_NAMES
    assert claims.take("rid", report("M499"), 500) is aircraft  # its newest address is known
    assert claims.take("rid", report("M1"), 501) is not aircraft  # its oldest no more


def test_two_serials_are_two_aircraft_though_they_share_a_registration() -> None:
    claims = Claims()
    first = claims.take("rid", report("AA", serial_number="S1", registration_id="R"), 1)
    second = claims.take("rid", report("BB", serial_number="S2", registration_id="R"), 2)
    assert first is not second
    assert claims.take("rid", report("AA", serial_number="S1", registration_id="R"), 3) is first
    assert claims.take("rid", report("BB", serial_number="S2", registration_id="R"), 4) is second


def test_what_was_heard_before_its_name_goes_up_in_the_named() -> None:
    claims = Claims()
    named = claims.take("rid", report("WIFI", serial_number="S1"), 1)
    nameless = claims.take("rid", report("BLE", position=HERE), 2)
    assert nameless is not named
    assert claims.take("rid", report("BLE", serial_number="S1"), 3) is named
    assert nameless.newest() is named
    assert len(claims) == 1


def test_after_a_long_silence_nothing_of_the_last_flight_is_told() -> None:
    claims = Claims()
    claims.take("rid", report("AA", serial_number="S1", position=HERE, operator_position=HERE), 0)
    soon = claims.take("rid", report("AA", serial_number="S1"), 300 * 10**9)
    assert soon.operator_position == HERE
    later = claims.take("rid", report("AA", serial_number="S1"), 601 * 10**9)
    assert (later.operator_position, later.position) == (None, None)
    assert later.first_seen_ns == 601 * 10**9
    assert len(claims) == 1


NAMES = st.none() | st.sampled_from(["A", "B", "C", "D"])


@given(
    st.lists(
        st.builds(
            RemoteIdReport,
            time_ns=st.just(0),
            transmitter=st.sampled_from(["AA", "BB", "CC"]),
            serial_number=NAMES,
            registration_id=NAMES,
            session_id=NAMES,
        ),
        max_size=40,
    )
)
def test_whatever_is_claimed_names_lead_to_aircraft_that_are_known(
    reports: list[RemoteIdReport],
) -> None:
    claims = Claims(most=3)
    for second, one in enumerate(reports):
        aircraft = claims.take("rid", one, second * 10**9)
        assert aircraft.merged_into is None
        assert 1 <= len(claims) <= 3
        serials = {name for name in aircraft.identities if name.startswith("serial:")}
        assert len(serials) <= 1
        if one.serial_number is not None:
            assert serials == {f"serial:{one.serial_number}"}
        assert claims.take("rid", one, second * 10**9) is aircraft
