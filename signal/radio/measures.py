"""What structure a box's samples have: the measured features, by name, and how sure they are.

Wide boxes are asked for 802.11's training, the prefixes of OFDM, the lines of a picture; narrow
ones for chirps, and for shifted frequency. The first that is plain is told.
Cost: a channel and its transform for each structure that the width allows.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import scipy.fft

from .channel import Segment
from .chirp import find_preamble
from .fsk import measure
from .grids import NR_SLOT, SLOT, SYMBOL, Grid, grid_of, train_of
from .iq import Samples
from .ofdm import short_training
from .signature import Modulation
from .video import find_lines

WIDE_HZ = 2.5e6
NARROWED_HZ = 7.68e6
"""What is left of the band about a narrow box before its structures are asked for."""

EARLY_S = 0.12e-3
"""A box may begin a cell after its emission, whose first microseconds hold the training."""

BEGINNING_S = 50e-6
EDGE_S = 10e-6
"""Of a segment, that its channels blur into one another's ends."""

CLOCKS_HZ = (20e6, 10e6, 5e6)
LEAST_OFDM_HZ = 0.8e6
WIFI_SHARE = 53 / 64
ENOUGH_TRAINING = 0.4
"""Coherence of the short training less that at other lags: noise gives it once in 10**5 frames."""

ENOUGH_NATS = 18.0
ENOUGH_GUARDS = 0.2
"""Coherence of a train of guards: a tone that wanders, which is no noise, has 0.11 by chance."""

OFF_LAG_SHARE = 0.6
"""Of the coherence: what repeats as well at other lags is no prefix."""

ENOUGH_COMB = 2.0
"""Mean logarithm of a comb's teeth over the power between them; noise's is 0.6, and its best of
200 line rates 1.2."""

VIDEO_S = 2.9e-3
VIDEO_HZ = 5e6
LONG_S = 10e-3
PREAMBLE_S = 12e-3
DRIFT_S = 4e-3
FRAME_S = 60e-6
PIECE = 40 * SYMBOL
"""Samples of a long signal whose grid is measured by itself: 2.9 ms at 15 kHz."""

CONCENTRATED = 0.5
ENOUGH_STEADINESS = 0.1
LEAST_DEVIATION_HZ = 12e3
"""Less is a tone that is switched, not shifted."""


@dataclass(frozen=True, slots=True)
class Place:
    """A box in a segment; hertz relative to the band's tuned centre, seconds to the segment."""

    segment: Segment
    center_hz: float
    width_hz: float
    first_s: float
    last_s: float

    def cut(self, rate_hz: float, width_hz: float, first_s: float, last_s: float) -> Samples:
        """A time of the channel about the box."""
        part, cut_s = self.segment.part(first_s - EDGE_S, last_s + EDGE_S, rate_hz)
        wave, real_hz, _ = part.channel(self.center_hz, rate_hz, min(rate_hz, width_hz))
        first = max(0, int((first_s - cut_s) * real_hz))
        return wave[first : first + int((last_s - max(first_s, 0.0)) * real_hz) + 1]


@dataclass(frozen=True, slots=True)
class Measured:
    """The structure of one box.

    Parameters
    ----------
    modulation : str or None
        None where nothing is plain.
    features : dict of str to float
        By name; seconds and hertz as the names say.
    nats : float
        Surprise of the decisive feature under noise.
    words : dict of str to str
        What is a name rather than a number: a television standard.
    """

    modulation: Modulation | None
    features: dict[str, float]
    nats: float = 0.0
    words: dict[str, str] = field(default_factory=dict[str, str])


def measured(place: Place) -> Measured:
    """Ask for each structure that the box's width and duration allow, the surest first."""
    if place.width_hz < WIDE_HZ:
        return _narrow(place)
    lasts = place.last_s - place.first_s >= LONG_S
    asked = (_wifi, _video, _grid, _drift) if lasts else (_wifi, _grid, _video, _drift)
    for ask in asked:
        found = ask(place)
        if found is not None:
            return found
    return Measured(None, {})


def _wifi(place: Place) -> Measured | None:
    for clock_hz in CLOCKS_HZ:
        if not 0.55 <= place.width_hz / (clock_hz * WIFI_SHARE) <= 1.6:
            continue
        slower = 20e6 / clock_hz
        early_s = place.first_s - EARLY_S
        end_s = place.first_s + BEGINNING_S * slower
        training = short_training(place.cut(clock_hz, clock_hz, early_s, end_s))
        features = {"short_training": training, "clock_hz": clock_hz}
        if training >= ENOUGH_TRAINING:
            return Measured("wifi", features, -127 * float(np.log1p(-(min(training, 0.99) ** 2))))
        wave = place.cut(clock_hz, clock_hz, place.first_s, min(place.last_s, end_s + 2e-3))
        train, off, nats = train_of(wave, 64, 16)
        if nats > ENOUGH_NATS and train > ENOUGH_GUARDS and off < OFF_LAG_SHARE * train:
            return Measured("wifi", {**features, "guard_coherence": train}, nats)
    return None


