from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havik.gateway.log.pending import Call, Pending, RecordLost


def call(*records: bytes) -> Call:
    return Call(records, asyncio.Future())


async def test_a_group_is_the_oldest_calls_whole() -> None:
    pending = Pending(100)
    first, second, third = call(b"a", b"b"), call(b"c"), call(b"d")
    for one in (first, second, third):
        pending.add(one)
    assert pending.take(3) == [b"a", b"b", b"c"]
    assert (pending.queued, pending.in_group, pending.records) == (1, 3, 4)
    pending.settle()
    assert first.durable.done() and second.durable.done() and not third.durable.done()
    assert pending.take(3) == [b"d"]


async def test_a_call_larger_than_a_group_is_a_group() -> None:
    pending = Pending(100)
    pending.add(call(b"a", b"b", b"c"))
    pending.add(call(b"d"))
    assert pending.take(2) == [b"a", b"b", b"c"]


async def test_a_group_that_failed_is_the_oldest_again() -> None:
    pending = Pending(100)
    for name in (b"a", b"b", b"c"):
        pending.add(call(name))
    assert pending.take(2) == [b"a", b"b"]
    pending.put_back()
    assert (pending.queued, pending.in_group) == (3, 0)
    assert pending.take(9) == [b"a", b"b", b"c"]


async def test_above_its_bound_the_oldest_call_goes_and_is_told() -> None:
    pending = Pending(3)
    calls = [call(b"a", b"b"), call(b"c"), call(b"d"), call(b"e")]
    for one in calls:
        pending.add(one)
    assert pending.dropped == 2
    with pytest.raises(RecordLost, match="more than 3 records"):
        await calls[0].durable
    assert pending.take(9) == [b"c", b"d", b"e"]


async def test_what_is_being_written_is_not_let_go_of() -> None:
    pending = Pending(2)
    writing, waiting, newest = call(b"a"), call(b"b"), call(b"c")
    pending.add(writing)
    pending.take(9)
    pending.add(waiting)
    pending.add(newest)
    pending.settle()
    assert writing.durable.result() is None
    assert pending.dropped == 1
    assert pending.take(9) == [b"c"]
    pending.settle()


async def test_the_newest_call_is_kept_however_large() -> None:
    pending = Pending(2)
    pending.add(call(b"a"))
    pending.add(call(*[b"x"] * 5))
    assert pending.dropped == 1
    assert pending.take(9) == [b"x"] * 5


async def test_a_caller_who_stopped_waiting_disturbs_nothing() -> None:
    pending = Pending(10)
    gone, stays = call(b"a"), call(b"b")
    for one in (gone, stays):
        pending.add(one)
    gone.durable.cancel()
    assert pending.take(9) == [b"a", b"b"]
    pending.settle()
    assert stays.durable.done()
    pending.add(call(b"c"))
    pending.lose_all("closed")
    assert (pending.dropped, pending.records) == (1, 0)


@given(
    st.lists(
        st.one_of(st.integers(1, 4), st.sampled_from(["take", "settle", "put back"])), max_size=40
    )
)
def test_no_record_goes_uncounted_or_out_of_order(deeds: list[int | str]) -> None:
    async def run() -> None:
        pending, made = Pending(6), 0
        group, written = list[bytes](), list[bytes]()
        for deed in deeds:
            if isinstance(deed, int):
                pending.add(call(*(made.to_bytes(2, "big") for made in range(made, made + deed))))
                made += deed
            elif deed == "take" and not pending.in_group:
                group = pending.take(3)
            elif deed == "settle" and pending.in_group:
                written += group
                pending.settle()
            elif deed == "put back":
                pending.put_back()
            assert pending.records + pending.dropped + len(written) == made
            assert written == sorted(written)
            assert pending.queued <= 6
        pending.lose_all("closed")
        assert pending.dropped + len(written) == made

    asyncio.run(run())
