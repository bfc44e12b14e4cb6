"""False alarms of each CFAR, accuracy against the Cramér-Rao bound, and the chain's speed.

All simulated: noise, point targets. The floor of speed is window, FFT and power of the same cube,
in turn with the chain.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from ..signal.radar.cfar import (
    Sums,
    Training,
    ca_multiplier,
    go_multiplier,
    greatest_around,
    mean_around,
    ordered_around,
    os_multiplier,
)
from ..signal.radar.chain import detect
from ..signal.radar.cube import LIGHT_M_S, Chirp
from ..signal.radar.range_doppler import PowerMap, power_map, spectra
from ..signal.radar.waveforms import PointTarget, echo_cube, noise_cube
from .rows import Row

CHIRP = Chirp(
    start_hz=76.8e9,
    slope_hz_s=400e6 / 25.6e-6,
    sample_rate_hz=10e6,
    samples=256,
    chirps=128,
    chirp_interval_s=10e-3 / 128,
    channels=4,
    channel_spacing_m=1.947e-3,
)

NOISE_SHAPE, NOISE_TURNS = (500, 1000), 20
RATES = (1e-3, 1e-4)
LOSS_RATE, LOSS_TURNS = 1e-4, 4
LINE, AREA = Training((0, 8), (0, 2)), Training()
SNR_DB, TRIALS = 13.0, 300
ACCURACY_RATE = 1e-5
"""Of false alarms: at more, noise beside a target that is not found passes for it."""

SPEED_TURNS = 200
LOUD, APART = 1e10, 25  # the training cells of one peak reach no other
BESIDE = "CA right beside peaks 100 dB up"


def run() -> list[Row]:
    rng = np.random.default_rng(77)
    return [
        *_false_alarms(rng),
        *_losses(rng),
        *_accuracy(rng, SNR_DB, "in the whole cube"),
        *_accuracy(rng, SNR_DB + 10 * math.log10(CHIRP.channels), "in a channel's cell"),
        *_speed(rng),
    ]


def _false_alarms(rng: np.random.Generator) -> Iterator[Row]:
    """Alarms by the set rate in noise alone, and where one cell of the guard is 100 dB up."""
    counts: dict[tuple[str, float], int] = {}
    looked = 0
    for _ in range(NOISE_TURNS):
        power = rng.exponential(size=NOISE_SHAPE).astype(np.float32)
        for name, reference, multipliers in _detectors(power):
            for rate, multiplier in zip(RATES, multipliers, strict=True):
                key = name, rate
                alarms = int(np.count_nonzero(power > multiplier * reference))
                counts[key] = counts.get(key, 0) + alarms
        beside = power.copy()
        beside[12::APART, 12::APART] = LOUD
        reference = mean_around(beside, AREA)
        near = np.zeros(power.shape, bool)
        for row, column in np.ndindex(AREA.inner):
            near[10 + row :: APART, 10 + column :: APART] = True
        near[12::APART, 12::APART] = False
        looked += int(np.count_nonzero(near))
        for rate in RATES:
            alarm = beside > ca_multiplier(AREA.cells, rate) * reference
            key = BESIDE, rate
            counts[key] = counts.get(key, 0) + int(np.count_nonzero(alarm & near))
    cells = NOISE_TURNS * math.prod(NOISE_SHAPE)
    for (name, rate), alarms in counts.items():
        total = looked if name == BESIDE else cells
        yield _row(f"{name}: false alarms, {total:,} cells", alarms / total, "share",
                   rate, "the set rate")  # fmt: skip


def _detectors(power: PowerMap) -> Iterator[tuple[str, Sums, list[float]]]:
    for name, training in (("1-D", LINE), ("2-D", AREA)):
        cells, half = training.cells, training.half_cells
        yield f"{name} CA", mean_around(power, training), [ca_multiplier(cells, r) for r in RATES]
        yield (f"{name} GO", greatest_around(power, training),
               [go_multiplier(half, r) for r in RATES])  # fmt: skip
    yield "1-D OS", ordered_around(power, LINE), [os_multiplier(LINE.cells, r) for r in RATES]


def _losses(rng: np.random.Generator) -> Iterator[Row]:
    """CFAR loss: the SNR for a Pd of 1/2 beyond that of a known noise (Swerling 1).

    Theory: Pfa^(1/(1+S)) for known noise; each CFAR's own false-alarm formula at alpha/(1+S).
    Measured: a target in every cell, whose training cells hold noise alone.
    """
    multipliers = (
        ("CA", ca_multiplier(LINE.cells, LOSS_RATE), _ca_alarms),
        ("GO", go_multiplier(LINE.half_cells, LOSS_RATE), _go_alarms),
        ("OS", os_multiplier(LINE.cells, LOSS_RATE), _os_alarms),
    )
    known = math.log(LOSS_RATE) / math.log(0.5) - 1
    ratios: dict[str, list[NDArray[np.float64]]] = {}
    for _ in range(LOSS_TURNS):
        power = rng.exponential(size=NOISE_SHAPE).astype(np.float32)
        target = rng.exponential(size=NOISE_SHAPE)
        for name, around in (("CA", mean_around), ("GO", greatest_around), ("OS", ordered_around)):
            # the target's power by that which would just pass: its median is the SNR's scale
            ratios.setdefault(name, []).append((around(power, LINE) / target).ravel())
    for name, multiplier, alarms in multipliers:
        scale = multiplier * float(np.median(np.concatenate(ratios[name])))
        theory = brentq(lambda s: alarms(multiplier / (1 + s)) - 0.5, 0.1, 1e4)  # noqa: B023
        loss, expected = (10 * math.log10(s / known) for s in (scale - 1, theory))
        yield _row(f"1-D {name}: loss at Pfa {LOSS_RATE:g}, Pd 0.5, {LINE.cells} cells",
                   loss, "dB", expected, "theory")  # fmt: skip


def _ca_alarms(multiplier: float) -> float:
    return (1 + multiplier / LINE.cells) ** -LINE.cells


def _os_alarms(multiplier: float) -> float:
    cells = LINE.cells
    rank = round(0.75 * cells)
    return math.prod((cells - i) / (cells - i + multiplier) for i in range(rank))


def _go_alarms(multiplier: float) -> float:
    half = LINE.half_cells
    t = multiplier / half
    tail = sum(math.comb(half - 1 + i, i) * (2 + t) ** -(half + i) for i in range(half))
    return 2 * (1 + t) ** -half - 2 * tail


def _accuracy(rng: np.random.Generator, snr_db: float, where: str) -> Iterator[Row]:
    """RMS errors of one target at random places between the bins.

    `snr_db` is the energy over the noise density, E/N0, after all samples, chirps and channels are
    put together; the bound is that of the same cube.
    """
    amplitude = math.sqrt(10 ** (snr_db / 10) / math.prod(CHIRP.shape))
    errors: list[tuple[float, float, float]] = []
    for _ in range(TRIALS):
        put = PointTarget(
            range_m=rng.uniform(20, 70),
            range_rate_m_s=rng.choice([-1, 1]) * rng.uniform(2, 11),
            azimuth_rad=rng.uniform(-0.5, 0.5),
            amplitude=amplitude,
            phase_rad=rng.uniform(0, 2 * math.pi),
        )
        cube = noise_cube(CHIRP, rng) + echo_cube(CHIRP, [put])
        near = [
            one
            for one in detect(cube, CHIRP, false_alarm=ACCURACY_RATE)
            if abs(one.range_m - put.range_m) < 2 * CHIRP.range_bin_m
            and abs(one.range_rate_m_s - put.range_rate_m_s) < 2 * CHIRP.speed_bin_m_s
        ]
        if near and (angle := near[0].azimuth_rad) is not None:
            sines = math.sin(angle) - math.sin(put.azimuth_rad)
            errors.append((near[0].range_m - put.range_m,
                           near[0].range_rate_m_s - put.range_rate_m_s, sines))  # fmt: skip
    rms = np.sqrt(np.mean(np.square(errors), axis=0)).tolist()
    for name, unit, value, bound in zip(
        ("range", "range rate", "sine of the angle"),
        ("m", "m/s", ""),
        rms,
        _bounds(snr_db),
        strict=True,
    ):
        yield _row(f"RMS error of {name} at {SNR_DB:g} dB {where}, {len(errors)} of {TRIALS} found",
                   value, unit, bound, "Cramér-Rao bound")  # fmt: skip


def _bounds(snr_db: float) -> tuple[float, float, float]:
    """Cramér-Rao bounds of one tone in three dimensions (Rife and Boorstyn, IEEE IT-20, 1974)."""
    root = math.sqrt(2 * 10 ** (snr_db / 10))
    spread = CHIRP.channels**2 - 1
    sine = math.sqrt(12 / spread) / (2 * math.pi * root)
    spacing = (CHIRP.channel_spacing_m or 0) / CHIRP.wavelength_m
    time_s = CHIRP.chirps * CHIRP.chirp_interval_s
    range_m = LIGHT_M_S / 2 / (2 * math.pi * CHIRP.bandwidth_hz / math.sqrt(12) * root)
    rate_m_s = CHIRP.wavelength_m / 2 / (2 * math.pi * time_s / math.sqrt(12) * root)
    return range_m, rate_m_s, sine / spacing


def _speed(rng: np.random.Generator) -> Iterator[Row]:
    targets = [PointTarget(range_m=20.0 + 9 * n, range_rate_m_s=4.0 - n, amplitude=0.1)
               for n in range(3)]  # fmt: skip
    cube = noise_cube(CHIRP, rng) + echo_cube(CHIRP, targets)
    chain: list[float] = []
    floor: list[float] = []
    for _ in range(SPEED_TURNS):
        start = time.perf_counter()
        power_map(spectra(cube, moving_only=False))
        middle = time.perf_counter()
        detect(cube, CHIRP)
        floor.append(middle - start)
        chain.append(time.perf_counter() - middle)
    # A busy machine adds to a time and never takes from it: the tenth percentile is the work's own.
    yield _row("whole chain, cube 4 x 128 x 256", 1 / float(np.quantile(chain, 0.1)), "cubes/s",
               1 / float(np.quantile(floor, 0.1)), "window, FFT, power")  # fmt: skip


def _row(name: str, value: float, unit: str, floor: float, floor_name: str) -> Row:
    return Row(bench="radar", name=name, value=value, unit=unit, floor=floor,
               floor_name=floor_name, simulated=True)  # fmt: skip