def _grid(place: Place) -> Measured | None:
    if place.width_hz < LEAST_OFDM_HZ:
        return None
    for spacing_hz, slot in ((15e3, SLOT), (30e3, NR_SLOT)):
        for scale in (1, 2):
            rate_hz = 1024 * spacing_hz * scale
            if place.width_hz > rate_hz or (scale == 2 and place.width_hz < 0.9 * rate_hz / 2):
                continue
            width_hz = min(place.width_hz * 1.05 + 0.3e6, 1024 * spacing_hz)
            coarse = next(n for n in (8, 4, 2, 1) if n * width_hz <= 1024 * spacing_hz)
            rate_hz = 1024 * spacing_hz / coarse
            wave = place.cut(rate_hz, width_hz, place.first_s, place.last_s)
            share = width_hz / rate_hz
            grid = grid_of(wave, share, slot=slot, coarse=coarse)
            grid = _plainest(wave, grid, share, slot, coarse)
            best = max(grid.symbols, grid.slots)
            if grid.nats < ENOUGH_NATS or grid.off_lag > OFF_LAG_SHARE * best:
                continue
            features = {
                "prefix_coherence": best,
                "spacing_hz": spacing_hz,
                "equal_symbols": grid.symbols / max(grid.slots, 1e-3),
                "off_lag_coherence": grid.off_lag,
            }
            return Measured("ofdm", features, grid.nats)
    return None


def _plainest(wave: Samples, whole: Grid, share: float, slot: int, coarse: int) -> Grid:
    """The grid of a long time; of its plainest piece where bursts of several grids lie in it."""
    piece = PIECE // coarse
    if whole.nats < ENOUGH_NATS or len(wave) < 2 * piece:
        return whole
    pieces = [
        grid_of(wave[first : first + piece], share, slot=slot, coarse=coarse)
        for first in range(0, min(len(wave) - piece, 3 * piece) + 1, piece // 2)
    ]
    best = max(pieces, key=lambda one: one.nats)
    return best if best.nats > ENOUGH_NATS else whole


def _video(place: Place) -> Measured | None:
    if place.last_s - place.first_s < VIDEO_S:
        return None
    rate_hz = max(8e6, min(place.width_hz * 1.4, 20e6))
    width_hz = max(VIDEO_HZ, 1.2 * place.width_hz)
    lines = find_lines(place.cut(rate_hz, width_hz, place.first_s, place.last_s), rate_hz)
    if lines is None or lines.comb < ENOUGH_COMB:
        return None
    features = {"line_hz": lines.line_hz, "line_comb": lines.comb}
    return Measured("video", features, 8 * lines.comb, {"standard": lines.standard})


def _drift(place: Place) -> Measured | None:
    """A tone that wanders slowly through the box: almost all power of a moment in few bins."""
    if place.last_s - place.first_s < DRIFT_S:
        return None
    rate_hz = max(1e6, place.width_hz * 1.3)
    wave = place.cut(rate_hz, rate_hz, place.first_s, place.last_s)
    size = int(FRAME_S * rate_hz)
    frames = wave[: len(wave) // size * size].reshape(-1, size) * np.hanning(size)
    power = np.abs(scipy.fft.fft(frames.astype(np.complex64), axis=1)) ** 2
    best = np.argmax(power, axis=1)
    beside = power[np.arange(len(power))[:, None], (best[:, None] + np.arange(-2, 3)) % size]
    share = float(np.median(beside.sum(axis=1) / np.maximum(power.sum(axis=1), 1e-30)))
    track_hz = ((best + size // 2) % size) * rate_hz / size
    moved = np.abs(np.diff(track_hz))
    drift_hz = float(np.quantile(track_hz, 0.95) - np.quantile(track_hz, 0.05))
    if share < CONCENTRATED or drift_hz < 0.3e6 or float(np.median(moved)) > 0.1 * drift_hz:
        return None
    return Measured("drifting", {"tone_share": share, "drift_hz": drift_hz}, 30 * share)


def _narrow(place: Place) -> Measured:
    """A chirp first: a slow one drifts as an oven does."""
    near = replace(place, segment=place.segment.around(place.center_hz, NARROWED_HZ))
    shifted = _shifted(near)
    if shifted.modulation == "chirp":
        return shifted
    found = _drift(near) or _grid(near)
    if found is None and place.last_s - place.first_s >= LONG_S:
        found = _video(place)  # weak, only the middle of its band stands out
    return found or shifted


def _shifted(place: Place) -> Measured:
    rate_hz = place.width_hz * 1.2 + 0.4e6
    lead_s = min(place.first_s, 0.25e-3)
    wave = place.cut(rate_hz, rate_hz, place.first_s - lead_s, place.last_s + 0.25e-3)
    burst = measure(wave, rate_hz, lead_s, lead_s + place.last_s - place.first_s)
    first_s = place.first_s - lead_s + burst.start_s
    features = {
        "start_s": first_s,
        "duration_s": burst.end_s - burst.start_s,
        "offset_hz": burst.offset_hz,
        "occupied_hz": burst.occupied_hz,
        "steadiness": burst.steadiness,
        "deviation_hz": burst.deviation_hz,
        "bit_rate": burst.bit_rate,
    }
    center_hz = place.center_hz + burst.offset_hz
    width_hz = burst.occupied_hz * 1.15
    last_s = min(first_s + PREAMBLE_S, place.last_s)
    found = find_preamble(place.segment, center_hz, width_hz, max(0.0, first_s - 0.1e-3), last_s)
    if found is not None:
        chirps = {"chirp_hz": found.bandwidth_hz, "spreading_factor": found.spreading_factor}
        return Measured("chirp", {**features, **chirps}, found.nats)
    if burst.steadiness < ENOUGH_STEADINESS or burst.deviation_hz < LEAST_DEVIATION_HZ:
        return Measured(None, features)
    return Measured("keyed", features, 10 + 40 * burst.steadiness)
