"""What is known of a kind of link, as the library in `config/signatures/` says it.

A signature names the ranges in which each measured feature lies. What it does not say is not asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

Family = Literal["drone", "controller", "background", "unknown"]
Modulation = Literal["ofdm", "wifi", "chirp", "keyed", "video", "drifting"]
Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Signature:
    """One kind of link.

    Parameters
    ----------
    name, label : str
        Its own name, and what its emissions are called.
    family : str
    modulation : str
        Which structure is sought.
    source : str
        Where the figures come from.
    bands_mhz : sequence of (low, high)
        Where it is heard; a receiver that does not know its frequency does not ask.
    needs_band : bool
        Not given where the frequency is not known: its look-alikes differ by the band alone.
    features : dict of str to (least, most)
        By the feature's name, as `evidence` has it.
    period_s : float
        Of its packets, 0 where they come at any time.
    pair_s : float
        From the first to the second packet of a pair in each period; 0 where there is one.
    bursts : int
        How many must keep the period before it is named.
    """

    name: str
    label: str
    family: Family
    modulation: Modulation
    source: str
    bands_mhz: tuple[Range, ...] = ()
    needs_band: bool = False
    features: dict[str, Range] = field(default_factory=dict[str, Range])
    period_s: float = 0.0
    pair_s: float = 0.0
    bursts: int = 1

    def is_in_band(self, center_hz: float, *, known: bool) -> bool:
        """Whether it may be heard at `center_hz`."""
        if not known:
            return not self.needs_band
        return not self.bands_mhz or any(a <= center_hz / 1e6 <= b for a, b in self.bands_mhz)

    def fits(self, measured: dict[str, float], *, cut: bool = False) -> bool:
        """Whether every feature that it names was measured, and lies in its range.

        Of a burst that is `cut` the end is not known: it may be too short.
        """
        return all(
            name in measured
            and measured[name] <= most
            and (least <= measured[name] or (cut and name == "duration_s"))
            for name, (least, most) in self.features.items()
        )

    def lasts(self, duration_s: float) -> bool:
        """Whether a whole burst may last so long."""
        least, most = self.features.get("duration_s", (0.0, np.inf))
        return bool(least <= duration_s <= most)


@dataclass(frozen=True, slots=True)
class Trust:
    """How often a name was right in training, by how plain the structure was.

    The probability is logistic in the logarithm of the decisive surprise.
    """

    offset: float
    slope: float

    def confidence(self, nats: float) -> float:
        """Probability that the name is right."""
        level = self.offset + self.slope * np.log(max(nats, 1.0))
        return float(1 / (1 + np.exp(-np.clip(level, -30, 30))))


@dataclass(frozen=True, slots=True)
class Library:
    """The signatures, and what their names are worth."""

    signatures: Sequence[Signature] = ()
    trust: dict[str, Trust] = field(default_factory=dict[str, Trust])

    def of(self, modulation: Modulation) -> list[Signature]:
        """Those with one structure, in the library's order."""
        return [one for one in self.signatures if one.modulation == modulation]

    def confidence(self, label: str, nats: float) -> float:
        """What a name is worth; a name that training never gave gets what all together got."""
        trust = self.trust.get(label) or self.trust.get("any") or Trust(0.0, 0.5)
        return trust.confidence(nats)
