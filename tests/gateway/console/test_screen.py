"""A console's screen, read off as text, at the sizes of a desk and of a rescue terminal."""

from __future__ import annotations

import io
from typing import TypedDict

import pytest
from msgspec.structs import replace
from rich.console import Console

from havik.config.settings import SiteSection
from havik.drivers.readings import Position
from havik.gateway.console.screen import MOST_KEPT, Screen
from havik.gateway.health import last_will
from havik.gateway.messages import (
    Alarm,
    AnyMessage,
    CheckedItem,
    Detection,
    Find,
    FindItem,
    Health,
    Incident,
    Place,
    Search,
    Shelf,
    Step,
    Track,
    encode,
)

S = 10**9
NOW = 1_793_933_915 * S  # 2026-11-06T02:58:35Z
DESK, RESCUE = (100, 35), (80, 24)


class Common(TypedDict):
    id: str
    site: str
    time_ns: int


COMMON: Common = {"id": "i", "site": "noord", "time_ns": NOW}
PILOT = Position(latitude_deg=54.00137, longitude_deg=4.00163)
AIRCRAFT = Position(latitude_deg=54.00038, longitude_deg=4.00063, altitude_hae_m=52.0)
DROP = Position(latitude_deg=54.00042, longitude_deg=4.00071)

ALARM = Incident(
    **COMMON, incident="019f0000-0001-7000-8000-000000000001", version=3, state="alarm",
    contact=True, confidence=0.97, labels=("dji-droneid",), claims=("serial:ZZZZCSM0000000001",),
    tracks=("t1",), sensors=("radar-yard", "receiver"), first_contact_ns=NOW - 42 * S,
    last_contact_ns=NOW, position=DROP, drop=Place(zone="yard-b", position=DROP),
    search=(Place(zone="yard-b"), Place(zone="yard-a")), hold=("yard-b",), operator_claimed=PILOT,
    steps=(
        Step(step="alarm", time_ns=NOW - 42 * S),
        Step(step="drop-suspected", time_ns=NOW - 9 * S, zone="yard-b"),
    ),
)  # fmt: skip
TRACK = Track(
    **COMMON, track="t1", state="alive", aircraft_class="drone", basis="both", position=AIRCRAFT,
    height_agl_m=12.0, speed_m_s=0.4, claims=("serial:ZZZZCSM0000000001",), incident=ALARM.incident,
    first_seen_ns=NOW - 42 * S, last_seen_ns=NOW - S,
)  # fmt: skip
HEALTH = Health(**COMMON, sensor="radar-yard", state="online", since_ns=NOW - 9000 * S)
FIND = Find(
    **COMMON, find="f1", found_at_ns=NOW, place="yard", place_ref="yard-b", method="dog",
    incident=ALARM.incident, items=(FindItem(category="phone", sub="mini", quantity=2),),
)  # fmt: skip


def topic(message: AnyMessage) -> str:
    match message:
        case Incident():
            return f"havik/{message.site}/incidents/{message.incident}"
        case Track():
            return f"havik/{message.site}/tracks/{message.track}"
        case Find():
            return f"havik/{message.site}/finds/{message.find}"
        case Health():
            return f"havik/{message.site}/{message.sensor}/health"
        case Detection():
            return f"havik/{message.site}/detections/{message.sensor}"
        case _:
            raise AssertionError(message)


def screen(*messages: AnyMessage) -> Screen:
    made = Screen()
    for message in messages:
        made.take(topic(message), encode(message))
    return made


def drawn(made: Screen, size: tuple[int, int] = DESK, now_ns: int = NOW) -> str:
    width, height = size
    console = Console(width=width, height=height, file=io.StringIO(), record=True)
    console.print(made.draw(now_ns), end="")
    text = console.export_text()
    lines = text.splitlines()
    assert len(lines) < height  # one line is the console's own
    assert max(map(len, lines)) <= width
    return text


