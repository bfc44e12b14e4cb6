"""Intruder and perimeter panels by SIA DC-09, over TCP or UDP: this is the receiver.

The frame is dc09.py's. The data of the token SIA-DCS are of SIA DC-03: `N`, then parts between `/`,
each a modifier in small letters (`ri` area, others are let go of) or a code in capitals with its
zone: `Nri1/BA012` is a burglary alarm (BA) of zone 012 in area 1. The token NULL is a test of the
link. What a panel hears:

    ACK   taken; also for a message that comes again, which is not told twice
    NAK   its clock is outside the window: the receiver's own time stands in the answer
    DUH   the frame is whole, but cannot be understood: another token, another key
    -     the CRC or the length is wrong: the panel will send it again

Messages are numbered 1 to 9999 by account; numbers that never came are counted. The answer to an
encrypted message is encrypted. The key (16, 24 or 32 bytes as hexadecimal digits) stands in a file
or an environment variable. Not read: CRCs of two raw bytes, the token ADM-CID.
"""

from __future__ import annotations

import os
import re
from collections import Counter, OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec

from ..driver import Driver
from ..errors import FrameError, OptionError
from ..frames import FrameReader
from ..readings import PanelEvent, SensorStatus
from . import dc09

EVENTS, LINK_TEST = "SIA-DCS", "NULL"
MOST_CODES = 8
MOST_ACCOUNTS = 1000
LAST_NUMBER = 9999
OUTSIDE = "time outside the window"
AGAIN = "message that came again"
MISSING = "message missing by its number"

_CODE = re.compile(r"([A-Z]{2})([0-9A-Za-z]{0,8})", re.ASCII)
_MODIFIER = re.compile(r"([a-z]{2})([\x20-\x7e]{0,32})", re.ASCII)
_KEY_DIGITS = (32, 48, 64)


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the key is, and how far a panel's clock may be off."""

    key_file: str | None = None
    key_env: str | None = None
    window_s: Annotated[float, msgspec.Meta(gt=0, le=86_400)] = 20.0
    encrypted_only: bool = False


class _Memory:
    """What all connections of one receiver know: the last number of each account."""

    def __init__(self) -> None:
        self.refused: Counter[str] = Counter()
        self._last: OrderedDict[str, tuple[int, bytes]] = OrderedDict()

    def is_new(self, account: str, number: int, body: bytes) -> bool:
        """Note a message; count those between the one before and this one."""
        before = self._last.get(account)
        if before == (number, body):
            self.refused[AGAIN] += 1
            return False
        if before is not None and number and before[0]:
            missing = (number - before[0] - 1) % LAST_NUMBER
            if 0 < missing < LAST_NUMBER // 2:  # else it counts from another beginning
                self.refused[MISSING] += missing
        self._last[account] = (number, body)
        self._last.move_to_end(account)
        if len(self._last) > MOST_ACCOUNTS:
            self._last.popitem(last=False)
        return True


