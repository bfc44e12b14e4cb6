from __future__ import annotations

import asyncio
import threading

import pytest

from havik.gateway.log.thread import InThread


class Thing:
    def __init__(self) -> None:
        self.thread = threading.current_thread()
        self.closed_in: threading.Thread | None = None

    def close(self) -> None:
        self.closed_in = threading.current_thread()


async def test_all_is_done_in_one_thread_of_its_own() -> None:
    async with InThread(Thing, "thing") as thing:
        opened, used = await thing.do(lambda one: (one.thread, threading.current_thread()))
        itself = await thing.do(lambda one: one)
    assert opened is used is itself.closed_in
    assert used is not threading.current_thread()
    assert used.name.startswith("thing")


async def test_jobs_run_one_after_another_in_order() -> None:
    done: list[int] = []

    async with InThread(Thing, "thing") as thing:

        async def add(number: int) -> None:
            await thing.do(lambda _: done.append(number))

        await asyncio.gather(*(add(number) for number in range(50)))
    assert done == list(range(50))


async def test_what_a_job_raises_reaches_its_caller_alone() -> None:
    def fail(_: Thing) -> None:
        raise ValueError("no")

    async with InThread(Thing, "thing") as thing:
        with pytest.raises(ValueError, match="no"):
            await thing.do(fail)
        assert await thing.do(lambda _: 1) == 1


async def test_what_cannot_be_opened_is_not_entered() -> None:
    def fail() -> Thing:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        async with InThread(fail, "thing"):
            raise AssertionError("entered")


async def test_what_opens_after_a_cancellation_is_closed() -> None:
    may_open, closed = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    opening = asyncio.Event()

    class Slow(Thing):
        def __init__(self) -> None:
            super().__init__()
            loop.call_soon_threadsafe(opening.set)
            assert may_open.wait(30)

        def close(self) -> None:
            super().close()
            loop.call_soon_threadsafe(closed.set)

    async def enter() -> None:
        async with InThread(Slow, "thing"):
            raise AssertionError("entered")

    task = asyncio.create_task(enter())
    await opening.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    may_open.set()
    async with asyncio.timeout(30):
        await closed.wait()
