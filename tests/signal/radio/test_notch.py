"""Bands taken out of samples."""

import numpy as np
import pytest

from havik.signal.radio.notch import without_bands


@pytest.mark.parametrize("tone_hz", [0.0, 3.3e6, -9.99e6])
def test_a_tone_in_the_band_goes_and_one_beside_it_stays(tone_hz: float) -> None:
    rate_hz, at = 20e6, np.arange(100_000) / 20e6
    tone, other = (np.exp(2j * np.pi * hz * at) for hz in (tone_hz, tone_hz + 1e6))
    left = without_bands((tone + other).astype(np.complex64), rate_hz,
                         [(tone_hz - 50e3, tone_hz + 50e3)])  # fmt: skip
    middle = slice(1000, -1000)
    assert np.mean(np.abs(left - other)[middle] ** 2) < 1e-3
    assert len(left) == len(at)
