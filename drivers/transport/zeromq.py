"""ZeroMQ publishers (PUB over TCP): each message is one payload, by pyzmq.

Nothing is ever sent. A publisher that goes away is looked for again by ZeroMQ itself, which tells
nobody: silence shows in the sensor's health. What a publisher lets go of because a subscriber is
slow cannot be counted here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from importlib.util import find_spec
from typing import Any

from ..errors import LinkLost

MOST_WAITING = 1_000
"""Messages that ZeroMQ keeps for us (`RCVHWM`)."""

MOST_BYTES = 1 << 22
"""Of one message; a publisher that sends a longer one is cut off (`MAXMSGSIZE`)."""

TRIED_S = 3.0
NEEDED = "ZeroMQ needs pyzmq: install havik[zmq]"


class Subscription:
    """An open subscription to everything that one publisher sends; made by `subscribed`."""

    def __init__(self, wire: Any) -> None:
        self._wire = wire

    async def receive(self) -> bytes:
        """Wait for the next message; of one in several parts, as a topic before it, the last."""
        parts: list[bytes] = await self._wire.recv_multipart()
        return parts[-1]


@asynccontextmanager
async def subscribed(host: str, port: int) -> AsyncGenerator[Subscription]:
    """Subscribe to a publisher; leaving ends it.

    Parameters
    ----------
    host : str
        A name or an address.
    port : int

    Raises
    ------
    LinkLost
        If pyzmq is not installed, or nobody listens there now.
    """
    if find_spec("zmq") is None:
        raise LinkLost(NEEDED)
    await _knock(host, port)
    import zmq.asyncio

    context = zmq.asyncio.Context()
    wire: Any = context.socket(zmq.SUB)
    try:
        wire.setsockopt(zmq.LINGER, 0)
        wire.setsockopt(zmq.RCVHWM, MOST_WAITING)
        wire.setsockopt(zmq.MAXMSGSIZE, MOST_BYTES)
        wire.setsockopt(zmq.IPV6, 1)
        wire.setsockopt(zmq.SUBSCRIBE, b"")
        wire.connect(f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}")
        yield Subscription(wire)
    finally:
        wire.close(linger=0)
        context.term()


async def _knock(host: str, port: int) -> None:
    """See whether anybody listens: ZeroMQ would wait for ever without a word."""
    try:
        async with asyncio.timeout(TRIED_S):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError) as error:
        reason = getattr(error, "strerror", None) or "no answer"
        raise LinkLost(f"zmq {host} port {port}: {reason}") from None
    writer.close()
    with suppress(OSError):  # it may hang up first
        await writer.wait_closed()
