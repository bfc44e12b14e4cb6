"""The spoof score's weights, as they were fitted (`trust.toml`)."""

from __future__ import annotations

from pathlib import Path

import msgspec

from .loader import load

FILE = Path(__file__).with_name("trust.toml")


class TrustSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Log odds: of nothing known, and of each figure by its name."""

    bias: float
    weights: dict[str, float]


def trust_settings() -> TrustSettings:
    """Read the weights that come with the package."""
    return load(FILE, TrustSettings)
