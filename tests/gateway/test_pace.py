from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from havik.config.settings import SiteSection
from havik.drivers.readings import RemoteIdReport
from havik.gateway.claims import ClaimedAircraft
from havik.gateway.detect import ClaimEvidence
from havik.gateway.pace import (
    ALL_AT_ONCE,
    ALL_HZ,
    EACH_AT_ONCE,
    EACH_HZ,
    LEVELS_AT_ONCE,
    Bucket,
    Pace,
)

SITE = SiteSection(name="noord", latitude_deg=54.0, longitude_deg=4.0)
SECOND_NS = 1_000_000_000


def aircraft(number: int) -> ClaimedAircraft:
    return ClaimedAircraft(f"serial:{number}", 0, 0)


def said(time_ns: int, words: str = "") -> ClaimEvidence:
    report = RemoteIdReport(time_ns=time_ns, transmitter="AA", self_description=words)
    return ClaimEvidence("rid", time_ns, report, SITE)


def test_the_first_messages_of_an_aircraft_come_at_once_and_repetition_waits() -> None:
    pace, one = Pace(), aircraft(1)
    passed = [pace.passes(one, said(SECOND_NS + n)) for n in range(EACH_AT_ONCE + 3)]
    assert passed == [True] * EACH_AT_ONCE + [False] * 3
    assert pace.coalesced == 2  # the first of the three waits, the others stand for it


def test_who_waited_is_told_with_its_newest_words() -> None:
    pace, one = Pace(), aircraft(1)
    for _ in range(EACH_AT_ONCE):
        pace.passes(one, said(SECOND_NS))
    pace.passes(one, said(SECOND_NS, "old"))
    pace.passes(one, said(SECOND_NS, "new"))
    assert list(pace.due(SECOND_NS)) == []
    ((told, evidence),) = pace.due(2 * SECOND_NS)
    assert (told, evidence.report.self_description) == (one, "new")
    assert list(pace.due(9 * SECOND_NS)) == []


def test_an_aircraft_that_the_table_forgot_is_not_told() -> None:
    pace, one = Pace(), aircraft(1)
    for _ in range(EACH_AT_ONCE + 1):
        pace.passes(one, said(SECOND_NS))
    pace.forget(one)
    assert list(pace.due(9 * SECOND_NS)) == []


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 200_000_000)), min_size=50, max_size=300)
)
def test_no_order_of_messages_breaks_a_limit(messages: list[tuple[int, int]]) -> None:
    pace, fleet = Pace(), [aircraft(number) for number in range(6)]
    now_ns, told = SECOND_NS, Counter[str]()
    for number, pause_ns in messages:
        now_ns += pause_ns
        told.update([fleet[number].name] * pace.passes(fleet[number], said(now_ns)))
        told.update(one.name for one, _ in pace.due(now_ns))
    seconds = (now_ns - SECOND_NS) / 1e9
    assert all(count <= EACH_AT_ONCE + EACH_HZ * seconds for count in told.values())


def test_all_together_have_a_limit_and_the_longest_wait_ends_first() -> None:
    pace = Pace()
    fleet = [aircraft(number) for number in range(ALL_AT_ONCE + 40)]
    passed = sum(pace.passes(one, said(SECOND_NS)) for one in fleet)
    assert passed == ALL_AT_ONCE
    later_ns = SECOND_NS + SECOND_NS // 10
    told = [one for one, _ in pace.due(later_ns)]
    assert told == fleet[ALL_AT_ONCE : ALL_AT_ONCE + int(ALL_HZ / 10)]


def test_a_clock_that_goes_back_gives_nothing() -> None:
    bucket = Bucket(1.0, 1)
    assert bucket.has_room(5 * SECOND_NS)
    bucket.take()
    assert not bucket.has_room(SECOND_NS)
    assert not bucket.has_room(5 * SECOND_NS)
    assert bucket.has_room(6 * SECOND_NS)


def test_the_level_of_what_is_repeated_is_weighed_once_a_second() -> None:
    pace, one = Pace(), aircraft(1)
    tenths = [pace.weighs(one, SECOND_NS + n * SECOND_NS // 10) for n in range(21)]
    assert [n for n, weighed in enumerate(tenths) if weighed] == [0, 10, 20]
    assert all(pace.passes(one, said(3 * SECOND_NS)) for _ in range(EACH_AT_ONCE))  # took no room


def test_the_levels_of_all_together_have_a_limit() -> None:
    pace = Pace()
    weighed = [pace.weighs(aircraft(number), SECOND_NS) for number in range(LEVELS_AT_ONCE + 50)]
    assert weighed == [True] * LEVELS_AT_ONCE + [False] * 50
