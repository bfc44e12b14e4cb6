from __future__ import annotations

import asyncio
import os
import signal

import pytest

from havik.gateway.until import until_signalled


def test_a_job_that_ends_by_itself_is_not_disturbed() -> None:
    done: list[str] = []

    async def job() -> None:
        done.append("all")

    asyncio.run(until_signalled(job()))
    assert done == ["all"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_job_and_lets_it_say_goodbye(number: signal.Signals) -> None:
    said: list[str] = []

    async def job() -> None:
        try:
            os.kill(os.getpid(), number)
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            said.append("goodbye")

    asyncio.run(until_signalled(job()))
    assert said == ["goodbye"]


def test_a_second_signal_ends_a_goodbye_that_hangs() -> None:
    said: list[str] = []

    async def job() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.Event().wait()
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.Event().wait()
            said.append("never")

    asyncio.run(until_signalled(job()))
    assert said == []


def test_an_error_of_the_job_comes_through() -> None:
    async def job() -> None:
        raise LookupError("broken")

    with pytest.raises(LookupError, match="broken"):
        asyncio.run(until_signalled(job()))


def test_the_signals_are_as_before_afterwards() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    async def job() -> None:
        pass

    asyncio.run(until_signalled(job()))
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
