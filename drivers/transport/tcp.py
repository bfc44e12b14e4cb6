"""A port that devices connect to: each is heard on a connection of its own, and answered there.

Anybody who reaches the port can connect: by default only this machine does (loopback), and the one
address of a device can be named. Connections are bounded in number; one that sends nothing for long
is ended, and one bad peer costs its own connection.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Protocol

from ..errors import LinkLost

MOST_PEERS = 32
READ_BYTES = 1 << 14
SILENT_S = 600.0
"""A panel tests its link more often than that."""

ANSWER_S = 5.0
TURNED_AWAY = "connection beyond the most there may be"
FROM_ANOTHER = "connection from another sender"
FELL_SILENT = "connection that fell silent"
WITHOUT_READING = "peer that does not read its answers"


class Peer(Protocol):
    """What hears one connection."""

    def hear(self, data: bytes) -> bytes:
        """Take what came; give what is to be sent back."""
        ...

    def end(self) -> None:
        """The connection is over."""
        ...


class Listener:
    """An open port; made by `opened`.

    Attributes
    ----------
    port : int
        Where it listens.
    dropped : Counter
        Connections turned away or ended, by reason.
    """

    def __init__(
        self, peer: Callable[[], Peer], sender: str | None, dropped: Counter[str], silent_s: float
    ) -> None:
        self.port = 0
        self.dropped = dropped
        self._peer = peer
        self._sender = sender
        self._silent_s = silent_s
        self._open: set[asyncio.Task[None]] = set()

    @property
    def peers(self) -> int:
        """How many are connected."""
        return len(self._open)

    def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take a new connection, or turn it away."""
        address = (writer.get_extra_info("peername") or ("?",))[0]
        wrong = self._sender is not None and address != self._sender
        if wrong or len(self._open) >= MOST_PEERS:
            self.dropped[FROM_ANOTHER if wrong else TURNED_AWAY] += 1
            writer.transport.abort()
            return
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer), name="peer")
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def end(self) -> None:
        """End all connections."""
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = self._peer()
        try:
            while data := await asyncio.wait_for(reader.read(READ_BYTES), self._silent_s):
                if answer := peer.hear(data):
                    writer.write(answer)
                    await self._sent(writer)
        except TimeoutError:
            self.dropped[FELL_SILENT] += 1
        except OSError:
            pass  # the peer is gone; so is its connection
        finally:
            peer.end()
            writer.transport.abort() if writer.is_closing() else writer.close()
            with suppress(OSError, TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), ANSWER_S)

    async def _sent(self, writer: asyncio.StreamWriter) -> None:
        try:
            await asyncio.wait_for(writer.drain(), ANSWER_S)
        except TimeoutError:
            self.dropped[WITHOUT_READING] += 1
            writer.transport.abort()
            raise ConnectionAbortedError from None


@asynccontextmanager
async def opened(
    host: str,
    port: int,
    peer: Callable[[], Peer],
    *,
    sender: str | None = None,
    dropped: Counter[str] | None = None,
    silent_s: float = SILENT_S,
) -> AsyncGenerator[Listener, None]:
    """Hold a port open; each connection is heard by a peer of its own.

    Parameters
    ----------
    host : str
        The address of this computer that it listens at; "127.0.0.1" hears this machine alone.
    port : int
        0 takes a free one.
    peer : callable
        Makes what hears a connection.
    sender : str, optional
        The one address that may connect.
    dropped : Counter, optional
        Where connections turned away are counted, over one opening and the next.
    silent_s : float
        After so long without a byte a connection is ended.

    Raises
    ------
    LinkLost
        If it cannot be opened; which, and why.
    """
    listener = Listener(peer, sender, Counter[str]() if dropped is None else dropped, silent_s)
    try:
        ipaddress.ip_address(host)
        server = await asyncio.start_server(listener.connected, host, port, limit=READ_BYTES)
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        raise LinkLost(f"tcp {host}:{port}: {said}; choose a free port of this computer") from None
    listener.port = server.sockets[0].getsockname()[1]
    try:
        yield listener
    finally:
        server.close()
        await listener.end()
        await server.wait_closed()
