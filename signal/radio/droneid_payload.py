"""What a DroneID burst says: two messages in a transport block of 176 bytes, read and written.

Layout (Schiller et al., NDSS 2023; the maker's Wi-Fi form in Kismet's description by van Tienen and
Dumon; little-endian). Behind the message its CRC of 16 bits; the block ends with CRC24A.

    telemetry, version 2    LL 10 VV QQQQ FFFF serial[16] longitude latitude altitude height
                            v_north v_east v_up yaw time[8] operator latitude, longitude
                            home longitude, latitude  TT UU text[20]
    identity                LL 11 serial[16] and 124 bytes whose meaning is not published

L: bytes before the CRC, less one  V: version  Q: sequence number  F: flags  T: model's code
U: length of the text

Angles of places are counted in 1e-7 rad, heights in feet (so Schiller et al.; others hold them for
decimetres), speeds in cm/s, the yaw in 0.01 degrees. The altitude is the barometer's. Both halves
of a place 0: it is not known.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .crc import crc24a, message_crc

BLOCK_BYTES = 176
CRC24_BYTES = 3

TELEMETRY, IDENTITY = 0x10, 0x11
TELEMETRY_LENGTH, IDENTITY_LENGTH = 88, 141
VERSION = 2

DEGREES = 1e-7 * 180 / np.pi
FEET_M = 0.3048

QUARTER_TURN, HALF_TURN = round(90 / DEGREES), round(180 / DEGREES)

SERIAL_VALID, AIRBORNE, MOTORS_ON = 1 << 0, 1 << 5, 1 << 4
"""Of the flags; the bits as in Kismet's description."""

_TELEMETRY = struct.Struct("<BBBHH16siihhhhhhQiiiiBB20s")
_IDENTITY = struct.Struct("<BB16s124s")


@dataclass(frozen=True, slots=True, kw_only=True)
class DroneIdMessage:
    """One message; everything in it is a claim, and None is what it does not tell.

    Parameters
    ----------
    kind : {"telemetry", "identity"}
    length : int
        The message's own length byte.
    serial_number : str, optional
        Opaque.
    time_ms : int, optional
        UTC since 1970 by the aircraft's receiver.
    pressure_altitude_m, height_m : float, optional
        By the barometer, and over the place of take-off.
    yaw_deg : float, optional
        Where the nose points, clockwise from true north, [0, 360).
    operator_*, home_* : float, optional
        Where the remote control's telephone is, and where the aircraft took off.
    type_code : int, optional
        The maker's code of the model.
    """

    kind: Literal["telemetry", "identity"]
    length: int
    serial_number: str | None = None
    sequence_number: int | None = None
    airborne: bool | None = None
    motors_on: bool | None = None
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    pressure_altitude_m: float | None = None
    height_m: float | None = None
    north_m_s: float | None = None
    east_m_s: float | None = None
    climb_m_s: float | None = None
    yaw_deg: float | None = None
    time_ms: int | None = None
    operator_latitude_deg: float | None = None
    operator_longitude_deg: float | None = None
    home_latitude_deg: float | None = None
    home_longitude_deg: float | None = None
    type_code: int | None = None


def decode_block(block: bytes) -> DroneIdMessage | None:
    """Read the message of a transport block.

    Parameters
    ----------
    block : bytes
        176 of them.

    Returns
    -------
    DroneIdMessage or None
        None if either CRC is wrong, or the message is none that is known.
    """
    if len(block) != BLOCK_BYTES or crc24a(block):
        return None
    end = block[0] + 1
    if end + 2 > BLOCK_BYTES - CRC24_BYTES or message_crc(block[: end + 2]):
        return None
    match (block[1], block[0]):
        case (0x10, 88) if block[2] == VERSION:
            return _telemetry(block)
        case (0x11, 141):
            _, _, serial, _ = _IDENTITY.unpack(block[:end])
            return DroneIdMessage(kind="identity", length=block[0], serial_number=_text(serial))
        case _:
            return None


