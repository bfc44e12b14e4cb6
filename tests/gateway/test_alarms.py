"""The alarm rules, with time passed in; the limits are those of docs/incidents.md."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havik.config.settings import SiteSection
from havik.gateway.alarms import FLOOD, MOST_SOURCES, Alarms, Ruling, Signal
from havik.gateway.messages import Alarm, AlarmKind
from havik.gateway.workflow import RefusedError

S = 10**9
SITE = SiteSection(name="noord", latitude_deg=52.0, longitude_deg=5.0)


def signal(
    time_s: float,
    *,
    active: bool = True,
    source: str = "fence.north",
    kind: AlarmKind = "intrusion",
) -> Signal:
    return Signal(
        source=source, kind=kind, sensor="fence", time_ns=round(time_s * S), active=active
    )


def gust(room: Alarms, time_s: float, source: str = "fence.north") -> Ruling:
    """Off, and back a second later; gives the first."""
    ruling = room.take(signal(time_s, source=source))
    room.take(signal(time_s + 1, source=source, active=False))
    return ruling


def fence(*times_s: float) -> tuple[Alarms, list[Ruling]]:
    room = Alarms(SITE)
    return room, [gust(room, time_s) for time_s in times_s]


@pytest.mark.parametrize(
    ("kind", "present"), [("intrusion", True), ("screening", False), ("fault", False)]
)
def test_only_what_needs_a_person_is_put_before_one(kind: AlarmKind, present: bool) -> None:
    ruling = Alarms(SITE).take(signal(0, kind=kind))
    assert ruling.present is present
    assert [alarm.needs_person for alarm in ruling.told] == [present]


@pytest.mark.parametrize(
    ("times_s", "chatters"),
    [
        ((0, 30, 60), True),  # three within a minute
        ((0, 30, 61), False),
        ((0, 150, 300, 450, 600), True),  # five within ten
        ((0, 150, 300, 450, 601), False),
    ],
)
def test_what_goes_off_again_and_again_chatters(times_s: tuple[float, ...], chatters: bool) -> None:
    _, rulings = fence(*times_s)
    assert [one.told[0].chattering for one in rulings[:-1]] == [False] * (len(times_s) - 1)
    assert rulings[-1].told[0].chattering is chatters


def test_a_chattering_source_is_put_before_a_person_every_ten_minutes_and_ends() -> None:
    room, _ = fence(0, 20, 40)
    later = [(t, gust(room, t)) for t in range(60, 1300, 20)]
    assert [t for t, one in later if one.present] == [640, 1240]
    assert not room.tick((1280 + 599) * S)
    (over,) = room.tick((1280 + 600) * S)
    assert (over.chattering, over.activations) == (False, 3 + len(later))
    assert gust(room, 2000).present


def test_what_stands_for_a_day_is_told_once() -> None:
    room = Alarms(SITE)
    room.take(signal(0))
    assert not room.tick(86_399 * S)
    (stands,) = room.tick(86_400 * S)
    assert stands.standing
    assert not room.tick(200_000 * S)
    (cleared,) = room.take(signal(200_001, active=False)).told
    assert (cleared.active, cleared.standing) == (False, False)


def test_a_repeated_word_is_no_second_alarm() -> None:
    room = Alarms(SITE)
    room.take(signal(0))
    assert room.take(signal(5)) == Ruling()


def test_a_flood_is_one_alarm_and_its_fences_are_named_in_it() -> None:
    room = Alarms(SITE)
    told = [room.presented(round(t * S)) for t in range(0, 100, 10)]
    assert told == [()] * 10  # ten in ten minutes is the most
    (flood,) = room.presented(101 * S)
    assert (flood.source, flood.active, flood.activations) == (FLOOD, True, 11)
    assert not gust(room, 110, "fence.east").present
    assert not gust(room, 120, "fence.west").present
    assert room.presented(130 * S) == ()  # a flight: told by itself, and the flood is told already
    assert not room.tick(640 * S)  # seven are younger than ten minutes
    (over,) = [one for one in room.tick(671 * S) if one.source == FLOOD]
    assert (over.active, over.coalesced, over.sources) == (False, 2, ("fence.east", "fence.west"))
    assert gust(room, 2000, "fence.east").present


def test_a_shelf_has_an_end_and_ends_by_itself() -> None:
    room = Alarms(SITE, most_shelved_h=12)
    with pytest.raises(RefusedError, match=r"no alarm source fence\.north has spoken"):
        room.shelve("fence.north", "lead", "wind", 10 * S, 0)
    gust(room, 0)
    with pytest.raises(RefusedError, match="until: it is past"):
        room.shelve("fence.north", "lead", "wind", 5 * S, 5 * S)
    with pytest.raises(RefusedError, match="at most 12 h ahead"):
        room.shelve("fence.north", "lead", "wind", 12 * 3600 * S + 6 * S, 5 * S)
    told = room.shelve("fence.north", "lead", "wind", 3600 * S, 5 * S)
    assert told.shelved is not None
    assert (told.shelved.by, told.shelved.reason, told.shelved.until_ns) == (
        "lead", "wind", 3600 * S,
    )  # fmt: skip
    assert not gust(room, 100).present
    assert not room.tick(3599 * S)
    (over,) = room.tick(3600 * S)
    assert over.shelved is None
    assert gust(room, 3700).present


def test_a_shelf_can_be_ended_and_outlives_a_restart() -> None:
    room, _ = fence(0)
    shelved = room.shelve("fence.north", "lead", "wind", 3600 * S, 5 * S)
    again = Alarms(SITE, restored=[shelved])
    assert again.shelved == ["fence.north"]
    assert not gust(again, 100).present
    assert again.unshelve("fence.north", 200 * S).shelved is None
    with pytest.raises(RefusedError, match=r"fence\.north is not shelved"):
        again.unshelve("fence.north", 201 * S)
    assert gust(again, 1000).present


def test_sources_are_bounded_and_a_shelf_is_kept() -> None:
    room, _ = fence(0)
    room.shelve("fence.north", "lead", "wind", 3600 * S, 5 * S)
    for number in range(MOST_SOURCES + 10):
        gust(room, 10, f"f.{number}")
    assert room.shelved == ["fence.north"]


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=200))
def test_no_source_is_told_of_more_than_so_often(steps: list[tuple[int, bool]]) -> None:
    """However it flaps: in any ten minutes at most five goings-off, as many endings, its end."""
    room = Alarms(SITE)
    told: list[Alarm] = []
    time_s = 0
    for pause_s, active in steps:
        time_s += pause_s
        told += room.tick(time_s * S)
        told += room.take(signal(time_s, active=active)).told
    for alarm in told:
        near = [one for one in told if 0 <= one.time_ns - alarm.time_ns < 600 * S]
        assert len(near) <= 12
