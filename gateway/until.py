"""A job that a person or the system may end at any time."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import suppress


async def until_signalled(job: Coroutine[None, None, None]) -> None:
    """Run `job` to its end, or until Ctrl-C or SIGTERM: both end it cleanly."""
    task = asyncio.ensure_future(job)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task
