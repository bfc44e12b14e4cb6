"""What is left of two known symbols when they are taken out."""

import numpy as np
import pytest

from havik.signal.radio.ridges import Fit
from havik.signal.radio.subtract import take_out
from havik.signal.radio.waveforms import droneid_burst, shifted


@pytest.mark.parametrize("rate_hz", [20e6, 50e6])
def test_both_symbols_are_taken_out_and_nothing_else(rate_hz: float) -> None:
    rng, carrier_hz = np.random.default_rng(41), 2.2e6
    given = shifted(droneid_burst(rate_hz, rng), rate_hz, carrier_hz)
    left, start_s = given.copy(), (80 + 3 * 1024 + 3 * 72) / 15.36e6
    take_out(left, rate_hz, Fit(start_s, carrier_hz, 1e3, (0.9, 0.9)))
    for nth in (0, 1):
        first = round((start_s + nth * 2192 / 15.36e6) * rate_hz)
        inside = slice(first, first + round(rate_hz / 15e3) - 2)
        assert np.mean(np.abs(left[inside]) ** 2) < 0.01 * np.mean(np.abs(given[inside]) ** 2)
    before = round((start_s - 75 / 15.36e6) * rate_hz)
    assert np.array_equal(left[:before], given[:before])


def test_symbols_beyond_the_samples_are_left_alone() -> None:
    samples = np.ones(1000, np.complex64)
    take_out(samples, 20e6, Fit(1.0, 0.0, 1e3, (0.9, 0.9)))
    assert np.array_equal(samples, np.ones(1000, np.complex64))
