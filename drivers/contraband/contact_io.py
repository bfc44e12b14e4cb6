"""Relay outputs of any device, as supervised inputs of a Modbus module (TCP or RTU).

Covers portals with a relay (Garrett), ferromagnetic poles, fence processors, panic buttons. Read is
the answer to function 2, read discrete inputs, in its Modbus TCP frame; over RTU the transport
gives the same frame (transport/modbus.py):

    u16 transaction, u16 0, u16 length, u8 unit, 02, u8 bytes, inputs, lowest bit first

A supervised input takes two bits, for the resistors at the loop's end tell four states apart:

    0  open: the wire is cut         2  alarm: the contact has opened
    1  normal: current flows         3  short: the wire is bridged

Modules code them differently, so `codes` can name another order. The default is fail-safe: only
current through a normally closed contact is normal; a module without power reads 0, open. With
`bits = 1` an input is a plain normally closed contact: 1 normal, 0 alarm. A state counts when it
has held for `debounce_ms`. `tamper_input` and `power_input` are plain inputs behind the others;
1 is in order there too.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

import msgspec

from ..driver import Driver
from ..errors import FrameError
from ..readings import ContactStates, LineState

HEAD = struct.Struct(">HHHBBB")
READ_INPUTS = 2
MOST_INPUTS = 64

PLAIN: tuple[LineState, ...] = ("alarm", "normal")
Codes = tuple[LineState, LineState, LineState, LineState]


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a module's inputs are wired."""

    inputs: Annotated[int, msgspec.Meta(ge=1, le=MOST_INPUTS)] = 8
    bits: Literal[1, 2] = 2
    codes: Codes = ("open", "normal", "alarm", "short")
    debounce_ms: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 50
    meaning: Literal["intrusion", "screening"] = "intrusion"  # of a contact that opens
    tamper_input: bool = False
    power_input: bool = False

    @property
    def wanted(self) -> int:
        """How many discrete inputs are read."""
        return self.inputs * self.bits + self.tamper_input + self.power_input


class Decoder:
    """Frames of answers in, settled changes out.

    Parameters
    ----------
    options : Options
    """

    def __init__(self, options: Options | None = None) -> None:
        self.refused: Counter[str] = Counter()
        self._options = options or Options()
        self._bytes = (self._options.wanted + 7) // 8
        self._settled: tuple[str | bool, ...] | None = None
        self._seen: tuple[str | bool, ...] = ()
        self._since_ns: list[int] = []

    def feed(self, data: bytes, time_ns: int) -> Iterator[ContactStates]:
        """Give the changes that the answers in `data`, received at `time_ns` (UTC), settle."""
        at = 0
        while at < len(data):
            try:
                lines, at = self._frame(data, at)
            except FrameError as error:
                self.refused[error.reason] += 1
                return
            yield from self._settle(lines, time_ns)

    def close(self) -> Iterator[ContactStates]:
        """Give nothing: every frame was whole."""
        return iter(())

    def _frame(self, data: bytes, at: int) -> tuple[tuple[str | bool, ...], int]:
        if len(data) - at < HEAD.size:
            raise FrameError("cut off at the end")
        _, protocol, length, _, function, count = HEAD.unpack_from(data, at)
        if protocol:
            raise FrameError("not Modbus")
        if function == READ_INPUTS | 0x80:
            raise FrameError("the module refuses the request")
        if function != READ_INPUTS or length != count + 3:
            raise FrameError("not an answer to function 2")
        if count != self._bytes:
            raise FrameError("another number of inputs than configured")
        start = at + HEAD.size
        if len(data) - start < count:
            raise FrameError("cut off at the end")
        bits = int.from_bytes(data[start : start + count], "little")
        if bits >> self._options.wanted:
            raise FrameError("bits beyond the inputs")
        return self._lines(bits), start + count

    def _lines(self, bits: int) -> tuple[str | bool, ...]:
        """The state of each input, then tamper and power fail."""
        options = self._options
        names: Sequence[LineState] = options.codes if options.bits == 2 else PLAIN
        mask = (1 << options.bits) - 1
        states = [names[bits >> n * options.bits & mask] for n in range(options.inputs)]
        rest = bits >> options.inputs * options.bits
        tamper = options.tamper_input and not rest & 1
        power = options.power_input and not rest >> options.tamper_input & 1
        return (*states, tamper, power)

    def _settle(self, lines: tuple[str | bool, ...], time_ns: int) -> Iterator[ContactStates]:
        if self._settled is None:
            self._seen, self._since_ns = lines, [time_ns] * len(lines)
            self._settled = lines
            yield self._told((), time_ns)
            return
        held_ns = self._options.debounce_ms * 1_000_000
        now = list(self._settled)
        for n, (state, seen) in enumerate(zip(lines, self._seen, strict=True)):
            if state != seen or time_ns < self._since_ns[n]:  # a clock set back starts it anew
                self._since_ns[n] = time_ns
            if time_ns - self._since_ns[n] >= held_ns:
                now[n] = state
        self._seen = lines
        changed = tuple(n for n, (new, old) in enumerate(zip(now, self._settled)) if new != old)  # noqa: B905
        self._settled = tuple(now)
        if changed:
            yield self._told(changed, time_ns)

    def _told(self, changed: tuple[int, ...], time_ns: int) -> ContactStates:
        assert self._settled is not None
        *states, tamper, power = self._settled
        return msgspec.convert(
            {
                "reading": "contact-states",
                "time_ns": time_ns,
                "states": states,
                "changed": [n for n in changed if n < len(states)],
                "tamper": tamper,
                "power_fail": power,
            },
            ContactStates,
        )


DRIVER = Driver(
    name="contact-io",
    wire="modbus",
    reads="relay contacts by supervised inputs: normal, alarm, short, open; tamper, power",
    documents=("Modbus application protocol 1.1b3, function 2", "Modbus messaging on TCP/IP 1.0b"),
    decoder=Decoder,
    options=Options,
    configured=Decoder,
)


def frame(bits: Sequence[bool], transaction: int = 0, unit: int = 1) -> bytes:
    """Write the answer to function 2 for discrete inputs, as Modbus TCP has it."""
    packed = sum(bit << n for n, bit in enumerate(bits)).to_bytes((len(bits) + 7) // 8, "little")
    head = HEAD.pack(transaction & 0xFFFF, 0, len(packed) + 3, unit, READ_INPUTS, len(packed))
    return head + packed


def encode(states: ContactStates, options: Options | None = None, transaction: int = 0) -> bytes:
    """Write the answer that gives these states.

    Raises
    ------
    ValueError
        If the module has no such state, or another number of inputs.
    """
    options = options or Options()
    names: Sequence[LineState] = options.codes if options.bits == 2 else PLAIN
    if len(states.states) != options.inputs:
        raise ValueError(f"{len(states.states)} inputs; the module has {options.inputs}")
    codes = [names.index(state) for state in states.states]
    bits = [bool(code >> n & 1) for code in codes for n in range(options.bits)]
    bits += [not states.tamper] * options.tamper_input
    bits += [not states.power_fail] * options.power_input
    return frame(bits, transaction)
