"""A device's serial line as a real pseudo-terminal under a stable name.

Like a line without flow control: bytes leave at the baud rate whether anybody reads or not, and
what finds no room in the reader's buffer is lost and counted.
"""

from __future__ import annotations

import asyncio
import os
import tty
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Self

BITS_PER_BYTE = 10  # 8N1: a start bit, eight data bits, a stop bit
PIECE_BYTES = 256  # handed over at once; about 3 ms at 921,600 baud

Sleep = Callable[[float], Awaitable[object]]


class PortTaken(OSError):
    """The name that a simulated port was to have is in use."""


class SerialPort:
    """One pseudo-terminal; its far end is found by the link `link` for as long as it is plugged in.

    Parameters
    ----------
    link : Path
        The name that a gateway opens. Nothing may be there.
    baud : int
        The pace of `send`.
    sleep : callable
        Waits so many seconds; a test gives one that returns at once.

    Attributes
    ----------
    lost : int
        Bytes sent while nobody had room for them, or while unplugged.
    """

    def __init__(self, link: Path, baud: int, sleep: Sleep = asyncio.sleep) -> None:
        self.link = link
        self.baud = baud
        self.lost = 0
        self._sleep = sleep
        self._near: int | None = None
        self._far: int | None = None

    @property
    def plugged(self) -> bool:
        """Whether the port is there to be opened."""
        return self._near is not None

    def plug(self) -> None:
        """Make the terminal and its link; `unplug` and `plug` again give the same name.

        Raises
        ------
        PortTaken
            If something is there by that name.
        """
        if self.plugged:
            return
        near, far = os.openpty()
        try:
            tty.setraw(far)
            os.set_blocking(near, False)
            self.link.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.link.symlink_to(os.ttyname(far))
        except FileExistsError:
            os.close(near)
            os.close(far)
            raise PortTaken(f"{self.link} is there already; remove it or choose another") from None
        except OSError:
            os.close(near)
            os.close(far)
            raise
        # The far end stays open here too: without it the first reader to leave would end the line.
        self._near, self._far = near, far

    def unplug(self) -> None:
        """Take the terminal away under its reader, as pulling out a plug does."""
        if self._near is None or self._far is None:
            return
        self.link.unlink(missing_ok=True)
        os.close(self._far)
        os.close(self._near)
        self._near = self._far = None

    async def send(self, data: bytes) -> None:
        """Send `data` at the pace of the line; never waits for a reader."""
        for start in range(0, len(data), PIECE_BYTES):
            piece = data[start : start + PIECE_BYTES]
            self.lost += len(piece) - self._write(piece)
            await self._sleep(len(piece) * BITS_PER_BYTE / self.baud)

    def _write(self, piece: bytes) -> int:
        """Give how many bytes the reader's buffer took."""
        if self._near is None:
            return 0
        try:
            return os.write(self._near, piece)
        except BlockingIOError:
            return 0

    def __enter__(self) -> Self:
        self.plug()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.unplug()
