"""Reconnection for ever, with pauses that grow and never keep step with anybody else's."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import NoReturn, TypeVar

from ..errors import LinkLost

Link = TypeVar("Link")
Result = TypeVar("Result")

FIRST_S = 0.5
MOST_S = 30.0


@dataclass(frozen=True, slots=True)
class LinkState:
    """How a link is.

    Parameters
    ----------
    up : bool
        Whether it is there now.
    since_ns : int
        When that began (UTC).
    reason : str, optional
        Why it is down, in words for a person.
    reconnections : int
        How often it came back.
    """

    up: bool
    since_ns: int
    reason: str | None
    reconnections: int


def delays(rng: random.Random, first_s: float = FIRST_S, most_s: float = MOST_S) -> Iterator[float]:
    """Give pauses in seconds: each time twice as long up to `most_s`, and half of it at random.

    The random half keeps a hundred sensors from coming back to a restarted broker all at once.
    """
    pause_s = first_s
    while True:
        yield pause_s * rng.uniform(0.5, 1.0)
        pause_s = min(2 * pause_s, most_s)


async def forever(
    connect: Callable[[], AbstractAsyncContextManager[Link]],
    use: Callable[[Link], Awaitable[None]],
    on_state: Callable[[LinkState], None],
    *,
    pauses: Callable[[], Iterator[float]] = lambda: delays(random.Random()),
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    now_ns: Callable[[], int] = time.time_ns,
) -> NoReturn:
    """Connect, use the link until it is lost, and begin again; ends only by cancellation.

    Parameters
    ----------
    connect : callable
        Opens a link, as `serial.opened` and `mqtt.connected` do; raises `LinkLost` where it cannot.
    use : callable
        Works on an open link, alone or with a task group; `LinkLost`, bare or grouped, ends it.
        Any other error is not the link's and goes to the caller.
    on_state : callable
        Told at the beginning, at each connection, and at each loss or failed attempt.
    pauses : callable
        Gives the seconds to wait between attempts; begun anew after a link that held for
        `MOST_S`, so that one which breaks at once is not tried without end.
    sleep, now_ns : callable
        The clock (UTC, ns); a test gives its own.
    """
    state = LinkState(up=False, since_ns=now_ns(), reason="not connected yet", reconnections=-1)
    on_state(_shown(state))
    waits = pauses()

    async def attempt() -> None:
        nonlocal state
        async with connect() as link:
            state = LinkState(True, now_ns(), None, state.reconnections + 1)
            on_state(state)
            await use(link)

    while True:
        reason = "the link ended"
        try:
            await in_own_task(attempt())
        except* LinkLost as lost:
            reason = _first(lost)
        if state.up and now_ns() - state.since_ns >= MOST_S * 1e9:
            waits = pauses()
        since_ns = now_ns() if state.up else state.since_ns
        state = LinkState(False, since_ns, reason, state.reconnections)
        on_state(_shown(state))
        await sleep(next(waits))


async def in_own_task(job: Coroutine[None, None, Result]) -> Result:
    """Run `job`; what it raises never hides a cancellation of the caller.

    A task group that ends because a task of it failed raises that error alone, even if it was
    cancelled meanwhile: who handles the error and goes on, as `forever` does, would never end.
    """
    task = asyncio.create_task(job, name="a job that may fail")
    try:
        await asyncio.wait({task})
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # it is as good as told
        raise
    return task.result()


def _shown(state: LinkState) -> LinkState:
    return LinkState(state.up, state.since_ns, state.reason, max(state.reconnections, 0))


def _first(group: BaseExceptionGroup[LinkLost]) -> str:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error)
