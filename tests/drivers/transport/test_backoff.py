"""With a clock that the test moves; nothing waits."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from havik.drivers.errors import LinkLost
from havik.drivers.transport.backoff import FIRST_S, MOST_S, LinkState, delays, forever

PATIENCE_S = 20.0
START_NS = 1_800_000_000_000_000_000


class Enough(Exception):
    """Ends a run that would go on for ever."""


class Clock:
    """Time passes by sleeping alone; after `most` sleeps it is enough."""

    def __init__(self, most: int) -> None:
        self.now_ns = START_NS
        self.slept_s: list[float] = []
        self._most = most

    async def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)
        self.advance(seconds)
        if len(self.slept_s) >= self._most:
            raise Enough

    def advance(self, seconds: float) -> None:
        self.now_ns += round(seconds * 1e9)


class Rig:
    """A link that fails as told: each attempt takes one row of `script`, the last one for ever."""

    def __init__(self, clock: Clock, *script: str | float) -> None:
        self.clock = clock
        self.states: list[LinkState] = []
        self.open = 0
        self._script = itertools.chain(script, itertools.repeat(script[-1]))

    @asynccontextmanager
    async def connect(self) -> AsyncGenerator[float, None]:
        step = next(self._script)
        if isinstance(step, str):
            raise LinkLost(step)
        self.open += 1
        try:
            yield step
        finally:
            self.open -= 1

    async def hold(self, seconds: float) -> None:
        self.clock.advance(seconds)
        raise LinkLost("unplugged")

    async def run(self, use: Callable[[float], Awaitable[None]] | None = None) -> None:
        with pytest.raises(Enough):
            await forever(
                self.connect,
                use or self.hold,
                self.states.append,
                pauses=lambda: iter(itertools.count(1.0)),
                sleep=self.clock.sleep,
                now_ns=lambda: self.clock.now_ns,
            )
        assert self.open == 0


def seconds(state: LinkState) -> float:
    return (state.since_ns - START_NS) / 1e9


def test_pauses_double_up_to_a_limit_and_half_of_each_is_chance() -> None:
    nominal = [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    runs = [list(itertools.islice(delays(random.Random(seed)), 9)) for seed in range(500)]
    for pauses in runs:
        assert all(
            half <= 2 * pause <= 2 * half for pause, half in zip(pauses, nominal, strict=True)
        )
    for place, most in enumerate(nominal):
        spread = [pauses[place] / most for pauses in runs]
        assert min(spread) < 0.52 and max(spread) > 0.98
    assert (FIRST_S, MOST_S) == (0.5, 30)


async def test_it_says_since_when_and_why_it_is_down() -> None:
    rig = Rig(Clock(3), "no such port")
    await rig.run()
    assert [state.up for state in rig.states] == [False] * 4
    assert [state.reason for state in rig.states] == ["not connected yet"] + ["no such port"] * 3
    assert {seconds(state) for state in rig.states} == {0.0}
    assert {state.reconnections for state in rig.states} == {0}


async def test_a_link_that_comes_goes_and_comes_back() -> None:
    rig = Rig(Clock(4), "refused", 5.0, "refused", 7.0)
    await rig.run()
    told = [(s.up, seconds(s), s.reason, s.reconnections) for s in rig.states]
    assert told == [
        (False, 0, "not connected yet", 0),
        (False, 0, "refused", 0),
        (True, 1, None, 0),
        (False, 6, "unplugged", 0),
        (False, 6, "refused", 0),
        (True, 11, None, 1),
        (False, 18, "unplugged", 1),
    ]


async def test_pauses_begin_anew_only_behind_a_link_that_held() -> None:
    rig = Rig(Clock(6), "refused", 1.0, 29.0, 30.0, 1.0, 1.0)
    await rig.run()
    assert rig.clock.slept_s == [1, 2, 3, 1, 2, 3]


async def test_it_tries_for_ever() -> None:
    rig = Rig(Clock(10_000), "refused")
    await rig.run()
    assert len(rig.clock.slept_s) == 10_000


async def test_a_link_that_ends_without_an_error_is_made_again() -> None:
    async def leave(_: float) -> None:
        return

    rig = Rig(Clock(2), 1.0)
    await rig.run(leave)
    assert [state.reason for state in rig.states if not state.up][1:] == ["the link ended"] * 2
    assert rig.states[-1].reconnections == 1


async def test_the_loss_may_come_from_a_task_of_a_group() -> None:
    async def in_groups(held_s: float) -> None:
        async with asyncio.TaskGroup() as outer:
            outer.create_task(asyncio.Event().wait(), name="works on")
            async with asyncio.TaskGroup() as inner:
                inner.create_task(rig.hold(held_s), name="reads")

    rig = Rig(Clock(2), 1.0)
    await rig.run(in_groups)
    assert rig.states[-1].reason == "unplugged"


async def test_another_error_is_not_the_links() -> None:
    async def break_down(_: float) -> None:
        raise ZeroDivisionError

    rig = Rig(Clock(2), 1.0)
    with pytest.raises(ZeroDivisionError):
        await forever(rig.connect, break_down, rig.states.append)
    assert rig.open == 0


async def test_cancelled_it_closes_the_link_and_ends() -> None:
    held = asyncio.Event()

    async def wait(_: float) -> None:
        held.set()
        await asyncio.Event().wait()

    rig = Rig(Clock(2), 1.0)
    task = asyncio.create_task(forever(rig.connect, wait, rig.states.append), name="link")
    await held.wait()
    assert rig.open == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert rig.open == 0


async def test_cancelled_while_a_lost_link_is_cleared_away_it_ends() -> None:
    clearing, cleared = asyncio.Event(), asyncio.Event()

    async def say_goodbye() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            clearing.set()
            await cleared.wait()

    async def lose(held_s: float) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(say_goodbye(), name="goodbye")
            tasks.create_task(rig.hold(held_s), name="reads")

    rig = Rig(Clock(2), 1.0)
    task = asyncio.create_task(forever(rig.connect, lose, rig.states.append), name="link")
    await clearing.wait()
    task.cancel()
    cleared.set()
    done, _ = await asyncio.wait({task}, timeout=PATIENCE_S)
    task.cancel()
    assert done and task.cancelled()
    assert (rig.open, len(rig.states)) == (0, 2)  # nobody is told of a link that was given up
