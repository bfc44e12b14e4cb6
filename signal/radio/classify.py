"""Boxes to named emissions: structure is measured, and the library asked which link has it.

Only what is proven by structure gets a name; what is merely there is `unknown`. A link that hops
is named by its pattern (`hops.py`), a DroneID burst by its own proof (`droneid.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from .channel import Segment
from .control_burst import measure_control
from .droneid import DroneIdBurst
from .droneid_payload import DroneIdMessage
from .measures import Measured, Place, measured
from .signature import Family, Library
from .video import channel_name
from .zadoff_chu import BANDWIDTH_HZ

LOOKED_AT_S = 3e-3
"""Of a longer emission this much is measured: its structure shows in that."""

LOOKED_AT_NARROW_S = 20e-3
"""Of a narrow one: where it ends tells links apart, and samples are few."""


Payload = Literal["not permitted", "decoded", "encrypted or undecodable"]


@dataclass(frozen=True, slots=True)
class Part:
    """One burst of an emission that hops; seconds and hertz as the emission's."""

    start_s: float
    duration_s: float
    center_hz: float
    bandwidth_hz: float


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
    evidence : dict of str to float or str
        The measured features that decided, by name.
    payload : str, optional
        Of a DroneID burst: whether it was read. What is encrypted and what is too weak cannot be
        told from each other.
    message : DroneIdMessage, optional
        What it said; a claim.
    parts : tuple of Part
        The bursts of one that hops.
    candidates : tuple of str
        Signatures whose hop pattern it may be part of (`hops.py`).
    is_cut : bool
        An end of the page cuts it: the rest is in the page before or after.
    """

    label: str
    family: Family
    start_s: float
    duration_s: float
    center_hz: float
    bandwidth_hz: float
    snr_db: float
    confidence: float
    evidence: Mapping[str, float | str] = field(default_factory=dict[str, float | str])
    payload: Payload | None = None
    message: DroneIdMessage | None = None
    parts: tuple[Part, ...] = ()
    candidates: tuple[str, ...] = ()
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What was measured of a box before it has a name; hertz relative to the tuned centre."""

    start_s: float
    duration_s: float
    center_hz: float
    bandwidth_hz: float
    snr: float
    filled: float
    is_cut: bool = False  # by an end of its page


CARRIER_CONFIDENCE = 0.9
CONTROL_HZ = (0.8e6, 1.6e6)
CONTROL_SHARE = 0.2
"""One sequence at both ends of seven symbols: noise has 0.2 of it once in ten million bursts."""

CONTROL_CONFIDENCE = 0.97
UNKNOWN_CONFIDENCE = 0.5

PLAIN = {
    "ofdm": "unknown-ofdm",
    "wifi": "wifi",
    "chirp": "unknown-chirp",
    "keyed": "unknown-fsk",
}
"""What a structure is called of which the library knows no link."""


def classify(
    seen: Seen,
    segment: Segment,
    segment_start_s: float,
    tuned_hz: float,
    library: Library | None = None,
) -> Emission:
    """Name one box.

    Parameters
    ----------
    seen : Seen
    segment : Segment
        The samples that hold the box, and some before and after.
    segment_start_s : float
        Where the segment starts in the stream.
    tuned_hz : float
        Added to the frequencies; 0 means that it is not known.
    library : Library, optional
        Without one, structure alone gives names.
    """
    library = library or Library()
    first_s = seen.start_s - segment_start_s
    last_s = min(first_s + seen.duration_s, segment.duration_s)
    place = Place(segment, seen.center_hz, seen.bandwidth_hz, first_s, last_s)
    if (control := _control(seen, place, tuned_hz)) is not None:
        return control
    found = measured(place)
    seen = _refined(seen, found, segment_start_s, cut=last_s < first_s + seen.duration_s)
    if found.modulation is None:
        evidence = {"filled": round(seen.filled, 3), **_rounded(found)}
        plain = _named(seen, "unknown", "unknown", UNKNOWN_CONFIDENCE, evidence, tuned_hz)
        return replace(plain, is_cut=seen.is_cut)
    center_hz = tuned_hz + seen.center_hz
    own_size = {"bandwidth_hz": seen.bandwidth_hz, "duration_s": seen.duration_s}
    features = {**found.features, **own_size}
    if tuned_hz:
        features["off_megahertz_hz"] = abs(center_hz - round(center_hz / 1e6) * 1e6)
    heard = [
        one for one in library.of(found.modulation)
        if one.is_in_band(center_hz, known=tuned_hz != 0)
    ]  # fmt: skip
    waits = [one for one in heard if one.period_s and one.fits(features, cut=seen.is_cut)]
    evidence = {"filled": round(seen.filled, 3), **_rounded(found), **found.words}
    evidence["surprise_nats"] = round(min(found.nats, 1e6), 1)
    own = next((one for one in heard if not one.period_s and one.fits(features)), None)
    label = own.label if own else PLAIN.get(found.modulation, "unknown")
    if found.modulation == "video" and tuned_hz and (channel := channel_name(center_hz)):
        evidence["channel"] = channel
    family: Family = own.family if own else "background" if label == "wifi" else "unknown"
    trust = library.confidence(label, found.nats)
    emission = _named(seen, label, family, trust, evidence, tuned_hz)
    return replace(emission, candidates=tuple(one.name for one in waits), is_cut=seen.is_cut)


