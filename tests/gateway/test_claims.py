from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from havik.drivers.readings import Position, RemoteIdReport
from havik.gateway.claims import MOST_ADVERTS, MOST_NAMES, Claims

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


ADVERT = report("AA", transport="ble-legacy", counter=255, position=HERE, serial_number="S1")
THERE = Position(latitude_deg=54.001, longitude_deg=4.0)
AGAIN: dict[str, tuple[RemoteIdReport, float, bool]] = {
    "by the radio": (ADVERT, 0.1, True),
    "by another receiver": (
        replace(ADVERT, time_ns=7, receiver="roof", level_dbm=-80.0, channel=37), 0.3, True,
    ),
    "by a receiver whose clock is behind": (ADVERT, -1.0, True),
    "at the end": (ADVERT, 3.0, True),
    "too late": (ADVERT, 3.001, False),
    "after the counter ran over": (ADVERT, 256.0, False),
    "the next counter, which wraps": (replace(ADVERT, counter=0), 0.1, False),
    "another place": (replace(ADVERT, position=THERE), 0.1, False),
    "another message of that counter": (replace(ADVERT, serial_number=None), 0.1, False),
    "another moment": (replace(ADVERT, hour_s=1.0), 0.1, False),
    "another transport": (replace(ADVERT, transport="wifi-beacon"), 0.1, False),
    "another transmitter": (replace(ADVERT, transmitter="BB"), 0.1, False),
    "no counter": (replace(ADVERT, counter=None), 0.1, False),
}  # fmt: skip


@pytest.mark.parametrize(("second", "after_s", "repeats"), AGAIN.values(), ids=AGAIN)
def test_an_advert_heard_again_is_no_news(
    second: RemoteIdReport, after_s: float, repeats: bool
) -> None:
    claims, start_ns = Claims(), 10**12
    assert claims.again("rid", ADVERT, start_ns) is None
    aircraft = claims.take("rid", ADVERT, start_ns)
    time_ns = start_ns + round(after_s * 1e9)
    assert claims.again("roof", second, time_ns) is (aircraft if repeats else None)
    assert claims.repeated == int(repeats)
    assert aircraft.position_ns == start_ns
    assert aircraft.sensors == ({"rid", "roof"} if repeats else {"rid"})
    assert aircraft.last_seen_ns == (max(start_ns, time_ns) if repeats else start_ns)


def test_adverts_without_a_counter_are_never_suppressed() -> None:
    claims, plain = Claims(), replace(ADVERT, counter=None)
    for second in range(5):
        assert claims.again("rid", plain, second) is None
        claims.take("rid", plain, second)
    assert claims.repeated == 0


def test_an_advert_that_is_told_for_ever_is_news_now_and_then() -> None:
    claims, news = Claims(), 0
    for tenth in range(100):  # 0 to 9.9 s: told at 0, 3.1, 6.2 and 9.3 s
        if claims.again("rid", ADVERT, tenth * 10**8) is None:
            claims.take("rid", ADVERT, tenth * 10**8)
            news += 1
    assert (news, claims.repeated) == (4, 96)


def test_messages_that_share_a_counter_are_each_repeated() -> None:
    claims = Claims()
    name = replace(ADVERT, position=None)
    place = replace(ADVERT, serial_number=None)
    for one in (name, place):
        assert claims.again("rid", one, 0) is None
        claims.take("rid", one, 0)
    assert claims.again("roof", name, 1) is claims.again("roof", place, 1) is not None
    assert claims.repeated == 2


def test_an_aircraft_that_made_room_is_told_anew() -> None:
    claims = Claims(most=1)
    claims.take("rid", ADVERT, 0)
    claims.take("rid", report("BB", serial_number="S2"), 1)
    assert claims.again("rid", ADVERT, 2) is None


def test_what_merged_is_repeated_by_what_it_turned_out_to_be() -> None:
    claims = Claims()
    named = claims.take("rid", report("WIFI", serial_number="S1"), 0)
    nameless = replace(ADVERT, transmitter="BLE", serial_number=None)
    assert claims.take("rid", nameless, 1) is not named
    claims.take("rid", report("BLE", serial_number="S1"), 2)
    assert claims.again("roof", nameless, 3) is named


def test_a_flood_of_adverts_does_not_grow_without_end() -> None:
    claims = Claims()
    flood = [replace(ADVERT, height_m=float(number)) for number in range(MOST_ADVERTS + 1)]
    for one in flood:
        claims.take("rid", one, 0)
    assert claims.again("rid", flood[0], 1) is None  # the oldest made room
    assert claims.again("rid", flood[1], 1) is not None
    assert claims.again("rid", flood[-1], 1) is not None


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
