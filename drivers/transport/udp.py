"""Datagrams: each is one message, in the order of arrival; what nobody takes is counted.

A datagram may come from anybody who reaches the port, with any address on it: by default only this
machine does (loopback), and a sensor's own address can be named.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
import struct
from collections import Counter, deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from ..errors import LinkLost

MOST_WAITING = 10_000
MOST_WAITING_BYTES = 1 << 24
MOST_DATAGRAM_BYTES = 1 << 16
READ_AT_ONCE = 64
"""Datagrams taken from the kernel before the event loop gets its turn."""

KERNEL_BYTES = 1 << 21
"""Asked of the kernel for a burst; it grants what `net.core.rmem_max` allows."""

OVERRUN = "datagram lost in the kernel"
LET_GO = "datagram let go of"
FROM_ANOTHER = "datagram from another sender"
NOT_ANSWERED = "answer that could not be sent"

Address = Any
"""As the socket has it: by IPv4 (host, port), by IPv6 (host, port, flow, scope)."""

_SO_RXQ_OVFL = 40  # Linux: with each datagram, how many before it found no room (asm-generic)
_DROPS = struct.Struct("=I")
_REASONS = {
    errno.EADDRINUSE: "is in use by another program",
    errno.EADDRNOTAVAIL: "is no address of this computer: name one of its own, or 0.0.0.0 for all",
    errno.EACCES: "may not be opened: choose a port above 1023",
    errno.ENODEV: "has no interface for that group: name the address of one as the host",
}


class Datagrams:
    """An open socket; made by `opened`.

    Attributes
    ----------
    dropped : Counter
        Datagrams let go of, by reason.
    port : int
        Where it listens.
    """

    def __init__(self, wire: socket.socket, sender: str | None, dropped: Counter[str]) -> None:
        self.dropped = dropped
        self.port: int = wire.getsockname()[1]
        self._wire = wire
        self._sender = sender
        self._waiting: deque[tuple[bytes, Address]] = deque()
        self._waiting_bytes = 0
        self._there = asyncio.Event()
        self._broken: OSError | None = None
        self._overruns = 0

    @property
    def waiting(self) -> int:
        """How many wait for `receive`."""
        return len(self._waiting)

    async def receive(self) -> bytes:
        """Wait for the next datagram.

        Raises
        ------
        LinkLost
            If the socket is gone: its network interface was taken away.
        """
        return (await self.receive_from())[0]

    def send(self, data: bytes, address: Address) -> None:
        """Answer a sender; an answer that finds no room is let go of: the sender asks again."""
        try:
            self._wire.sendto(data, address)
        except OSError:
            self.dropped[NOT_ANSWERED] += 1

    async def receive_from(self) -> tuple[bytes, Address]:
        """Wait for the next datagram; give it with its sender's address.

        Raises
        ------
        LinkLost
            If the socket is gone: its network interface was taken away.
        """
        while not self._waiting:
            if self._broken is not None:
                raise LinkLost(f"udp port {self.port}: {self._broken.strerror}")
            self._there.clear()
            await self._there.wait()
        data, address = self._waiting.popleft()
        self._waiting_bytes -= len(data)
        return data, address

    def take(self) -> None:
        """Take what the kernel has, as far as one turn of the event loop goes."""
        for _ in range(READ_AT_ONCE):
            try:
                data, notes, _, address = self._wire.recvmsg(MOST_DATAGRAM_BYTES, 64)
            except BlockingIOError:
                return
            except OSError as error:
                self._broken = error
                self._there.set()
                return
            self._count(notes)
            if self._sender is not None and address[0] != self._sender:
                self.dropped[FROM_ANOTHER] += 1
                continue
            self._put(data, address)

    def _put(self, data: bytes, address: Address) -> None:
        self._waiting.append((data, address))
        self._waiting_bytes += len(data)
        while len(self._waiting) > MOST_WAITING or self._waiting_bytes > MOST_WAITING_BYTES:
            self._waiting_bytes -= len(self._waiting.popleft()[0])
            self.dropped[LET_GO] += 1
        self._there.set()

    def _count(self, notes: list[tuple[int, int, bytes]]) -> None:
        for level, kind, value in notes:
            if (level, kind, len(value)) == (socket.SOL_SOCKET, _SO_RXQ_OVFL, _DROPS.size):
                total = _DROPS.unpack(value)[0]
                lost = (total - self._overruns) % (1 << 32)
                self._overruns = total
                if lost:
                    self.dropped[OVERRUN] += lost


@asynccontextmanager
async def opened(
    host: str,
    port: int,
    *,
    group: str | None = None,
    sender: str | None = None,
    dropped: Counter[str] | None = None,
) -> AsyncGenerator[Datagrams, None]:
    """Hold a port open.

    Parameters
    ----------
    host : str
        The address of this computer that it listens at; "127.0.0.1" hears this machine alone,
        "0.0.0.0" everybody.
    port : int
        0 takes a free one.
    group : str, optional
        An IPv4 multicast group to join, on the interface of `host`.
    sender : str, optional
        The one address whose datagrams are taken; others are counted.
    dropped : Counter, optional
        Where losses are counted, over one opening and the next.

    Raises
    ------
    LinkLost
        If it cannot be opened; which, and why.
    """
    try:
        wire = _socket(host, port, group)
    except (OSError, ValueError) as error:
        number = error.errno if isinstance(error, OSError) else None
        reason = _REASONS.get(number or 0) or str(error)
        raise LinkLost(f"udp {host}:{port}: {reason}") from None
    datagrams = Datagrams(wire, sender, Counter[str]() if dropped is None else dropped)
    loop = asyncio.get_running_loop()
    loop.add_reader(wire.fileno(), datagrams.take)
    try:
        yield datagrams
    finally:
        loop.remove_reader(wire.fileno())
        wire.close()


def _socket(host: str, port: int, group: str | None) -> socket.socket:
    address = ipaddress.ip_address(host)
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    wire = socket.socket(family, socket.SOCK_DGRAM)
    try:
        wire.setblocking(False)
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BYTES)
        wire.setsockopt(socket.SOL_SOCKET, _SO_RXQ_OVFL, 1)
        if group is None:
            wire.bind((host, port))
        else:
            joined = ipaddress.IPv4Address(group)
            if not (joined.is_multicast and address.version == 4):
                raise ValueError(
                    f"{group} is no IPv4 multicast group: 224.0.0.0 to 239.255.255.255"
                )
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            wire.bind((group, port))
            membership = joined.packed + address.packed
            wire.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
    except BaseException:
        wire.close()
        raise
    return wire
