"""What is on the air everywhere must not sound the alarm: no drone, no controller.

Stretches of simulated backgrounds, and the real recordings of backgrounds repeated, each with a
random offset and gain on noise, through the gateway's search. `HAVIK_BENCH_MINUTES` is how long in
all, half of it each.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np

from ..gateway.library import library
from ..signal.radio.emissions import Emission, EmissionFinder
from ..signal.radio.iq import Samples, sample_bytes, to_complex64
from ..signal.radio.links.air import received
from ..signal.radio.links.catalogue import LINKS
from ..signal.radio.links.multicarrier import faded
from ..signal.radio.waveforms import noise, shifted
from .radio import recordings_folder
from .rows import Row

SIMULATED = (
    "noise", "lte", "lte-tdd", "nr", "cv2x", "wifi", "wifi-p", "bluetooth", "bluetooth-le",
    "lora-meter-125", "lora-meter-250", "oven", "carrier",
)  # fmt: skip
RECORDED = (
    ("lte_downlink_1815.3MHz_19.2MSps_ci8.iq", "ci8", 19.2e6, 1815.3e6),
    ("wifi_radiated_dot11n_6.5mbps_20MSps_ci16.iq", "ci16", 20e6, 2437e6),
    ("wifi_radiated_dot11n_26mbps_20MSps_ci16.iq", "ci16", 20e6, 2437e6),
    ("wifi_conducted_dot11a_6mbps_20MSps_ci16.iq", "ci16", 20e6, 5180e6),
    ("cv2x_sidelink_5920MHz_15.36MSps_cf32.iq", "cf32", 15.36e6, 5920e6),
)
STRETCH_S = 0.2
RATIOS_DB = (-5.0, 25.0)
LEVEL = np.float32(0.01)
MINUTES = 0.2


def run() -> list[Row]:
    half_s = 30 * float(os.environ.get("HAVIK_BENCH_MINUTES", str(MINUTES)))
    rng = np.random.default_rng(439)
    rows = [_row("simulated backgrounds", half_s, simulated(rng, half_s), is_simulated=True)]
    recorded_s = half_s if _recordings() else 0.0
    if recorded_s:
        found = recorded(rng, recorded_s)
        rows.append(_row("recorded backgrounds, repeated", recorded_s, found, is_simulated=False))
    return rows


def _row(name: str, seconds: float, found: Iterator[Emission], *, is_simulated: bool) -> Row:
    alarms = [one for one in found if one.family in {"drone", "controller"}]
    told = ", ".join(sorted({one.label for one in alarms}))
    return Row(
        bench="radio-backgrounds",
        name=f"wrong drone or controller labels in {seconds / 60:.2g} min, {name}"
        + (f": {told}" if told else ""),
        value=float(len(alarms)), unit="", simulated=is_simulated,
    )  # fmt: skip


def simulated(rng: np.random.Generator, seconds: float) -> Iterator[Emission]:
    """What is told of one background after another."""
    for nth in range(max(1, round(seconds / STRETCH_S))):
        link = LINKS[SIMULATED[nth % len(SIMULATED)]]
        tuned_hz = link.tuned_hz + float(rng.uniform(-2e6, 2e6))
        sent = list(link.sends(link.rate_hz, STRETCH_S, rng))
        band, heard = received(sent, link.rate_hz, tuned_hz, STRETCH_S)
        width_hz = max(1e3, heard[0].bandwidth_hz) if heard else 1e6
        gain = _gain(rng) * np.float32(np.sqrt(width_hz / link.rate_hz))
        wave = noise(rng, len(band)) + faded(band, link.rate_hz, rng) * gain
        yield from told(wave.astype(np.complex64), link.rate_hz, tuned_hz)


def recorded(rng: np.random.Generator, seconds: float) -> Iterator[Emission]:
    """What is told of the recordings, repeated."""
    files = _recordings()
    for nth in range(max(1, round(seconds / STRETCH_S))):
        whole, rate_hz, tuned_hz = files[nth % len(files)]
        first = int(rng.integers(len(whole)))
        part = np.take(whole, np.arange(first, first + round(STRETCH_S * rate_hz)), mode="wrap")
        part = shifted(part.astype(np.complex64), rate_hz, float(rng.uniform(-2e6, 2e6)))
        wave = noise(rng, len(part)) + part * _gain(rng)
        yield from told(wave.astype(np.complex64), rate_hz, tuned_hz)


def told(wave: Samples, rate_hz: float, tuned_hz: float) -> list[Emission]:
    """What the gateway's search says of a stretch."""
    finder = EmissionFinder(rate_hz, tuned_hz, library=library())
    return finder.feed((wave * LEVEL).astype(np.complex64)) + finder.close()


def _gain(rng: np.random.Generator) -> np.float32:
    return np.float32(10 ** (rng.uniform(*RATIOS_DB) / 20))


def _recordings() -> list[tuple[Samples, float, float]]:
    """Those that are there, with mean power 1."""
    found: list[tuple[Samples, float, float]] = []
    for name, sample_type, rate_hz, tuned_hz in RECORDED:
        path = recordings_folder() / name
        if path.is_file():
            most = round(STRETCH_S * rate_hz) * 4 * sample_bytes(sample_type)
            wave = to_complex64(path.read_bytes()[:most], sample_type)
            level = np.float32(np.sqrt(np.mean(np.abs(wave) ** 2)))
            found.append(((wave / level).astype(np.complex64), rate_hz, tuned_hz))
    return found
