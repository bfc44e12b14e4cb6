"""What a burst survives, how the cost grows with emitters, and what ten minutes leave in memory.

Each condition is tried 1 dB above the ratio of its floor: where the share found is not less, the
condition costs no more than 1 dB. All of it is simulated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from ..signal.radio.emissions import EmissionFinder
from ..signal.radio.iq import Samples
from ..signal.radio.waveforms import droneid_burst, gfsk, noise, shifted
from .rows import Row
from .rows import processor_seconds as seconds

RATE_HZ = 20e6
BAND_SHARE = 9.015e6 / RATE_HZ
TRIAL_S, TRIALS = 15e-3, 60
RATIO_DB = -13.0


@dataclass(frozen=True, slots=True)
class Condition:
    """What makes a burst harder to find; decibels over the burst."""

    name: str
    offset_hz: float = 0.0
    rate_error: float = 0.0
    spur_db: float | None = None
    second_db: float | None = None


PLAIN = Condition("plain")
CONDITIONS = (
    Condition("carrier 50 kHz up", offset_hz=50e3),
    Condition("carrier 50 kHz down", offset_hz=-50e3),
    Condition("sample rate 20 ppm high", rate_error=20e-6),
    Condition("sample rate 20 ppm low", rate_error=-20e-6),
    Condition("beside a spur 40 dB stronger", spur_db=40.0),
)
OVERLAPPED = Condition("the weaker of two that overlap, 10 dB apart", second_db=10.0)
OVERLAPPED_DB = -3.0

EMITTERS = (0, 1, 10, 30, 100)
EMITTERS_S = 0.2
EMITTERS_RATE_HZ = 61.44e6

LONG_S, LONG_RATE_HZ = 600.0, 2e6
LIMIT_MB = 300.0


def limits(rng: np.random.Generator) -> Iterator[Row]:
    """The rows of this module."""
    yield from _conditions(rng)
    yield from _growth(rng)
    yield from _memory()


def _conditions(rng: np.random.Generator) -> Iterator[Row]:
    plain = _share_found(rng, RATIO_DB - 1, PLAIN)
    for condition in CONDITIONS:
        share, name = _share_found(rng, RATIO_DB, condition), condition.name
        yield _share(f"DroneID at {RATIO_DB:g} dB: {name}", share, plain, "plain, 1 dB weaker")
    share, name = _share_found(rng, OVERLAPPED_DB, OVERLAPPED), OVERLAPPED.name
    yield _share(f"DroneID at {OVERLAPPED_DB:g} dB: {name}", share, None, None)


def _share(name: str, value: float, floor: float | None, floor_name: str | None) -> Row:
    return Row(bench="radio", name=f"{name}, {TRIALS} trials", value=value, unit="share",
               floor=floor, floor_name=floor_name, simulated=True)  # fmt: skip


def _share_found(rng: np.random.Generator, ratio_db: float, condition: Condition) -> float:
    found = 0
    for _ in range(TRIALS):
        wave = noise(rng, int(TRIAL_S * RATE_HZ))
        first = int(rng.uniform(0.1, 0.9) * len(wave))
        carrier_hz = float(rng.uniform(-4e6, 4e6)) + condition.offset_hz
        power = 10 ** (ratio_db / 10) * BAND_SHARE
        _add(wave, _burst(rng, condition.rate_error, carrier_hz, power), first)
        if condition.spur_db is not None:
            tone = shifted(np.ones(len(wave), np.complex64), RATE_HZ, rng.uniform(-9e6, 9e6))
            _add(wave, tone * np.float32(np.sqrt(power * 10 ** (condition.spur_db / 10))), 0)
        if condition.second_db is not None:
            second_hz = carrier_hz + float(rng.uniform(-2e6, 2e6))
            stronger = _burst(rng, 0.0, second_hz, power * 10 ** (condition.second_db / 10))
            _add(wave, stronger, first + int(rng.uniform(-0.4e-3, 0.4e-3) * RATE_HZ))
        finder = EmissionFinder(RATE_HZ, thorough=True)
        told = [one for one in finder.feed(wave) + finder.close() if one.family == "drone"]
        found += any(
            abs(one.start_s - first / RATE_HZ) < 5e-6 and abs(one.center_hz - carrier_hz) < 20e3
            for one in told
        )
    return found / TRIALS


def _burst(rng: np.random.Generator, rate_error: float, offset_hz: float, power: float) -> Samples:
    burst = droneid_burst(RATE_HZ * (1 + rate_error), rng)
    return shifted(burst, RATE_HZ, offset_hz) * np.float32(np.sqrt(power))


def _add(wave: Samples, part: Samples, first: int) -> None:
    first = max(0, first)
    part = part[: len(wave) - first]
    wave[first : first + len(part)] += part


def _growth(rng: np.random.Generator) -> Iterator[Row]:
    """Each emitter sends a short GFSK frame every 20 ms, on a channel of its own."""
    quiet_s: float | None = None
    for emitters in EMITTERS:
        wave = noise(rng, int(EMITTERS_S * EMITTERS_RATE_HZ), 1e-4)
        for nth in range(emitters):
            frame = gfsk(EMITTERS_RATE_HZ, rng, bits=300) * np.float32(0.03)
            place_hz = (nth - (emitters - 1) / 2) / max(emitters, 1) * 0.9 * EMITTERS_RATE_HZ
            frame = shifted(frame, EMITTERS_RATE_HZ, place_hz)
            for start_s in np.arange(float(rng.uniform(0, 0.02)), EMITTERS_S - 1e-3, 0.02):
                _add(wave, frame, int(start_s * EMITTERS_RATE_HZ))
        took_s = seconds(partial(_told, wave), 2)
        quiet_s = took_s if quiet_s is None else quiet_s
        yield Row(
            bench="radio",
            name=f"{emitters} emitters, 50 frames a second each, at 61.44 MS/s",
            value=len(wave) / took_s / 1e6,
            unit="MS/s",
            floor=len(wave) / quiet_s / 1e6,
            floor_name="without emitters",
            simulated=True,
        )


def _told(wave: Samples) -> int:
    finder = EmissionFinder(EMITTERS_RATE_HZ)
    return len(finder.feed(wave) + finder.close())


def _memory() -> Iterator[Row]:
    """In a process of its own, whose peak counts nothing else; what imports take is in it."""
    with get_context("spawn").Pool(1) as pool:
        early, late = pool.apply(_peaks, (LONG_RATE_HZ, LONG_S))
    with get_context("spawn").Pool(1) as pool:
        _, fast = pool.apply(_peaks, (61.44e6, 2.0))
    for name, value in (
        (f"memory more after {LONG_S:g} s of stream at 2 MS/s than after a tenth", late - early),
        ("memory at 61.44 MS/s, the process as a whole", fast),
    ):
        yield Row(bench="radio", name=name, value=value, unit="MB", floor=LIMIT_MB,
                  floor_name="the limit", simulated=True)  # fmt: skip


def _peaks(rate_hz: float, stream_s: float) -> tuple[float, float]:
    """The process's peak memory after a tenth of a stream, and at its end."""
    rng = np.random.default_rng(7)
    chunk = noise(rng, int(rate_hz / 20), 1e-4)
    _add(chunk, gfsk(rate_hz, rng, bits=300, bit_rate=0.5e6) * np.float32(0.03), 5_000)
    finder = EmissionFinder(rate_hz)
    early = 0.0
    turns = int(stream_s * 20)
    for nth in range(turns):
        finder.feed(chunk)
        if nth == turns // 10:
            early = _peak_mb()
    return early, _peak_mb()


def _peak_mb() -> float:
    """Give this program's own peak: `ru_maxrss` has that of whoever started it in it (proc(5))."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
