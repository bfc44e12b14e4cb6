"""The library of signatures: every kind of link that has a name, as TOML beside this file.

docs/signatures.md tells the keys, and how a link joins. `trust.toml` says what a name is worth: its
card is at the head of that file.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

FOLDER = Path(__file__).with_name("signatures")
TRUST = FOLDER / "trust.toml"

Range = tuple[float, float]


class Signature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of link; the fields are `signal/radio/signature.py`'s."""

    label: str
    family: Literal["drone", "controller", "background", "unknown"]
    modulation: Literal["ofdm", "wifi", "chirp", "keyed", "video", "drifting"]
    source: str
    bands_mhz: tuple[Range, ...] = ()
    needs_band: bool = False
    features: dict[str, Range] = {}
    period_s: float = 0.0
    pair_s: float = 0.0
    bursts: int = 1


class Trust(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a name is worth, by the logarithm of the surprise that decided."""

    offset: float
    slope: float


@cache
def signatures() -> dict[str, Signature]:
    """Read the library, drones first; once in a process."""
    read: dict[str, Signature] = {}
    for name in ("drones", "controllers", "background"):
        text = (FOLDER / f"{name}.toml").read_bytes()
        read |= msgspec.toml.decode(text, type=dict[str, Signature])
    return read


@cache
def trust() -> dict[str, Trust]:
    """Read what names are worth; empty before the first training."""
    if not TRUST.is_file():
        return {}
    return msgspec.toml.decode(TRUST.read_bytes(), type=dict[str, Trust])
