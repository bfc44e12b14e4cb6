from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havik.gateway.lanes import Lane, TwoLanes

MOST = 10
STEPS = st.lists(st.one_of(st.integers(1, 12), st.just("take")), max_size=60)


async def test_things_come_in_the_order_they_were_put() -> None:
    lane: Lane[str] = Lane(3, Counter(), "thing")
    for thing in "abc":
        lane.put(thing)
    assert [await lane.get() for _ in range(3)] == ["a", "b", "c"]


async def test_the_oldest_make_room_and_are_counted() -> None:
    dropped: Counter[str] = Counter()
    lane: Lane[int] = Lane(3, dropped, "evidence")
    for number in range(8):
        lane.put(number)
    assert len(lane) == 3
    assert [await lane.get() for _ in range(3)] == [5, 6, 7]
    assert dropped == {"evidence": 5}


async def test_a_heavy_thing_pushes_out_as_many_as_it_needs() -> None:
    dropped: Counter[str] = Counter()
    lane: Lane[int] = Lane(MOST, dropped, "block", lambda weight: weight)
    for weight in (3, 3, 3, 7):
        lane.put(weight)
    assert [lane.take() for _ in range(len(lane))] == [3, 7]
    assert dropped == {"block": 2}


async def test_the_newest_stays_whatever_it_weighs() -> None:
    dropped: Counter[str] = Counter()
    lane: Lane[int] = Lane(MOST, dropped, "block", lambda weight: weight)
    lane.put(1)
    lane.put(1000)
    assert [lane.take() for _ in range(len(lane))] == [1000]
    lane.put(9)  # what was taken weighs nothing any more
    lane.put(1)
    assert len(lane) == 2
    assert dropped == {"block": 1}


@given(STEPS)
def test_a_lane_is_a_bounded_row(steps: list[int | str]) -> None:
    dropped: Counter[str] = Counter()
    lane: Lane[int] = Lane(MOST, dropped, "block", lambda weight: weight)
    row: list[int] = []
    lost = 0
    for step in steps:
        if isinstance(step, int):
            lane.put(step)
            row.append(step)
            while sum(row) > MOST and len(row) > 1:
                del row[0]
                lost += 1
        elif row:
            assert lane.take() == row.pop(0)
    assert len(lane) == len(row)
    assert dropped["block"] == lost
    assert [lane.take() for _ in row] == row


async def test_a_reader_that_waits_gets_what_comes() -> None:
    lane: Lane[str] = Lane(3, Counter(), "thing")
    reader = asyncio.create_task(lane.get())
    await asyncio.sleep(0)
    assert not reader.done()
    lane.put("a")
    assert await reader == "a"


async def test_a_reader_that_gives_up_takes_nothing_with_it() -> None:
    lane: Lane[str] = Lane(3, Counter(), "thing")
    reader = asyncio.create_task(lane.get())
    await asyncio.sleep(0)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    lane.put("a")
    assert await lane.get() == "a"


async def test_a_writer_can_wait_until_all_is_taken() -> None:
    lane: Lane[str] = Lane(3, Counter(), "thing")
    await lane.empty()  # nothing was put: nothing to wait for
    lane.put("a")
    lane.put("b")
    writer = asyncio.create_task(lane.empty())
    lane.take()
    await asyncio.sleep(0)
    assert not writer.done()
    lane.take()
    await writer


async def test_the_first_lane_is_served_first_and_a_flood_of_the_second_costs_itself() -> None:
    dropped: Counter[str] = Counter()
    lanes = TwoLanes(
        Lane[int](10, dropped, "measured"), Lane[int](10, dropped, "claimed"), lambda n: n < 0
    )
    for number in range(100):
        lanes.put(number)
    lanes.put(-1)
    assert [await lanes.get() for _ in range(3)] == [-1, 90, 91]
    assert dropped == {"claimed": 90}


async def test_a_reader_of_two_lanes_wakes_for_either() -> None:
    lanes = TwoLanes(Lane[int](9, Counter(), "a"), Lane[int](9, Counter(), "b"), lambda n: n < 0)
    for thing in (1, -1):
        waiting = asyncio.create_task(lanes.get())
        await asyncio.sleep(0)
        lanes.put(thing)
        assert await waiting == thing
