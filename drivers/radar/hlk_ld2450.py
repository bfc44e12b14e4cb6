"""Hi-Link HLK-LD2450, 24 GHz, up to three targets: 30 bytes ten times a second, 256,000 baud, 8N1.

    AA FF 03 00   3 x (x, y in mm, speed in cm/s, range resolution in mm; u16)   55 CC

Little-endian. The maker's sign is no two's complement: with the top bit set a value is positive,
without it negative. A slot of zeros is empty. Positive speed is taken as receding: the maker's
sheet does not say, and no recording was to be had. It sees in one plane: z is always 0. Frames
carry no number; the decoder counts them.

Commands: FD FC FB FA, u16 length, u16 command, value, 04 03 02 01; the answer has 0x0100 added to
the command and a u16 status, 0 = done. Commands count only between `enable` (00FF, value 1) and
`end` (00FE): 0080 follows one target, 0090 all three. Without options nothing is told, and the
receive line need not be connected. The answers are no reports: they count as junk between frames.
"""

from __future__ import annotations

import re
import struct
from collections import Counter
from collections.abc import Iterator
from typing import Literal

import msgspec

from ..commands import Answer, Command, Commands
from ..driver import Driver
from ..errors import FrameError
from ..frames import FrameReader, Parsed
from ..readings import RadarFrame, RadarPoint

MAGIC = bytes.fromhex("aaff0300")
END = bytes.fromhex("55cc")
SLOTS = 3
SLOT = struct.Struct("<4H")
LENGTH = len(MAGIC) + SLOTS * SLOT.size + len(END)
POSITIVE = 0x8000
RESOLUTION_MM = 320  # as in the maker's example; nothing of a reading depends on it

COMMAND, COMMAND_END = bytes.fromhex("fdfcfbfa"), bytes.fromhex("04030201")
ENABLE, FINISH, ONE_TARGET, ALL_TARGETS = 0x00FF, 0x00FE, 0x0080, 0x0090


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the radar is set at start; None leaves it as it is."""

    targets: Literal["one", "all"] | None = None


class Decoder:
    """Bytes of the line in any pieces, radar frames out."""

    def __init__(self) -> None:
        self._frames = FrameReader(MAGIC, _parse)
        self._time_ns = 0
        self._number = 0
        self.refused: Counter[str] = self._frames.refused

    def feed(self, data: bytes, time_ns: int) -> Iterator[RadarFrame]:
        """Give the frames that `data`, received at `time_ns` (UTC), completes."""
        self._time_ns = time_ns
        return map(self._reading, self._frames.feed(data))

    def close(self) -> Iterator[RadarFrame]:
        """End the stream; a cut-off frame is counted."""
        return map(self._reading, self._frames.close())

    def _reading(self, points: tuple[RadarPoint, ...]) -> RadarFrame:
        number, self._number = self._number, self._number + 1
        return RadarFrame(time_ns=self._time_ns, frame_number=number, points=points)


def dialogue(options: Options) -> Commands | None:
    """Tell the radar how many targets to follow."""
    if options.targets is None:
        return None
    mode = ONE_TARGET if options.targets == "one" else ALL_TARGETS
    steps = (
        ("enable", ENABLE, b"\1\0"),
        (f"targets = {options.targets}", mode, b""),
        ("end", FINISH, b""),
    )
    commands = [Command(name, command(number, value)) for name, number, value in steps]
    return Commands("hlk-ld2450", commands, _answer)


def command(number: int, value: bytes = b"") -> bytes:
    """Write a command, or an answer, as the line carries it."""
    body = number.to_bytes(2, "little") + value
    return COMMAND + len(body).to_bytes(2, "little") + body + COMMAND_END


DRIVER = Driver(
    name="hlk-ld2450",
    wire="serial",
    reads="up to three targets: place in the plane, and range rate",
    documents=("Hi-Link HLK-LD2450 serial communication protocol",),
    decoder=Decoder,
    baud=256_000,
    options=Options,
    dialogue=dialogue,
)


def encode(frame: RadarFrame) -> bytes:
    """Write a report; the inverse of decoding, but for the time and the frame's number.

    Raises
    ------
    ValueError
        If there are more than three points, or a value does not fit.
    """
    if len(frame.points) > SLOTS:
        raise ValueError(f"{len(frame.points)} points: the radar reports at most {SLOTS}")
    slots = b"".join(map(_slot, frame.points))
    return MAGIC + slots.ljust(SLOTS * SLOT.size, b"\0") + END


def _slot(point: RadarPoint) -> bytes:
    values = (point.x_m * 1000, point.y_m * 1000, point.range_rate_m_s * 100)
    return SLOT.pack(*map(_to_wire, map(round, values)), RESOLUTION_MM)


def _parse(buffer: bytearray, _: int) -> Parsed[tuple[RadarPoint, ...]] | None:
    if len(buffer) < LENGTH:
        return None
    if not buffer.startswith(END, LENGTH - len(END)):
        raise FrameError("no end where it must be")
    slots = SLOT.iter_unpack(buffer[len(MAGIC) : LENGTH - len(END)])
    points = tuple(
        RadarPoint(
            x_m=_from_wire(x) / 1000,
            y_m=_from_wire(y) / 1000,
            z_m=0.0,
            range_rate_m_s=_from_wire(speed) / 100,
        )
        for x, y, speed, resolution in slots
        if any((x, y, speed, resolution))
    )
    return Parsed(points, LENGTH)


def _from_wire(value: int) -> int:
    return value - POSITIVE if value & POSITIVE else -value


def _to_wire(value: int) -> int:
    if abs(value) >= POSITIVE:
        raise ValueError(f"{value} does not fit 15 bits")
    return POSITIVE + value if value >= 0 else -value


def _answer(asked: Command, heard: bytes) -> Answer | None:
    number = int.from_bytes(asked.wire[6:8], "little") | 0x0100
    word = re.escape(number.to_bytes(2, "little"))
    form = re.escape(COMMAND) + b".." + word + b"(..)"
    found = re.search(form, heard, re.DOTALL)
    if found is None:
        return None
    status = int.from_bytes(found[1], "little")
    return Answer(status == 0, f"status {status}", found.end())