def row(text: str, name: str) -> str:
    """What stands behind a name in the first incident's frame."""
    line = next(line for line in text.splitlines() if line.startswith(f"│ {name} "))
    return line.strip("│ ").removeprefix(name).strip()


def busy() -> Screen:
    """A night on which everything happens at once: six incidents, forty tracks, eight sensors."""
    others = [
        replace(
            ALARM, incident=f"019f0000-0001-7000-8000-00000000000{n}", state="acknowledged",
            contact=False, first_contact_ns=NOW - n * 1000 * S, tracks=(),
            hold=("yard-c",) if n % 2 else (),
        )
        for n in range(2, 7)
    ]  # fmt: skip
    birds = [
        replace(TRACK, track=f"b{n}", aircraft_class="bird", basis="measured", claims=(),
                incident=None, last_seen_ns=NOW)
        for n in range(40)
    ]  # fmt: skip
    sensors = [replace(HEALTH, sensor=f"sensor-{n}") for n in range(7)]
    dark = replace(HEALTH, sensor="radar-wall", state="offline", reason="unplugged")
    return screen(*others, ALARM, *birds, TRACK, *sensors, dark)


@pytest.mark.parametrize("size", [DESK, RESCUE], ids=str)
def test_what_an_operator_acts_on_is_never_cut_off(size: tuple[int, int]) -> None:
    text = drawn(busy(), size)
    assert row(text, "next") == "acknowledge"
    assert row(text, "HOLD").startswith("yard-b: ")
    assert row(text, "search") == "yard-a"
    assert row(text, "drop") == "suspected at yard-b, 54.00042, 4.00071"
    assert row(text, "aircraft") == "54.00038, 4.00063, 12 m high, 0 m/s (measured 1 s ago)"
    assert row(text, "pilot") == "54.00137, 4.00163 (claimed)"
    assert row(text, "since") == "02:57:53 UTC (42 s ago), by radar-yard, receiver"
    assert row(text, "id") == ALARM.incident
    assert "OFFLINE radar-wall for 2 h: unplugged" in text


@pytest.mark.parametrize("size", [DESK, RESCUE], ids=str)
def test_every_open_incident_is_there_and_the_alarm_is_first(size: tuple[int, int]) -> None:
    text = drawn(busy(), size)
    assert text.count("ALARM: ") == 1
    assert text.count("ACKNOWLEDGED") == 5
    assert text.index("ALARM: ") < text.index("ACKNOWLEDGED")
    assert text.count("search yard-c, record the outcome") == 2  # those that hold say what to do


def test_incidents_that_find_no_room_are_counted() -> None:
    many = [replace(ALARM, incident=f"i{n}", hold=(f"yard-{n}",)) for n in range(60)]
    text = drawn(screen(*many), RESCUE)
    lines = sum(" ALARM" in line for line in text.splitlines())
    assert f"and {60 - lines} more open incidents" in text
    assert lines >= 9
    assert text.count("HOLD") == lines  # each says what is held


def test_tracks_that_find_no_room_are_counted_and_the_alarms_own_is_first() -> None:
    birds = [replace(TRACK, track=f"b{n}", incident=None, aircraft_class="bird") for n in range(9)]
    text = drawn(screen(ALARM, *birds, TRACK), RESCUE)
    rows = [line for line in text.splitlines() if line.startswith(("bird", "drone"))]
    assert rows[0].startswith("drone")
    assert rows[0].split()[-2:] == ["1", "s"]  # to its last column
    assert "54.00038, 4.00063" in rows[0]
    assert f"and {10 - len(rows)} more" in text


def test_a_last_will_that_was_written_hours_ago_is_news_of_now() -> None:
    will = last_will(SiteSection(name="noord", latitude_deg=52, longitude_deg=5), "radar-yard", 0)
    text = drawn(screen(replace(HEALTH, time_ns=NOW - 2 * S), will))
    assert "OFFLINE radar-yard for 2 s: the gateway is gone (last will)" in text
    gone = replace(HEALTH, state="offline", since_ns=NOW - 300 * S)
    assert "OFFLINE radar-yard for 5 min: the gateway is gone" in drawn(screen(gone, will, will))
    text = drawn(screen(will))  # who comes later does not know
    assert "OFFLINE radar-yard: the gateway is gone (last will)" in text


