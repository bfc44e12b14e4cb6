"""Lines: both symbols at one start and one carrier."""

import numpy as np
import pytest

from havik.signal.radio.channel import Segment
from havik.signal.radio.ridges import fit_line, second_surprise
from havik.signal.radio.sweeps import SLOPE_HZ_S
from havik.signal.radio.waveforms import droneid_burst, noise, shifted

RATE_HZ = 20e6
ROOT_600_S = (80 + 3 * 1024 + 3 * 72) / 15.36e6
FIRST = 10_000


@pytest.mark.parametrize("later_s", [-15e-6, 0.0, 15e-6])
@pytest.mark.parametrize("carrier_hz", [0.0, 1.2345e6])
def test_a_line_tells_start_and_carrier(later_s: float, carrier_hz: float) -> None:
    """The window's offset moves the tone; the fit finds the start that belongs to it."""
    rng = np.random.default_rng(31)
    wave = noise(rng, 40_000, 0.1)
    burst = shifted(droneid_burst(RATE_HZ, rng), RATE_HZ, carrier_hz)
    wave[FIRST : FIRST + len(burst)] += burst
    start_s = FIRST / RATE_HZ + ROOT_600_S
    tone_hz = carrier_hz + SLOPE_HZ_S * later_s
    fit = fit_line(Segment(wave, RATE_HZ), start_s - later_s, tone_hz, 15e6, whiten=False)
    assert fit is not None
    assert fit.start_s == pytest.approx(start_s, abs=0.05e-6)
    assert fit.carrier_hz == pytest.approx(carrier_hz, abs=10e3)
    assert min(fit.shares) > 0.7
    assert second_surprise(Segment(wave, RATE_HZ), start_s - later_s + 2192 / 15.36e6, tone_hz,
                           15e6) > 300  # fmt: skip


def test_noise_has_no_second_symbol_and_a_short_segment_no_line() -> None:
    segment = Segment(noise(np.random.default_rng(32), 40_000), RATE_HZ)
    assert second_surprise(segment, 1e-3, 0.0, 15e6) < 20
    assert fit_line(segment, 1.9e-3, 0.0, 15e6, whiten=False) is None
    assert fit_line(segment, 0.0, 0.0, 15e6, whiten=False) is None
