"""What every driver is: a name, the wire it sits on, its documents, and a decoder without I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Literal, Protocol, runtime_checkable

import msgspec

from .readings import Reading

Wire = Literal["serial", "mqtt", "udp", "packets", "tcp", "modbus", "zmq"]
"""`tcp` is a port that devices connect to, `modbus` the answers of a polled module.

`packets` is a capture of a network: one packet a call, as `packets.wrap` makes it."""


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


class Dialogue(Protocol):
    """What a two-way device is told and asked; no port, no clock.

    A fresh one is made for each connection. Whoever holds the wire writes what `write` gives,
    hands on what comes to `take`, and comes back after `wait_s` at the latest. The time is that of
    any clock that goes evenly. `transport/conversation.py` does it for any transport.

    Attributes
    ----------
    accepted : bool
        Whether the device has taken all of its settings.
    """

    accepted: bool

    def write(self, now_s: float) -> bytes:
        """Give what to write now; nothing where there is nothing to say.

        Raises
        ------
        DeviceRefused
            If the device refused a command or does not answer.
        """
        ...

    def take(self, data: bytes, now_s: float) -> bytes:
        """Take what came; give what of it is the decoder's, as a rule all of it.

        Raises
        ------
        DeviceRefused
            If the device refused a command.
        """
        ...

    def wait_s(self, now_s: float) -> float | None:
        """How long `write` has nothing to say, unless bytes come; None for ever."""
        ...


@runtime_checkable
class AnsweringDecoder(Decoder, Protocol):
    """A decoder whose device waits for an answer to what it sent, on the same connection."""

    def answer(self) -> bytes:
        """Give what is to be sent back for what was fed since the last call; once."""
        ...

    def beside(self) -> AnsweringDecoder:
        """Make the decoder of another connection; counts and memory are common to both."""
        ...


Parity = Literal["none", "even", "odd"]


@dataclass(frozen=True, kw_only=True)
class Driver:
    """One row of the catalogue.

    Parameters
    ----------
    name : str
        As settings and the command line name it.
    wire : Wire
        The transport that a site connects it by.
    reads : str
        What it gives, in one line for `havik drivers`.
    documents : tuple of str
        Data sheets, standards or captures that it follows.
    decoder : callable
        Makes a fresh decoder.
    baud : int, optional
        The device's usual line speed, for a serial wire.
    parity : {"none", "even", "odd"}
        Of a serial wire.
    options : type, optional
        The struct that a sensor's `options` in the site's settings must fit; it forbids unknown
        fields. Without it the driver has no options.
    dialogue : callable, optional
        Makes a fresh dialogue from such options, or None where they ask for none.
    also : tuple of Wire
        Other transports that it can come by.
    configured : callable, optional
        Makes the decoder from such options; where it is missing, `decoder` makes it. It raises
        `OptionError` where they cannot be used.
    needs : tuple of str, optional
        A library that is not always installed, and the extra of this package that brings it.
    command_baud : int, optional
        The speed of a second line that takes the commands (`command_port` in the settings), for a
        device whose measurements come over a line of their own.
    """

    name: str
    wire: Wire
    reads: str
    documents: tuple[str, ...]
    decoder: Callable[[], Decoder]
    baud: int | None = None
    parity: Parity = "none"
    options: type[msgspec.Struct] | None = None
    dialogue: Callable[[Any], Dialogue | None] | None = None
    needs: tuple[str, str] | None = None
    command_baud: int | None = None
    also: tuple[Wire, ...] = ()
    configured: Callable[[Any], Decoder] | None = None

    @property
    def missing(self) -> str | None:
        """What to install before this driver can be used; None where nothing is missing."""
        if self.needs is None or find_spec(self.needs[0]) is not None:
            return None
        library, extra = self.needs
        return f"{self.name} needs {library}: install havik[{extra}]"

    def decoder_for(self, options: dict[str, Any]) -> Decoder:
        """Make the decoder for checked `options`.

        Raises
        ------
        OptionError
            If they name something that is not there.
        """
        if self.configured is None or self.options is None:
            return self.decoder()
        return self.configured(msgspec.convert(options, self.options))

    def asked(self, options: dict[str, Any]) -> Dialogue | None:
        """Make the dialogue for checked `options`; None where nothing is to be said."""
        if self.dialogue is None or self.options is None:
            return None
        return self.dialogue(msgspec.convert(options, self.options))
