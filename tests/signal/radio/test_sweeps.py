"""Sweeps: where a symbol of root 600 lies, by its line of starts against carriers."""

import numpy as np
import pytest

from havik.signal.radio.iq import Samples
from havik.signal.radio.sweeps import SLOPE_HZ_S, find_sweeps, window_samples
from havik.signal.radio.waveforms import droneid_burst, noise, shifted

ROOT_600_S = (80 + 3 * 1024 + 3 * 72) / 15.36e6
"""Three symbols and their prefixes, and its own, lie before it (NDSS 2023)."""


@pytest.mark.parametrize("rate_hz", [10e6, 15.36e6, 20e6, 50e6, 61.44e6])
def test_a_window_is_a_symbols_time(rate_hz: float) -> None:
    assert window_samples(rate_hz) == pytest.approx(rate_hz / 15e3, rel=0.02)


@pytest.mark.parametrize(
    ("rate_hz", "carrier_hz"), [(20e6, -3.21e6), (50e6, 17.3e6), (15.36e6, 0.0)]
)
def test_the_strongest_sweep_holds_the_start_and_the_carrier(
    rate_hz: float, carrier_hz: float
) -> None:
    rng = np.random.default_rng(11)
    wave = noise(rng, int(3e-3 * rate_hz), 0.1)
    burst = shifted(droneid_burst(rate_hz, rng), rate_hz, carrier_hz)
    first = int(1.1e-3 * rate_hz)
    wave[first : first + len(burst)] += burst
    half_hz = (rate_hz - 9.015e6) / 2
    best = find_sweeps(wave, rate_hz, -half_hz, half_hz, 12.0, 14.0)[0]
    later_s = first / rate_hz + ROOT_600_S - best.window / rate_hz
    assert best.tone_hz - SLOPE_HZ_S * later_s == pytest.approx(carrier_hz, abs=15e3)


def test_noise_passes_as_often_as_its_distribution_says() -> None:
    """exp(-7) of two bins a window's bin; neighbours are one, and a fit only strengthens."""
    rng, rate_hz = np.random.default_rng(12), 20e6
    wave = noise(rng, int(15e-3 * rate_hz))
    found = find_sweeps(wave, rate_hz, -10e6, 10e6, 7.0, 0.0)
    windows = len(wave) / (window_samples(rate_hz) // 2)
    expected = windows * window_samples(rate_hz) * 2 * np.exp(-7)
    assert 0.6 * expected < len(found) < 1.2 * expected


@pytest.mark.parametrize("wave", [np.zeros(100_000, np.complex64), np.zeros(10, np.complex64)])
def test_silence_has_none(wave: Samples) -> None:
    assert find_sweeps(wave, 20e6, -5e6, 5e6, 8.0, 10.0) == []
