"""Boxes to named emissions: the rules, in the order in which they are asked.

Only what is proven by structure gets a name; what is merely there is `unknown`. A label of family
`drone` comes from a confirmed DroneID burst alone (`droneid.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from .channel import Segment
from .control_burst import measure_control
from .droneid import DroneIdBurst
from .droneid_payload import DroneIdMessage
from .iq import Samples
from .ofdm import WIFI_RATE_HZ, prefix_coherence, short_training
from .zadoff_chu import BANDWIDTH_HZ, RATE_HZ, SYMBOL

LTE_PREFIX = 72

LOOKED_AT_S = 3e-3
"""Of a longer emission this much is measured: its structure shows in that."""

EARLY_S = 0.12e-3
"""A box may begin a cell after its emission, whose first microseconds hold the training."""

BEGINNING_S = 50e-6
"""After a box's own beginning, where its training is looked for first."""

EDGE_S = 10e-6
"""Of a segment, that its channels blur into one another's ends."""

Payload = Literal["not permitted", "decoded", "encrypted or undecodable"]
Family = Literal["drone", "controller", "background", "unknown"]


@dataclass(frozen=True, slots=True)
class Emission:
    """One emission, named.

    Parameters
    ----------
    label, family : str
        The signal's name, and what it means for an alarm.
    start_s, duration_s : float
        From the first sample of the stream.
    center_hz, bandwidth_hz : float
        On the air where the tuned centre is known, else relative to it.
    snr_db : float
        In-band: mean power in the box over the noise floor in the box.
    confidence : float
        Probability that the label is right, 0 to 1.
    evidence : dict of str to float
        The measured features that decided, by name.
    payload : str, optional
        Of a DroneID burst: whether it was read. What is encrypted and what is too weak cannot be
        told from each other.
    message : DroneIdMessage, optional
        What it said; a claim.
    """

    label: str
    family: Family
    start_s: float
    duration_s: float
    center_hz: float
    bandwidth_hz: float
    snr_db: float
    confidence: float
    evidence: dict[str, float] = field(default_factory=dict[str, float])
    payload: Payload | None = None
    message: DroneIdMessage | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What was measured of a box before it has a name; hertz relative to the tuned centre."""

    start_s: float
    duration_s: float
    center_hz: float
    bandwidth_hz: float
    snr: float
    filled: float


@dataclass(frozen=True, slots=True)
class Rule:
    """One name, and when it is given.

    Parameters
    ----------
    feature : str
        The measured feature that decides.
    at_least : float
        Its threshold.
    narrowest_hz, widest_hz : float
        Bandwidths for which the feature means something.
    trust : float
        How sure the feature makes the name: the chance of noise is nil at these thresholds, what
        is left are signals that nobody thought of. Judged, not measured.
    """

    label: str
    family: Family
    feature: str
    at_least: float
    narrowest_hz: float
    widest_hz: float
    trust: float


RULES = (
    # One sequence at both ends of seven symbols: noise has 0.2 of it once in ten million bursts.
    Rule("dji-ocusync-control", "controller", "control_pilots", 0.2, 0.8e6, 1.6e6, 0.97),
    # 802.11's field repeats eightfold: 0.5 is the coherence at 0 dB in-band.
    Rule("wifi", "background", "short_training", 0.5, 3e6, 90e6, 0.95),
    # Any 15 kHz OFDM: LTE, C-V2X, NR, the drone maker's video; the prefix alone does not tell.
    Rule("unknown-ofdm", "unknown", "prefix_15_khz", 0.2, 0.8e6, 90e6, 0.9),
)

UNKNOWN_CONFIDENCE = 0.5
CARRIER_CONFIDENCE = 0.9


def classify(seen: Seen, segment: Segment, segment_start_s: float, tuned_hz: float) -> Emission:
    """Name one box.

    Parameters
    ----------
    seen : Seen
    segment : Segment
        The samples that hold the box, and some before and after.
    segment_start_s : float
        Where the segment starts in the stream.
    tuned_hz : float
        Added to the frequencies.
    """
    features = {"filled": round(seen.filled, 3)}
    for rule in RULES:
        if not rule.narrowest_hz <= seen.bandwidth_hz <= rule.widest_hz:
            continue
        value = _MEASURES[rule.feature](seen, segment, segment_start_s, rule.at_least)
        features[rule.feature] = round(value, 3)
        if value >= rule.at_least:
            return _named(seen, rule.label, rule.family, rule.trust, features, tuned_hz)
    return _named(seen, "unknown", "unknown", UNKNOWN_CONFIDENCE, features, tuned_hz)


def droneid_emission(burst: DroneIdBurst, snr: float, tuned_hz: float) -> Emission:
    """Name a confirmed DroneID burst.

    The confidence weighs the chance of such a fit in noise against one real burst in a million
    places and offsets.

    Parameters
    ----------
    burst : DroneIdBurst
        Its start counts from the stream's.
    snr : float
        Linear, in-band.
    tuned_hz : float
        Added to the carrier.
    """
    chance = (1 + burst.surprise) * np.exp(-burst.surprise) * 1e6
    return Emission(
        label="dji-droneid",
        family="drone",
        start_s=burst.start_s,
        duration_s=burst.duration_s,
        center_hz=tuned_hz + burst.carrier_hz,
        bandwidth_hz=BANDWIDTH_HZ,
        snr_db=float(10 * np.log10(max(snr, 1e-3))),
        confidence=float(1 / (1 + chance)),
        evidence={
            "coherence_root_600": round(burst.coherences[0], 4),
            "coherence_root_147": round(burst.coherences[1], 4),
            "surprise_nats": round(burst.surprise, 1),
            "symbols": float(burst.symbols),
        },
    )


def carrier_emission(seen: Seen, tuned_hz: float) -> Emission:
    """Name what is narrow and always there: a spur, DC, or a carrier on the air."""
    evidence = {"lasting_s": seen.duration_s}
    return _named(seen, "carrier", "background", CARRIER_CONFIDENCE, evidence, tuned_hz)


def _short_training(seen: Seen, segment: Segment, segment_start_s: float, enough: float) -> float:
    """The field begins a frame: only where it is not plain there, all of the box is looked at."""
    early = replace(seen, start_s=seen.start_s - EARLY_S, duration_s=EARLY_S + BEGINNING_S)
    first_s = early.start_s - segment_start_s
    last_s = first_s + early.duration_s
    beginning, cut_s = segment.part(first_s - EDGE_S, last_s + EDGE_S, WIFI_RATE_HZ)
    value = short_training(_cut(early, beginning, segment_start_s + cut_s, WIFI_RATE_HZ))
    if value >= enough:
        return value
    whole = replace(early, duration_s=EARLY_S + seen.duration_s)
    return short_training(_cut(whole, segment, segment_start_s, WIFI_RATE_HZ))


def _prefix_15_khz(seen: Seen, segment: Segment, segment_start_s: float, _enough: float) -> float:
    wave = _cut(seen, segment, segment_start_s, RATE_HZ)
    return prefix_coherence(wave, SYMBOL, LTE_PREFIX)


def _control_pilots(seen: Seen, segment: Segment, segment_start_s: float, _enough: float) -> float:
    start_s = seen.start_s - segment_start_s
    burst = measure_control(segment, start_s, seen.duration_s, seen.center_hz)
    return 0.0 if burst is None else burst.share


_MEASURES = {
    "control_pilots": _control_pilots,
    "short_training": _short_training,
    "prefix_15_khz": _prefix_15_khz,
}


def _cut(seen: Seen, segment: Segment, segment_start_s: float, rate_hz: float) -> Samples:
    channel, real_rate_hz, _ = segment.channel(
        seen.center_hz, rate_hz, min(rate_hz, seen.bandwidth_hz * 1.1 + 1e6)
    )
    first = max(0, int((seen.start_s - segment_start_s) * real_rate_hz))
    return channel[first : first + int(seen.duration_s * real_rate_hz) + 1]


def _named(
    seen: Seen, label: str, family: Family, confidence: float, evidence: dict[str, float],
    tuned_hz: float,
) -> Emission:  # fmt: skip
    return Emission(
        label=label,
        family=family,
        start_s=seen.start_s,
        duration_s=seen.duration_s,
        center_hz=tuned_hz + seen.center_hz,
        bandwidth_hz=seen.bandwidth_hz,
        snr_db=float(10 * np.log10(seen.snr)),
        confidence=confidence,
        evidence=evidence,
    )
