"""A two-way device on any wire: what its dialogue says is written, what comes is handed on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn, Protocol

from ..driver import Dialogue


class TwoWay(Protocol):
    """An open link to a device; what goes wrong on it is a `LinkLost`."""

    async def send(self, data: bytes) -> None:
        """Write to the device."""
        ...

    async def receive(self) -> bytes:
        """Wait for the next bytes; nothing is lost where the wait is given up."""
        ...


async def converse(
    dialogue: Dialogue,
    link: TwoWay,
    hear: Callable[[bytes], object],
    now_s: Callable[[], float] = time.monotonic,
) -> NoReturn:
    """Hold a dialogue until the link is lost.

    Parameters
    ----------
    dialogue : Dialogue
        A fresh one.
    link : TwoWay
    hear : callable
        Takes what is the decoder's.
    now_s : callable
        The clock; a test gives its own.

    Raises
    ------
    LinkLost
        If the link is lost.
    DeviceRefused
        If the device refuses a command or does not answer.
    """
    while True:
        if told := dialogue.write(now_s()):
            await link.send(told)
        with suppress(TimeoutError):
            async with asyncio.timeout(dialogue.wait_s(now_s())):
                data = await link.receive()
                hear(dialogue.take(data, now_s()))