class Decoder:
    """The bytes of one connection in any pieces; events out, and answers.

    Parameters
    ----------
    key : bytes, optional
        Of AES; 16, 24 or 32 bytes.
    window_s : float, optional
        How far a panel's clock may be off; without it, as for captures, it is not looked at.
    encrypted_only : bool
        Whether what is not encrypted is refused.
    """

    def __init__(
        self,
        key: bytes | None = None,
        window_s: float | None = None,
        *,
        encrypted_only: bool = False,
        memory: _Memory | None = None,
    ) -> None:
        self._memory = _Memory() if memory is None else memory
        self.refused = self._memory.refused
        self._frames = FrameReader(dc09.LF, dc09.parse)
        self._frames.refused = self.refused
        self._key = key
        self._window_s = window_s
        self._encrypted_only = encrypted_only
        self._answer = b""

    @property
    def buffered(self) -> int:
        """Bytes that wait for the rest of their frame."""
        return self._frames.buffered

    def feed(self, data: bytes, time_ns: int) -> Iterator[PanelEvent | SensorStatus]:
        """Give the events that `data`, received at `time_ns` (UTC), completes."""
        for body in self._frames.feed(data):
            yield from self._take(body, time_ns)

    def close(self) -> Iterator[PanelEvent | SensorStatus]:
        """End the stream; a cut-off frame is counted, and nobody is answered."""
        for body in self._frames.close():
            yield from self._take(body, 0)
        self._answer = b""

    def answer(self) -> bytes:
        """Give what is to be sent back for what was fed since the last call; once."""
        answer, self._answer = self._answer, b""
        return answer

    def beside(self) -> Decoder:
        """Make the decoder of another connection; counts and memory are common to both."""
        return Decoder(
            self._key, self._window_s, encrypted_only=self._encrypted_only, memory=self._memory
        )

    def _take(self, body: bytes, time_ns: int) -> Iterator[PanelEvent | SensorStatus]:
        try:
            outer = dc09.opened(body)
        except FrameError as error:
            self.refused[error.reason] += 1
            return
        try:
            message = dc09.whole(outer, self._key)
            events = self._events(message, time_ns)
        except FrameError as error:
            self.refused[error.reason] += 1
            self._say("NAK" if error.reason == OUTSIDE else "DUH", outer.message, time_ns)
            return
        self._say("ACK", message, time_ns)
        if self._memory.is_new(message.account, message.sequence, body):
            yield from events

    def _events(self, message: dc09.Message, time_ns: int) -> list[PanelEvent | SensorStatus]:
        self._check_time(message, time_ns)
        if self._encrypted_only and not message.encrypted:
            raise FrameError("not encrypted")
        at_ns = time_ns if message.time_ns is None else message.time_ns
        if message.token == LINK_TEST:
            return [SensorStatus(time_ns=at_ns, receiver=message.account, state="link test")]
        if message.token != EVENTS:
            raise FrameError("token of another kind")
        area, codes = _codes(message.data)
        return [
            PanelEvent(
                time_ns=at_ns,
                account=message.account,
                sequence=message.sequence,
                code=code,
                zone=zone or None,
                area=area,
                receiver=message.receiver,
                line=message.line,
                position=message.position,
                encrypted=message.encrypted,
            )
            for code, zone in codes
        ]

    def _check_time(self, message: dc09.Message, time_ns: int) -> None:
        if message.time_ns is None:
            if message.encrypted:
                raise FrameError("encrypted without a time")
            return
        off_ns = abs(message.time_ns - time_ns)
        if self._window_s is not None and off_ns > self._window_s * 1e9:
            raise FrameError(OUTSIDE)

    def _say(self, token: str, asked: dc09.Message, time_ns: int) -> None:
        if token == "NAK":  # noqa: S105 - a word of the protocol
            text = f'"NAK"0000R0L0A0[]{dc09.stamp(time_ns)}'.encode()
        else:
            told = dc09.Message(token, asked.sequence, asked.line, asked.account, asked.receiver)
            key = self._key if asked.encrypted else None
            timed = dc09.Message(*_head(told), time_ns=time_ns) if key else told
            text = dc09.body(timed, key)
        self._answer += dc09.sealed(text)


def _head(message: dc09.Message) -> tuple[str, int, str, str, str | None]:
    return message.token, message.sequence, message.line, message.account, message.receiver


def _codes(data: str) -> tuple[str | None, list[tuple[str, str]]]:
    """Give the area and each code with its zone."""
    if not data.startswith(("N", "O")):
        raise FrameError("not SIA DC-03")
    area: str | None = None
    codes: list[tuple[str, str]] = []
    for part in data[1:].split("/"):
        if code := _CODE.fullmatch(part):
            codes.append((code[1], code[2]))
        elif modifier := _MODIFIER.fullmatch(part):
            area = modifier[2] if modifier[1] == "ri" else area
        else:
            raise FrameError("not SIA DC-03")
    if not codes or len(codes) > MOST_CODES:
        raise FrameError("no event, or too many")
    return area, codes


def configured(options: Options) -> Decoder:
    """Make the decoder for a site's settings.

    Raises
    ------
    OptionError
        If the key is not where it is said to be, or none; the key itself is never told.
    """
    key = _key(options)
    if options.encrypted_only and key is None:
        raise OptionError("encrypted_only needs a key: name its file in key_file")
    return Decoder(key, options.window_s, encrypted_only=options.encrypted_only)


def _key(options: Options) -> bytes | None:
    if options.key_file is not None:
        where = f"key_file {options.key_file}"
        try:
            text = Path(options.key_file).read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            raise OptionError(f"{where} cannot be read: check its name and rights") from None
    elif options.key_env is not None:
        where = f"key_env {options.key_env}"
        text = os.environ.get(options.key_env, "").strip()
    else:
        return None
    if len(text) not in _KEY_DIGITS or not re.fullmatch(r"[0-9A-Fa-f]*", text):
        raise OptionError(f"{where} holds no key: write 32, 48 or 64 hexadecimal digits")
    return bytes.fromhex(text)


DRIVER = Driver(
    name="sia-dc09",
    wire="tcp",
    also=("udp",),
    reads="events of intruder and perimeter panels, acknowledged; plain or AES",
    documents=("SIA DC-09: the frame, the answers, the AES form", "SIA DC-03: the codes"),
    decoder=Decoder,
    options=Options,
    configured=configured,
)


def encode(event: PanelEvent, key: bytes | None = None) -> bytes:
    """Write one frame as a panel sends it.

    Raises
    ------
    ValueError
        If a value does not fit.
    """
    area = "" if event.area is None else f"ri{event.area}/"
    message = dc09.Message(
        EVENTS,
        event.sequence,
        event.line,
        event.account,
        event.receiver,
        f"N{area}{event.code}{event.zone or ''}",
        event.position,
        event.time_ns,
    )
    return dc09.sealed(dc09.body(message, key))
