"""What every driver is: a name, the wire it sits on, its documents, and a decoder without I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from .readings import Reading

Wire = Literal["serial", "mqtt", "udp", "packets"]
"""`packets` is a capture of a network: one packet a call, as `packets.wrap` makes it."""


class Decoder(Protocol):
    """Bytes in, readings out; no port, no clock, no log.

    A serial decoder takes its stream in any pieces. Any other takes one whole message a call.
    What cannot be read is counted in `refused` by reason; nothing is ever raised for it.
    """

    refused: Counter[str]

    def feed(self, data: bytes, time_ns: int) -> Iterable[Reading]:
        """Give the readings that `data`, received at `time_ns` (UTC), completes."""
        ...

    def close(self) -> Iterable[Reading]:
        """Give what is left at the end of a stream; a cut-off frame is counted."""
        ...


@dataclass(frozen=True, kw_only=True)
class Driver:
    """One row of the catalogue.

    Parameters
    ----------
    name : str
        As settings and the command line name it.
    wire : {"serial", "mqtt", "udp", "packets"}
        The transport that a site connects it by.
    reads : str
        What it gives, in one line for `havik drivers`.
    documents : tuple of str
        Data sheets, standards or captures that it follows.
    decoder : callable
        Makes a fresh decoder.
    baud : int, optional
        The device's usual line speed, for a serial wire.
    """

    name: str
    wire: Wire
    reads: str
    documents: tuple[str, ...]
    decoder: Callable[[], Decoder]
    baud: int | None = None
