"""The frames of SIA DC-09: CRC, length, the AES form, places and times; no state.

    <LF> CRC:4 hex, "0", length:3 hex, from the first quote to before the <CR>:
    "token" number:4 [R receiver] L line # account [ data ] [X..] [Y..] _HH:MM:SS,MM-DD-YYYY <CR>

CRC-16, polynomial A001 reflected, from 0. A token that begins with `*` says that all behind the
first bracket is AES-CBC with an initial vector of zeros, in hexadecimal: filling, `|`, then what
would stand there, timestamp included.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from ..errors import FrameError
from ..frames import Parsed
from ..readings import Position

LF, CR = b"\n", b"\r"
HEAD = 9  # line feed, CRC, length
BLOCK = 16
FILLING = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_HEAD = re.compile(rb"\n([0-9A-Fa-f]{4})0([0-9A-Fa-f]{3})")
_BODY = re.compile(
    r'"(\*?)([A-Z][A-Z0-9-]{0,15})"(\d{4})(?:R([0-9A-F]{1,6}))?L([0-9A-F]{1,6})'
    r"#([0-9A-Z]{1,16})\[([\x20-\x7e]*)",
    re.ASCII,
)
_INNER = re.compile(
    r"(?:#([0-9A-Z]{1,16}))?\|?([^\[\]|#]*)\]((?:\[[^\[\]]*\])*)(?:_([0-9:,-]{19}))?", re.ASCII
)
_LONGITUDE = re.compile(r"\[X(\d{3})([EW])(\d{1,2}(?:\.\d{1,6})?)\]", re.ASCII)
_LATITUDE = re.compile(r"\[Y(\d{2,3})([NS])(\d{1,2}(?:\.\d{1,6})?)\]", re.ASCII)


def _table() -> tuple[int, ...]:
    made: list[int] = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
        made.append(value)
    return tuple(made)


_CRC = _table()


@dataclass(frozen=True, slots=True)
class Message:
    """What one frame holds, decrypted; `account` is that of the head."""

    token: str
    sequence: int
    line: str
    account: str
    receiver: str | None = None
    data: str = ""
    position: Position | None = None
    time_ns: int | None = None
    encrypted: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """The head of a frame, and what stands behind its first bracket."""

    message: Message
    rest: str


def crc16(data: bytes) -> int:
    """CRC-16, polynomial A001 reflected, from 0."""
    value = 0
    for byte in data:
        value = value >> 8 ^ _CRC[(value ^ byte) & 0xFF]
    return value


def sealed(body: bytes) -> bytes:
    """Put CRC, length and ends around a frame's body.

    Raises
    ------
    ValueError
        If it is longer than a frame can be.
    """
    if len(body) > 0xFFF:
        raise ValueError(f"{len(body)} bytes do not fit a frame of at most 4095")
    return LF + f"{crc16(body):04X}0{len(body):03X}".encode() + body + CR


def parse(buffer: bytearray, _: int) -> Parsed[bytes] | None:
    """Read the frame at the buffer's start; see `frames.Parse`."""
    if len(buffer) < HEAD:
        return None
    head = _HEAD.match(buffer)
    if head is None:
        raise FrameError("no CRC and length")
    length = HEAD + int(head[2], 16)
    if len(buffer) > HEAD and buffer[HEAD] != ord('"'):
        raise FrameError("no token behind the length")
    if len(buffer) <= length:
        return None
    body = bytes(buffer[HEAD:length])
    if buffer[length] != ord(CR):
        raise FrameError("no carriage return where it must be")
    if crc16(body) != int(head[1], 16):
        raise FrameError("wrong CRC")
    return Parsed(body, length + 1)


def opened(body: bytes) -> Opened:
    """Read the head of a frame's body.

    Raises
    ------
    FrameError
        If it is none.
    """
    found = _BODY.fullmatch(body.decode("latin-1"))
    if found is None:
        raise FrameError("not a DC-09 message")
    star, token, number, receiver, line, account, rest = found.groups()
    message = Message(token, int(number), line, account, receiver, encrypted=bool(star))
    return Opened(message, rest)


