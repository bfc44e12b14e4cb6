"""What receivers tell of Remote ID in JSON, checked: numbers, places, addresses, identifiers.

Receivers that hand on a number without its unknown leave 0/0 for a place, -1000 for an altitude,
255 for a speed: all are unknown here, as is what no aircraft can have.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from ..errors import FrameError
from ..readings import Position
from .odid_struct import printable as printable

LEVELS_DBM, CHANNELS = (-200.0, 50.0), (0, 255)
ALTITUDES_M = (-999.5, 31_767.5)
SPEEDS_M_S = (0.0, 254.25)
CLIMBS_M_S = (-62.0, 62.0)

_ADDRESS = re.compile(r"[0-9A-F]{2}(:[0-9A-F]{2}){5}")
_SERIAL = re.compile(r"[0-9A-HJ-NP-Z]{4}([1-9A-F])([0-9A-HJ-NP-Z]+)")


def within(value: float | None, limits: tuple[float, float]) -> float | None:
    """Give a number inside its limits; None for any other, and for none."""
    low, high = limits
    return value if value is not None and low <= value <= high else None


def channel(value: float | None) -> int | None:
    """Give a whole number that can be a channel."""
    known = within(value, CHANNELS)
    return None if known is None else int(known)


def place(
    latitude_deg: float | None, longitude_deg: float | None, altitude_hae_m: float | None = None
) -> Position | None:
    """Give a place on earth; 0/0 is nobody's."""
    if latitude_deg is None or longitude_deg is None or latitude_deg == longitude_deg == 0:
        return None
    if not (-90 <= latitude_deg <= 90 and -180 <= longitude_deg <= 180):
        return None
    return Position(
        latitude_deg=float(latitude_deg),
        longitude_deg=float(longitude_deg),
        altitude_hae_m=within(altitude_hae_m, ALTITUDES_M),
    )


def course(value: float | None) -> float | None:
    """Give a direction in [0, 360); 361 is Remote ID's unknown."""
    known = within(value, (0.0, 360.0))
    return None if known is None else known % 360


def address(text: str | None) -> str:
    """Give a MAC address in upper case with colons.

    Raises
    ------
    FrameError
        If it is none: nothing would bind one report to the next.
    """
    shown = (text or "").upper()
    if not _ADDRESS.fullmatch(shown):
        raise FrameError("no MAC address")
    return shown


def is_serial(text: str) -> bool:
    """Whether `text` has the form of ANSI/CTA-2063-A: maker, length, and so many characters."""
    parts = _SERIAL.fullmatch(text)
    return parts is not None and int(parts[1], 16) == len(parts[2])


def identity(text: str | None, refused: Counter[str]) -> dict[str, Any]:
    """Give an identifier whose kind is not told: by its form a serial number, or else not."""
    name = printable(text, refused)
    if name is None:
        return {}
    return {"serial_number" if is_serial(name) else "registration_id": name}