def test_a_quiet_night() -> None:
    text = drawn(screen(HEALTH))
    assert "No open incident" in text
    assert "02:58:35 UTC" in text
    assert "OFFLINE" not in text
    assert "waiting for a gateway" in drawn(Screen())


STEPS = (Step(step="alarm", time_ns=NOW), Step(step="drop-suspected", time_ns=NOW, zone="yard-b"))
SEARCHED = Step(step="searched", time_ns=NOW, zone="yard-b")
ANSWERED = replace(ALARM, state="acknowledged", steps=STEPS)
SEARCH = Search(
    zone="yard-b", opened_ns=NOW, by="patrol",
    checklist=(CheckedItem(item="ground", time_ns=NOW, by="patrol"), CheckedItem(item="roof_net")),
)  # fmt: skip
LOOKED = replace(SEARCH, checklist=SEARCH.checklist[:1])
NEXT = {
    "search yard-b: roof_net": replace(ANSWERED, searches=(SEARCH,)),
    "record what yard-b gave": replace(ANSWERED, searches=(LOOKED,)),
    "close the search of yard-b": replace(ANSWERED, searches=(LOOKED,), steps=(*STEPS, SEARCHED)),
    "acknowledge": ALARM,
    "search yard-b, record the outcome": replace(ALARM, state="acknowledged"),
    "release yard-b": replace(ALARM, state="acknowledged", steps=(*STEPS, SEARCHED)),
    "watch: it is still there": replace(ALARM, state="acknowledged", hold=()),
    "close": replace(ALARM, state="acknowledged", hold=(), contact=False),
}


@pytest.mark.parametrize("told", NEXT)
def test_the_screen_says_what_to_do_next(told: str) -> None:
    assert row(drawn(screen(NEXT[told])), "next") == told


def test_alarms_that_are_not_told_each_are_named() -> None:
    plain = Alarm(
        id="i", site="noord", time_ns=NOW, source="fence.north", kind="intrusion", active=True,
        needs_person=True, since_ns=NOW, activations=13,
    )  # fmt: skip
    shelf = Shelf(by="shift-lead", reason="wind", since_ns=NOW, until_ns=NOW)
    told = {
        "fence.north: chattering, 13 times": replace(plain, chattering=True),
        "fence.north: shelved by shift-lead until 02:58:35 UTC": replace(plain, shelved=shelf),
        "flood: 13 alarms in ten minutes": replace(plain, source="flood", kind="flood"),
    }
    for words, alarm in told.items():
        room = screen(ALARM)
        room.take(f"havik/noord/alarms/{alarm.source}", encode(alarm))
        assert words in drawn(room)
        room.take(f"havik/noord/alarms/{alarm.source}", b"")
        assert words not in drawn(room)
    room = screen(ALARM)
    room.take("havik/noord/alarms/fence.north", encode(plain))
    assert "fence.north" not in drawn(room)  # its incident says it


def test_an_aircraft_that_no_track_shows_was_last_where_the_incident_says() -> None:
    assert row(drawn(screen(ALARM)), "aircraft") == "last at 54.00042, 4.00071"
    unplaced = replace(ALARM, position=None)
    assert row(drawn(screen(unplaced)), "aircraft") == "unknown"


def test_a_measured_place_goes_before_a_claimed_one() -> None:
    claimed = replace(TRACK, track="t2", basis="claimed", position=PILOT, last_seen_ns=NOW)
    told = row(drawn(screen(ALARM, TRACK, claimed)), "aircraft")
    assert told.startswith("54.00038, 4.00063")
    assert row(drawn(screen(ALARM, claimed)), "aircraft").endswith("(claimed 0 s ago)")


