from __future__ import annotations

import pytest

from havik.signal.radar.cube import Chirp

# 77 GHz, 400 MHz in 256 samples, 10 ms of 128 chirps
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


def test_a_chirp_gives_the_scales_of_its_cube() -> None:
    assert CHIRP.shape == (4, 128, 256)
    assert CHIRP.bandwidth_hz == pytest.approx(400e6)
    assert CHIRP.center_hz == pytest.approx(77e9)
    assert CHIRP.wavelength_m == pytest.approx(3.8934e-3, rel=1e-4)
    assert CHIRP.range_bin_m == pytest.approx(0.37474, rel=1e-4)  # c / 2B
    assert CHIRP.speed_bin_m_s == pytest.approx(0.19467, rel=1e-4)  # wavelength / 2T
    assert CHIRP.speed_span_m_s == pytest.approx(128 * 0.19467, rel=1e-4)
    assert CHIRP.range_shift_s == pytest.approx(77e9 / (400e6 / 25.6e-6))
