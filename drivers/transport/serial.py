"""A serial line, or a TCP connection in its place."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import serialx

from ..errors import LinkLost

READ_BYTES = 1 << 16

_REASONS = {
    errno.ENOENT: "is not there: is it plugged in?",
    errno.EACCES: "may not be opened: give this user the right to it (group dialout)",
    errno.EBUSY: "is in use by another program",
    errno.ENOTTY: "is no serial port",
    errno.ECONNREFUSED: "refuses the connection: nothing listens there",
}


class Port:
    """An open line; made by `opened`."""

    def __init__(self, url: str, reader: asyncio.StreamReader) -> None:
        self._url = url
        self._reader = reader

    async def receive(self) -> bytes:
        """Wait for the next bytes, as many as are there.

        Raises
        ------
        LinkLost
            If the line is gone: the device was unplugged, or the far end closed.
        """
        try:
            data = await self._reader.read(READ_BYTES)
        except OSError as error:
            raise _lost(self._url, error) from None
        if not data:
            raise LinkLost(f"{self._url}: the far end is gone: is it plugged in?")
        return data


@asynccontextmanager
async def opened(url: str, baud: int) -> AsyncGenerator[Port, None]:
    """Hold a line open: 8 data bits, no parity, 1 stop bit.

    Parameters
    ----------
    url : str
        The path of a device, or `socket://host:port`.
    baud : int
        Its speed; a socket has none.

    Raises
    ------
    LinkLost
        If it cannot be opened; which port, and why.
    """
    try:
        reader, writer = await serialx.open_serial_connection(url, baudrate=baud)
    except (OSError, ValueError) as error:
        raise _lost(url, error) from None
    try:
        yield Port(url, reader)
    finally:
        writer.close()
        with suppress(OSError):  # an unplugged device cannot say goodbye
            await writer.wait_closed()


def _lost(url: str, error: Exception) -> LinkLost:
    number = error.errno if isinstance(error, OSError) else None
    return LinkLost(f"{url}: {_REASONS.get(number or 0) or str(error)}")