@pytest.mark.parametrize("mode", ["test", "exercise"])
def test_what_is_not_live_says_so(mode: str) -> None:
    text = drawn(screen(replace(ALARM, mode=mode), replace(HEALTH, mode=mode)))
    assert f"{mode.upper()} ALARM" in text
    assert text.splitlines()[0].count(mode.upper()) == 1
    assert mode.upper() not in drawn(screen(ALARM, HEALTH))


def test_finds_are_told_in_words() -> None:
    found = replace(ALARM, finds=("f1", "f2"))
    text = drawn(screen(found, FIND))
    assert "2 phone (mini phone); yard yard-b; dog" in text
    assert "f2" in text  # one that this console has not heard of


def test_what_the_receiver_hears_stands_beside_it() -> None:
    wifi = Detection(**COMMON, sensor="radar-yard", kind="radio-emission", label="wifi")
    heard = replace(wifi, label="dji-droneid", family="drone")
    plot = Detection(**COMMON, sensor="radar-yard", kind="radar-plot")
    later = replace(heard, time_ns=heard.time_ns - 61_000_000_000)
    text = drawn(screen(HEALTH, heard, replace(wifi, family="background"), plot))
    assert "3 detections" in text
    assert "dji-droneid" in text
    assert "dji-droneid" not in drawn(screen(HEALTH, later))


def test_a_name_from_the_air_does_not_draw_on_the_console() -> None:
    evil = ("serial:[/red]", "serial:[bold]x", "serial:\x1b[2J\x1b[31m", "serial:\n\r\u202e")
    bad = replace(ALARM, claims=evil, labels=("[/]\x1b[0m",), hold=("[/x]\x07",))
    health = replace(HEALTH, state="offline", reason="[/]\x1b[2J")
    track = replace(TRACK, claims=evil[1:2])
    text = drawn(screen(bad, track, health, replace(track, track="t2", claims=evil[2:3])))
    assert "\x1b" not in text and "\x07" not in text and "\u202e" not in text
    assert "serial:[/red], serial:[bold]x, serial:·[2J·[31m and 1 more" in text


# What comes in.


def test_an_empty_payload_clears_and_a_newer_one_replaces() -> None:
    made = screen(ALARM, TRACK)
    made.take(topic(ALARM), encode(replace(ALARM, state="acknowledged")))
    assert [incident.state for incident in made.incidents.values()] == ["acknowledged"]
    made.take(topic(ALARM), b"")
    made.take(topic(TRACK), b"")
    assert (made.incidents, made.tracks) == ({}, {})


@pytest.mark.parametrize("payload", [b"{", b"null", b"\xff", b"[" * 100_000, b'{"a":' * 100_000])
def test_what_cannot_be_read_is_counted_and_takes_nothing_away(payload: bytes) -> None:
    made = screen(ALARM, TRACK, FIND, HEALTH)
    for message in (ALARM, TRACK, FIND, HEALTH):
        made.take(topic(message), payload)
    made.take("havik/noord/detections/x", payload)
    assert made.unreadable == 5
    assert len(made.incidents) == len(made.tracks) == len(made.finds) == len(made.health) == 1
    assert "5 unreadable messages" in drawn(made)


@pytest.mark.parametrize(
    "other", ["", "havik", "havik/noord/incidents", "havik/a/b/c/d", "x/noord/incidents/i"]
)
def test_other_topics_are_not_taken(other: str) -> None:
    made = Screen()
    made.take(other, encode(ALARM))
    assert (made.incidents, made.unreadable) == ({}, 0)


def test_a_flood_of_subjects_is_bounded() -> None:
    made = Screen()
    for number in range(MOST_KEPT + 100):
        for message in (
            replace(ALARM, incident=f"i{number}"),
            replace(TRACK, track=f"t{number}"),
            replace(FIND, find=f"f{number}"),
            replace(HEALTH, sensor=f"s{number}"),
        ):
            made.take(topic(message), encode(message))
    for table in (made.incidents, made.tracks, made.finds, made.health):
        assert len(table) == MOST_KEPT
    assert "i599" in "".join(made.incidents)  # the newest stay