def _control(seen: Seen, place: Place, tuned_hz: float) -> Emission | None:
    """A control burst of the drone maker's, which proves itself by one sequence at both ends."""
    if not CONTROL_HZ[0] <= seen.bandwidth_hz <= CONTROL_HZ[1]:
        return None
    burst = measure_control(place.segment, place.first_s, seen.duration_s, place.center_hz)
    if burst is None or burst.share < CONTROL_SHARE:
        return None
    evidence = {"filled": round(seen.filled, 3), "control_pilots": round(burst.share, 3)}
    name = "dji-ocusync-control"
    return _named(seen, name, "controller", CONTROL_CONFIDENCE, evidence, tuned_hz)


PIECE_DB = 10.0


def is_within(one: Emission, standing: Emission) -> bool:
    """Whether an emission without a name is but a piece of a standing one's modulation."""
    if not one.label.startswith("unknown") and one.label != standing.label:
        return False
    half_hz = standing.bandwidth_hz / 2
    inside = abs(one.center_hz - standing.center_hz) <= half_hz
    return inside and one.snr_db < standing.snr_db + PIECE_DB and not one.candidates


def _refined(seen: Seen, found: Measured, segment_start_s: float, *, cut: bool) -> Seen:
    """The box with the times and the middle that its burst was measured to have."""
    if "start_s" not in found.features:
        return seen
    start_s = segment_start_s + found.features["start_s"]
    duration_s = found.features["duration_s"]
    if cut:  # the end was not looked at
        duration_s = seen.start_s + seen.duration_s - start_s
    center_hz = seen.center_hz + found.features["offset_hz"]
    return replace(seen, start_s=start_s, duration_s=duration_s, center_hz=center_hz)


def _rounded(found: Measured) -> dict[str, float | str]:
    """The features as a person reads them; times that the emission has itself are left out."""
    own = ("start_s", "duration_s", "offset_hz")
    return {k: float(f"{v:.5g}") for k, v in found.features.items() if k not in own}


FIRM_NATS = 40.0
"""Surprise at which a pair of sequences is named a drone's: noise reaches it once in three hours
of a band of 20 MHz. A weaker one is found, and told without a name: at the search's own threshold
noise gives one in two seconds."""

PLACES = 1e13
"""Starts and carriers in which noise was given the chance, for each real burst: some minutes."""


def droneid_emission(burst: DroneIdBurst, snr: float, tuned_hz: float) -> Emission:
    """Name a DroneID burst.

    The confidence weighs the chance of such a fit in noise against one real burst in `PLACES`
    places and offsets. Below `FIRM_NATS` it is `unknown-zadoff-chu`: seen, and no alarm.

    Parameters
    ----------
    burst : DroneIdBurst
        Its start counts from the stream's.
    snr : float
        Linear, in-band.
    tuned_hz : float
        Added to the carrier.
    """
    chance = (1 + burst.surprise) * np.exp(-burst.surprise) * PLACES
    is_firm = burst.surprise >= FIRM_NATS
    return Emission(
        label="dji-droneid" if is_firm else "unknown-zadoff-chu",
        family="drone" if is_firm else "unknown",
        start_s=burst.start_s,
        duration_s=burst.duration_s,
        center_hz=tuned_hz + burst.carrier_hz,
        bandwidth_hz=BANDWIDTH_HZ,
        snr_db=float(10 * np.log10(max(snr, 1e-3))),
        confidence=float(1 / (1 + chance)) if is_firm else UNKNOWN_CONFIDENCE,
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


def _named(
    seen: Seen, label: str, family: Family, confidence: float,
    evidence: Mapping[str, float | str],
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
        evidence=dict(evidence),
    )