def whole(outer: Opened, key: bytes | None) -> Message:
    """Read what stands behind the bracket, decrypting it where the token says so.

    Raises
    ------
    FrameError
        If it cannot be read, or not with this key.
    """
    rest, head = outer.rest, outer.message
    if head.encrypted:
        if key is None:
            raise FrameError("encrypted, and no key is configured")
        _, bar, rest = _decrypted(rest, key).partition("|")
        if not bar:
            raise FrameError("not encrypted with this key")
    found = _INNER.fullmatch(rest)
    if found is None:
        raise FrameError("not encrypted with this key" if head.encrypted else "broken data")
    account, data, extended, stamp = found.groups()
    if account is not None and account != head.account:
        raise FrameError("two accounts in one message")
    return Message(
        head.token,
        head.sequence,
        head.line,
        head.account,
        head.receiver,
        data,
        _position(extended),
        None if stamp is None else _time_ns(stamp),
        head.encrypted,
    )


def body(message: Message, key: bytes | None = None) -> bytes:
    """Write a frame's body; encrypted where there is a key.

    Raises
    ------
    ValueError
        If a value does not fit.
    """
    if not 0 <= message.sequence <= 9999:
        raise ValueError(f"{message.sequence} does not fit four digits")
    receiver = "" if message.receiver is None else f"R{message.receiver}"
    star = "" if key is None else "*"
    head = f'"{star}{message.token}"{message.sequence:04d}{receiver}L{message.line}'
    inner = f"#{message.account}|{message.data}]" if message.data else "]"
    inner += "" if message.position is None else _place(message.position)
    inner += "" if message.time_ns is None else stamp(message.time_ns)
    rest = inner if key is None else _encrypted(inner, key)
    return f"{head}#{message.account}[{rest}".encode("ascii")


def stamp(time_ns: int) -> str:
    """Write a time, to the second, in UTC."""
    return (EPOCH + timedelta(seconds=time_ns // 1_000_000_000)).strftime("_%H:%M:%S,%m-%d-%Y")


def _time_ns(text: str) -> int:
    try:
        moment = datetime.strptime(text, "%H:%M:%S,%m-%d-%Y").replace(tzinfo=UTC)
    except ValueError:
        raise FrameError("impossible time") from None
    seconds = (moment - EPOCH) // timedelta(seconds=1)
    if not 0 <= seconds < 1 << 33:
        raise FrameError("impossible time")
    return seconds * 1_000_000_000


def _position(extended: str) -> Position | None:
    east, north = _LONGITUDE.search(extended), _LATITUDE.search(extended)
    if east is None or north is None:
        return None
    longitude, latitude = (
        (int(one[1]) + float(one[3]) / 60) * (-1 if one[2] in "WS" else 1) for one in (east, north)
    )
    if abs(longitude) > 180 or abs(latitude) > 90:
        raise FrameError("impossible place")
    return Position(latitude_deg=latitude, longitude_deg=longitude)


def _place(position: Position) -> str:
    return _angle("X", position.longitude_deg, "EW") + _angle("Y", position.latitude_deg, "NS")


def _angle(letter: str, degrees: float, signs: str) -> str:
    whole_degrees, tenths_of_milli = divmod(round(abs(degrees) * 600_000), 600_000)
    minutes = f"{tenths_of_milli / 10_000:.4f}".rstrip("0")
    minutes += "0" if minutes.endswith(".") else ""
    return f"[{letter}{whole_degrees:03d}{signs[degrees < 0]}{minutes.zfill(4)}]"


def _encrypted(inner: str, key: bytes) -> str:
    wanted = BLOCK - (len(inner) + 1) % BLOCK
    filling = "".join(secrets.choice(FILLING) for _ in range(wanted))
    cipher = Cipher(algorithms.AES(key), modes.CBC(bytes(BLOCK))).encryptor()
    text = f"{filling}|{inner}".encode("ascii")
    return (cipher.update(text) + cipher.finalize()).hex().upper()


def _decrypted(rest: str, key: bytes) -> str:
    try:
        hidden = bytes.fromhex(rest)
    except ValueError:
        raise FrameError("no hexadecimal where it must be") from None
    if not hidden or len(hidden) % BLOCK:
        raise FrameError("no whole blocks of AES")
    cipher = Cipher(algorithms.AES(key), modes.CBC(bytes(BLOCK))).decryptor()
    return (cipher.update(hidden) + cipher.finalize()).decode("latin-1")
