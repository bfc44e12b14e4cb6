"""Sensors that wait for an answer: each connection, and each datagram, by a decoder of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager

import msgspec

from ..config.settings import ModbusSensor
from ..drivers.contraband import contact_io
from ..drivers.driver import AnsweringDecoder, Decoder
from ..drivers.readings import Reading
from ..drivers.transport import modbus

Take = Callable[[bytes, Iterable[Reading], int], object]


class Peer:
    """One connection of a sensor, or one datagram.

    Parameters
    ----------
    decoder : Decoder
        The sensor's; the connection's is made beside it where its device waits for answers.
    take : callable
        Takes what came, the readings in it, and when it arrived (UTC, ns).
    now_ns : callable
        The clock (UTC).
    """

    def __init__(self, decoder: Decoder, take: Take, now_ns: Callable[[], int]) -> None:
        answering = _answering(decoder)
        self._decoder: Decoder = decoder if answering is None else answering.beside()
        self._take = take
        self._now_ns = now_ns

    def hear(self, data: bytes) -> bytes:
        """Take what came; give what is to be sent back."""
        now_ns = self._now_ns()
        self._take(data, list(self._decoder.feed(data, now_ns)), now_ns)
        answering = _answering(self._decoder)
        return b"" if answering is None else answering.answer()

    def end(self) -> None:
        """The connection is over: a cut-off frame is counted."""
        self._take(b"", list(self._decoder.close()), self._now_ns())


class Unheard:
    """A peer that nobody listens to: it tries a port."""

    def hear(self, data: bytes) -> bytes:
        """Let go of what came."""
        return b""

    def end(self) -> None:
        """Nothing was there."""


def module(sensor: ModbusSensor) -> AbstractAsyncContextManager[modbus.Module]:
    """Open the module of a polled sensor, as its settings and its driver's options have it."""
    options = msgspec.convert(sensor.options, contact_io.Options)
    return modbus.opened(
        sensor.host,
        sensor.port,
        sensor.serial_port,
        sensor.baud,
        unit=sensor.unit,
        first=sensor.first,
        count=options.wanted,
        every_s=sensor.every_s,
    )


def _answering(decoder: Decoder) -> AnsweringDecoder | None:
    """The decoder, if its device waits for answers."""
    return decoder if isinstance(decoder, AnsweringDecoder) else None
