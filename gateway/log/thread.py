"""Something that blocks, in a thread of its own: opened, used and closed there alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar


class Closable(Protocol):
    """Whatever has an end."""

    def close(self) -> None:
        """End it."""


Thing = TypeVar("Thing", bound=Closable)
Result = TypeVar("Result")


class InThread(Generic[Thing]):
    """The asyncio face of a blocking thing; its jobs run one after another, in order.

    Parameters
    ----------
    make : callable
        Opens the thing; what it raises is raised on entering.
    name : str
        The thread's.
    """

    def __init__(self, make: Callable[[], Thing], name: str) -> None:
        self._thread = ThreadPoolExecutor(1, name)  # starts no thread before the first job
        self._make = make
        self._thing: Thing

    async def do(self, job: Callable[[Thing], Result]) -> Result:
        """Run one job on the thing."""
        return await asyncio.wrap_future(self._thread.submit(job, self._thing))

    async def __aenter__(self) -> Self:
        made = self._thread.submit(self._make)
        try:
            self._thing = await asyncio.wrap_future(made)
        except BaseException:
            made.add_done_callback(_close)  # cancelled while it opens: it may still come to be
            self._thread.shutdown(wait=False)
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        closed = self._thread.submit(self._thing.close)
        self._thread.shutdown(wait=False)
        await asyncio.wrap_future(closed)


def _close(made: Future[Thing]) -> None:
    if not made.cancelled() and made.exception() is None:
        made.result().close()
