from __future__ import annotations

import numpy as np
import pytest

from havik.signal.radio.iq import Samples
from havik.signal.radio.waveforms import (
    droneid_burst,
    gfsk,
    lte_like,
    noise,
    shifted,
    wifi_like,
)

RNG = np.random.default_rng(41)


def power(wave: Samples) -> float:
    return float(np.mean(np.abs(wave.astype(np.complex128)) ** 2))


def occupied_hz(wave: Samples, rate_hz: float) -> float:
    """The bandwidth that holds 99 % of the power."""
    spectrum = np.fft.fftshift(np.abs(np.fft.fft(wave * np.hanning(len(wave)))) ** 2)
    share = np.cumsum(spectrum) / spectrum.sum()
    first, last = np.searchsorted(share, [0.005, 0.995])
    return float(last - first) * rate_hz / len(wave)


@pytest.mark.parametrize("rate_hz", [10e6, 15.36e6, 20e6, 50e6, 61.44e6])
@pytest.mark.parametrize(("symbols", "duration_s"), [(9, 643.2e-6), (8, 571.875e-6)])
def test_a_droneid_burst_has_its_duration_and_band(
    rate_hz: float, symbols: int, duration_s: float
) -> None:
    wave = droneid_burst(rate_hz, RNG, symbols=symbols)
    assert len(wave) / rate_hz == pytest.approx(duration_s, abs=0.2e-6)
    assert power(wave) == pytest.approx(1, rel=1e-3)
    assert occupied_hz(wave, rate_hz) == pytest.approx(8.97e6, abs=0.1e6)


def test_a_droneid_burst_repeats_its_prefixes() -> None:
    wave = droneid_burst(15.36e6, RNG)
    for first in (80 + 1024, 80 + 1024 + 72 + 1024):
        early, late = wave[first : first + 72], wave[first + 1024 : first + 1096]
        assert abs(np.vdot(early, late)) > 0.98 * np.linalg.norm(early) * np.linalg.norm(late)


def test_lte_has_slots_of_half_a_millisecond() -> None:
    wave = lte_like(15.36e6, RNG, 4)
    assert len(wave) / 15.36e6 == pytest.approx(2e-3, abs=1e-7)
    assert power(wave) == pytest.approx(1, rel=1e-3)


def test_wifi_has_a_preamble_of_16_us_that_repeats_every_800_ns() -> None:
    wave = wifi_like(20e6, RNG, 10)
    assert len(wave) / 20e6 == pytest.approx(16e-6 + 10 * 4e-6, abs=1e-7)
    assert np.abs(wave[20:120] - wave[36:136]).max() < 0.1
    assert occupied_hz(wave, 20e6) == pytest.approx(16.5e6, abs=0.4e6)


def test_gfsk_has_a_constant_envelope_and_its_deviation() -> None:
    wave = gfsk(20e6, RNG, bits=300, deviation_hz=160e3)
    assert np.allclose(np.abs(wave), 1, atol=1e-5)
    turns_hz = np.diff(np.unwrap(np.angle(wave))) * 20e6 / (2 * np.pi)
    assert np.abs(turns_hz).max() == pytest.approx(160e3, rel=0.05)


def test_noise_has_its_power_in_both_parts() -> None:
    wave = noise(RNG, 200_000, 3.0)
    assert power(wave) == pytest.approx(3, rel=0.02)
    assert np.var(wave.real) == pytest.approx(1.5, rel=0.02)


def test_shifting_moves_the_spectrum_and_nothing_else() -> None:
    wave = shifted(np.ones(1000, np.complex64), 20e6, -3e6)
    assert int(np.argmax(np.abs(np.fft.fft(wave)))) == 1000 - 150
    assert np.allclose(np.abs(wave), 1, atol=1e-5)
