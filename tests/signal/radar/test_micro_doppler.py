"""Simulated rotors: lines stand as far apart as blades times turns a second."""

from __future__ import annotations

import numpy as np
import pytest

from havik.signal.radar.micro_doppler import blade_rate, spectrogram
from havik.signal.radar.waveforms import rotor_signal

PRF_HZ = 26_000.0
TIMES_S = np.arange(2600) / PRF_HZ


@pytest.mark.parametrize("turns_s", [83.0, 100.0, 141.7])
@pytest.mark.parametrize("body_hz", [0.0, 700.0])
def test_the_rate_is_blades_times_turns(turns_s: float, body_hz: float) -> None:
    rng = np.random.default_rng(1)
    signal = rotor_signal(TIMES_S, wavelength_m=0.0125, blades=2, blade_m=0.12, turns_s=turns_s,
                          body_hz=body_hz, body=3.0)  # fmt: skip
    noise = rng.standard_normal((len(TIMES_S), 2)) @ np.array([1, 1j]) * 0.1
    found = blade_rate((signal + noise).astype(np.complex64), PRF_HZ)
    assert found is not None
    assert found.rate_hz == pytest.approx(2 * turns_s, abs=max(4 * found.sigma_hz, 0.01))
    assert found.sigma_hz < 1.0


def test_noise_has_no_rate() -> None:
    noise = np.random.default_rng(2).standard_normal((2600, 2)) @ np.array([1, 1j])
    assert blade_rate(noise.astype(np.complex64), PRF_HZ) is None


def test_a_tone_stands_at_its_doppler() -> None:
    tone = np.exp(2j * np.pi * 0.25 * np.arange(640)).astype(np.complex64)
    power = spectrogram(tone)
    assert power.shape == (37, 64)
    assert (np.argmax(power, axis=1) == 48).all()  # a quarter of the rate above the middle
