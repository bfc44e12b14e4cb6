"""CEIA 02PN20 walk-through metal detector: its counters, asked for over a serial line.

Asked are two status requests (type R of its manual's remote commands), `AC` every ten seconds and
`WHO` at the start. A command of type C would change the portal: sensitivity is a security
parameter, and no such command can be made here. The answer to `AC` gives

    P   passages                         TR  TA in percent of P
    TA  passages with alarm              MA  those that metal caused      MR  MA in percent of P

The names are the manual's; how they are parted is not sourced, and no portal was to be had: a line
is read that holds each name once with `=`, `:` or a space and its number, in any order, ended by
CR, LF or both. What ends a request is an option (`delimiter`), the speed the sensor's `baud`.

TA and MA are kept apart: the portal also alarms at random (RAT, RAV), so that an alarm is not
metal. TR must be 100 TA / P within 0.1. Counters that fell were reset: nothing negative is told.
"""

from __future__ import annotations

import enum
import re
from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from ..driver import Driver
from ..errors import FrameError
from ..readings import PortalCount, SensorStatus

LONGEST_LINE = 256
RATIO_TOLERANCE = 0.1
ROUNDING = 1e-9
MOST_COUNT = 10**12

_PAIR = re.compile(r"\b(P|TA|TR|MA|MR)[ \t]*[=: ][ \t]*(\d{1,15}(?:\.\d{1,6})?)[ \t]*%?", re.ASCII)
# A model's name has letters and digits, as 02PN20 has: anything less may be noise on the line.
_NAME = re.compile(
    r"WHO[ \t]*[=: ][ \t]*((?=[^A-Za-z]*[A-Za-z])(?=\D*\d)[A-Za-z0-9][A-Za-z0-9 ._/-]{3,63})",
    re.ASCII,
)
_ENDS = re.compile(rb"[\r\n]")
_NAMES = {"P", "TA", "TR", "MA", "MR"}


class Request(enum.Enum):
    """All that is ever asked of a portal; both are of type R, status."""

    COUNTERS = b"AC"
    IDENTITY = b"WHO"


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a portal is asked."""

    delimiter: Literal["\r", "\n", "\r\n"] = "\r"
    every_s: Annotated[float, msgspec.Meta(ge=1, le=3600)] = 10.0


def request(what: Request, delimiter: str = "\r") -> bytes:
    """Write a status request; there is no other."""
    return what.value + delimiter.encode("ascii")


class Polling:
    """Who the portal is, once; its counters, again and again."""

    accepted = True

    def __init__(self, options: Options) -> None:
        self._options = options
        self._due_s: float | None = None

    def write(self, now_s: float) -> bytes:
        """Give the request that is due."""
        if self._due_s is not None and now_s < self._due_s:
            return b""
        first = self._due_s is None
        self._due_s = now_s + self._options.every_s
        asked = request(Request.COUNTERS, self._options.delimiter)
        return request(Request.IDENTITY, self._options.delimiter) + asked if first else asked

    def take(self, data: bytes, now_s: float) -> bytes:
        """All that comes is the decoder's."""
        return data

    def wait_s(self, now_s: float) -> float | None:
        """Until the next request."""
        return 0.0 if self._due_s is None else max(self._due_s - now_s, 0.0)


class Decoder:
    """The portal's lines in any pieces, counts out."""

    def __init__(self) -> None:
        self.refused: Counter[str] = Counter()
        self._rest = b""
        self._too_long = False
        self._before: PortalCount | None = None

    @property
    def buffered(self) -> int:
        """Bytes that wait for the end of their line."""
        return len(self._rest)

    def feed(self, data: bytes, time_ns: int) -> Iterator[PortalCount | SensorStatus]:
        """Give the counts in the lines that `data`, received at `time_ns` (UTC), completes."""
        *lines, rest = _ENDS.split(self._rest + data)
        self._rest = rest[: LONGEST_LINE + 1]
        for line in lines:
            tail, self._too_long = self._too_long, False
            if tail or not line.strip():
                continue
            try:
                yield self._read(line, time_ns)
            except FrameError as error:
                self.refused[error.reason] += 1
        if len(rest) > LONGEST_LINE:
            if not self._too_long:
                self.refused["line too long"] += 1
            self._rest, self._too_long = b"", True

    def close(self) -> Iterator[PortalCount | SensorStatus]:
        """End the stream; a line without its end is counted."""
        if self._rest.strip():
            self.refused["cut off at the end"] += 1
        self._rest = b""
        yield from ()

    def _read(self, line: bytes, time_ns: int) -> PortalCount | SensorStatus:
        if len(line) > LONGEST_LINE:
            raise FrameError("line too long")
        text = line.decode("latin-1")
        if name := _NAME.fullmatch(text.strip()):
            return SensorStatus(time_ns=time_ns, model=name[1].strip())
        found: list[tuple[str, str]] = _PAIR.findall(text)
        if len(found) != len(_NAMES) or {name for name, _ in found} != _NAMES:
            raise FrameError("no answer to AC or WHO")
        if _PAIR.sub("", text).strip(" \t,;") not in ("", "AC"):
            raise FrameError("no answer to AC or WHO")
        return self._count(dict(found), time_ns)

    def _count(self, told: dict[str, str], time_ns: int) -> PortalCount:
        try:
            passages, alarms, metal = (int(told[name]) for name in ("P", "TA", "MA"))
        except ValueError:
            raise FrameError("a counter that is no whole number") from None
        if not metal <= passages <= MOST_COUNT or not alarms <= passages:
            raise FrameError("more alarms than passages")
        ratio_ok = _is_ratio(float(told["TR"]), alarms, passages)
        if not ratio_ok:
            self.refused["ratio that is not that of its counters"] += 1
        before = self._before
        now = (passages, alarms, metal)
        then = now if before is None else (before.passages, before.alarms, before.alarms_metal)
        grown = tuple(new - old for new, old in zip(now, then, strict=True))
        reset = min(grown) < 0
        if reset:
            grown = now  # all that was counted since the reset
        count = PortalCount(
            time_ns=time_ns,
            passages=passages,
            alarms=alarms,
            alarms_metal=metal,
            new_passages=grown[0],
            new_alarms=grown[1],
            new_alarms_metal=grown[2],
            counter_reset=reset,
            ratio_ok=ratio_ok,
        )
        self._before = count
        return count


def _is_ratio(told: float, part: int, of: int) -> bool:
    return abs(told - (100 * part / of if of else 0.0)) <= RATIO_TOLERANCE + ROUNDING


DRIVER = Driver(
    name="ceia-ac",
    wire="serial",
    reads="passages and alarms of a metal portal, those of metal apart",
    documents=("CEIA 02PN20 manual: remote commands AC and WHO, type R",),
    decoder=Decoder,
    baud=9600,
    options=Options,
    dialogue=Polling,
)


def encode(count: PortalCount, delimiter: str = "\r") -> bytes:
    """Write the portal's answer to AC; ratios to two places."""
    of = count.passages or 1
    tr, mr = 100 * count.alarms / of, 100 * count.alarms_metal / of
    text = (
        f"AC P={count.passages} TA={count.alarms} TR={tr:.2f}"
        f" MA={count.alarms_metal} MR={mr:.2f}{delimiter}"
    )
    return text.encode("ascii")
