"""A serial line, or a TCP connection in its place."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import serialx

from ..driver import Parity
from ..errors import LinkLost

READ_BYTES = 1 << 16
ANSWER_S = 10.0
KEEP_ALIVE = ("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3)
"""A converter that lost its power says nothing: after 25 s without an answer its link is lost."""

_PARITIES = {
    "none": serialx.Parity.NONE,
    "even": serialx.Parity.EVEN,
    "odd": serialx.Parity.ODD,
}
_REASONS = {
    errno.ENOENT: "is not there: is it plugged in?",
    errno.EACCES: "may not be opened: give this user the right to it (group dialout)",
    errno.EBUSY: "is in use by another program",
    errno.ENOTTY: "is no serial port",
    errno.EISDIR: "is a folder: name the device in it",
    errno.EIO: "is gone: is it plugged in?",
    errno.ECONNREFUSED: "refuses the connection: nothing listens there",
    errno.ECONNRESET: "broke the connection off",
    errno.ETIMEDOUT: "does not answer: is it powered, and on this network?",
    errno.EHOSTUNREACH: "does not answer: is it powered, and on this network?",
    errno.ENETUNREACH: "cannot be reached: this computer has no way to that network",
}


class Port:
    """An open line; made by `opened`."""

    def __init__(
        self, url: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._url = url
        self._reader = reader
        self._writer = writer

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

    async def send(self, data: bytes) -> None:
        """Write a command; a device that takes none for so long is as good as gone.

        Raises
        ------
        LinkLost
            If the line is gone.
        """
        try:
            self._writer.write(data)
            async with asyncio.timeout(ANSWER_S):
                await self._writer.drain()
        except OSError as error:
            raise _lost(self._url, error) from None


@asynccontextmanager
async def opened(url: str, baud: int, parity: Parity = "none") -> AsyncGenerator[Port, None]:
    """Hold a line open: 8 data bits, 1 stop bit.

    Parameters
    ----------
    url : str
        The path of a device, or `socket://host:port`.
    baud : int
        Its speed; a socket has none.
    parity : {"none", "even", "odd"}

    Raises
    ------
    LinkLost
        If it cannot be opened; which port, and why.
    """
    try:
        async with asyncio.timeout(ANSWER_S):
            reader, writer = await _open(url, baud, parity)
    except (OSError, ValueError, serialx.SerialException) as error:
        raise _lost(url, error) from None
    try:
        yield Port(url, reader, writer)
    finally:
        writer.close()
        with suppress(OSError):  # an unplugged device cannot say goodbye
            await writer.wait_closed()


async def _open(
    url: str, baud: int, parity: Parity
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    address = urlsplit(url)
    if address.scheme != "socket":
        return await serialx.open_serial_connection(url, baudrate=baud, parity=_PARITIES[parity])
    if address.hostname is None or address.port is None:
        raise ValueError("write it as socket://host:port")
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    wire: socket.socket = writer.get_extra_info("socket")
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEP_ALIVE:
        if hasattr(socket, name):  # not every system names all of them
            wire.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return reader, writer


def _lost(url: str, error: Exception) -> LinkLost:
    if isinstance(error, socket.gaierror):
        return LinkLost(f"{url}: no such host is known: check its name")
    number = error.errno if isinstance(error, OSError) else None
    if isinstance(error, TimeoutError):
        number = errno.ETIMEDOUT
    return LinkLost(f"{url}: {_REASONS.get(number or 0) or str(error)}")