def encode_block(message: DroneIdMessage) -> bytes:
    """Write a transport block of 176 bytes with both CRCs; the inverse of `decode_block`."""
    body = _telemetry_bytes(message) if message.kind == "telemetry" else _identity_bytes(message)
    body += message_crc(body).to_bytes(2, "little")
    padded = body.ljust(BLOCK_BYTES - CRC24_BYTES, b"\0")
    return padded + crc24a(padded).to_bytes(CRC24_BYTES, "big")


def to_bits(block: bytes) -> NDArray[np.uint8]:
    """The bits of a block, highest of each byte first."""
    return np.unpackbits(np.frombuffer(block, np.uint8))


def _telemetry(block: bytes) -> DroneIdMessage:
    (length, _, _, sequence, flags, serial, longitude, latitude, altitude, height, north, east,
     up, yaw, time_ms, operator_latitude, operator_longitude, home_longitude, home_latitude,
     type_code, _, _) = _TELEMETRY.unpack(block[: _TELEMETRY.size])  # fmt: skip
    place = _place(latitude, longitude)
    operator = _place(operator_latitude, operator_longitude)
    home = _place(home_latitude, home_longitude)
    return DroneIdMessage(
        kind="telemetry",
        length=length,
        serial_number=_text(serial) if flags & SERIAL_VALID else None,
        sequence_number=sequence,
        airborne=bool(flags & AIRBORNE),
        motors_on=bool(flags & MOTORS_ON),
        latitude_deg=place[0],
        longitude_deg=place[1],
        pressure_altitude_m=round(altitude * FEET_M, 2),
        height_m=round(height * FEET_M, 2),
        north_m_s=north / 100,
        east_m_s=east / 100,
        climb_m_s=up / 100,
        yaw_deg=yaw / 100 % 360,
        time_ms=time_ms or None,
        operator_latitude_deg=operator[0],
        operator_longitude_deg=operator[1],
        home_latitude_deg=home[0],
        home_longitude_deg=home[1],
        type_code=type_code,
    )


def _telemetry_bytes(message: DroneIdMessage) -> bytes:
    flags = SERIAL_VALID if message.serial_number is not None else 0
    flags |= AIRBORNE if message.airborne else 0
    flags |= MOTORS_ON if message.motors_on else 0
    yaw_deg = ((message.yaw_deg or 0.0) + 180) % 360 - 180
    return _TELEMETRY.pack(
        TELEMETRY_LENGTH, TELEMETRY, VERSION, message.sequence_number or 0, flags,
        (message.serial_number or "").encode("ascii"),
        _angle(message.longitude_deg), _angle(message.latitude_deg),
        round((message.pressure_altitude_m or 0) / FEET_M), round((message.height_m or 0) / FEET_M),
        *(round((speed or 0) * 100)
          for speed in (message.north_m_s, message.east_m_s, message.climb_m_s)),
        round(yaw_deg * 100), message.time_ms or 0,
        _angle(message.operator_latitude_deg), _angle(message.operator_longitude_deg),
        _angle(message.home_longitude_deg), _angle(message.home_latitude_deg),
        message.type_code or 0, 0, b"",
    )  # fmt: skip


def _identity_bytes(message: DroneIdMessage) -> bytes:
    serial = (message.serial_number or "").encode("ascii")
    return _IDENTITY.pack(IDENTITY_LENGTH, IDENTITY, serial, b"")


def _place(latitude: int, longitude: int) -> tuple[float | None, float | None]:
    """Degrees; None for what is not known or not on the globe."""
    if not (latitude or longitude) or abs(latitude) > QUARTER_TURN or abs(longitude) > HALF_TURN:
        return None, None
    return _degrees(latitude, 90.0), _degrees(longitude, 180.0)


def _degrees(count: int, most: float) -> float:
    return max(-most, min(most, round(count * DEGREES, 7)))


def _angle(degrees: float | None) -> int:
    return round((degrees or 0.0) / DEGREES)


def _text(raw: bytes) -> str | None:
    """What stands before the first zero, if it can be printed; None if there is nothing."""
    text = raw.partition(b"\0")[0].decode("ascii", "replace")
    return text if text.isascii() and text.isprintable() and text else None
