"""Simulated targets through the whole chain; what is expected is what was put in."""

from __future__ import annotations

import numpy as np
import pytest

from havik.signal.radar.angle import beam_angle_rad, music_angles_rad
from havik.signal.radar.chain import detect
from havik.signal.radar.cluster import cluster_peaks
from havik.signal.radar.cube import Chirp
from havik.signal.radar.waveforms import PointTarget, echo_cube, noise_cube

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


def test_targets_are_found_where_they_are() -> None:
    targets = [
        PointTarget(range_m=30.3, range_rate_m_s=4.1, azimuth_rad=0.3, amplitude=0.5),
        PointTarget(range_m=60.1, range_rate_m_s=-12.1, azimuth_rad=-0.4, amplitude=0.2),
    ]
    cube = noise_cube(CHIRP, np.random.default_rng(1)) + echo_cube(CHIRP, targets)
    found = detect(cube, CHIRP)
    assert len(found) == len(targets)
    for one, put in zip(found, targets, strict=True):
        assert one.range_m == pytest.approx(put.range_m, abs=0.05)
        assert one.range_rate_m_s == pytest.approx(put.range_rate_m_s, abs=0.03)
        assert one.azimuth_rad == pytest.approx(put.azimuth_rad, abs=0.03)


def test_noise_alone_gives_nothing() -> None:
    assert detect(noise_cube(CHIRP, np.random.default_rng(2)), CHIRP) == []


def test_what_stands_still_is_left_out_unless_asked_for() -> None:
    wall = PointTarget(range_m=20.0, amplitude=1.0)
    cube = noise_cube(CHIRP, np.random.default_rng(3)) + echo_cube(CHIRP, [wall])
    assert detect(cube, CHIRP) == []
    (still,) = detect(cube, CHIRP, moving_only=False)
    assert still.range_m == pytest.approx(20.0, abs=0.05)
    assert still.range_rate_m_s == pytest.approx(0.0, abs=0.03)


def test_clusters_hang_together_over_the_doppler_edge() -> None:
    power = np.zeros((6, 8), np.float32)
    for place, level in {(0, 3): 5, (5, 4): 7, (4, 4): 6, (2, 7): 4, (2, 0): 3}.items():
        power[place] = level
    peaks = cluster_peaks(power > 0, power).tolist()
    assert peaks == [[5, 4], [2, 7], [2, 0]]  # ranges do not wrap
    assert cluster_peaks(power > 9, power).shape == (0, 2)


@pytest.mark.parametrize("angle_rad", [-0.9, -0.2, 0.0, 0.5])
def test_one_target_points_where_it_is(angle_rad: float) -> None:
    wave = np.exp(1j * np.pi * np.sin(angle_rad) * np.arange(8)).astype(np.complex64)
    assert beam_angle_rad(wave, 0.5) == pytest.approx(angle_rad, abs=2e-3)


def test_music_tells_two_targets_apart_within_one_beam() -> None:
    rng = np.random.default_rng(4)
    angles = np.array([0.05, 0.2])  # a beam of eight antennas is 0.22 rad wide
    steering = np.exp(1j * np.pi * np.sin(angles) * np.arange(8)[:, None])
    parts = rng.standard_normal((2, 2, 200))
    noise = rng.standard_normal((2, 8, 200)) * 0.05
    waves = steering @ (parts[0] + 1j * parts[1]) + noise[0] + 1j * noise[1]
    np.testing.assert_allclose(music_angles_rad(waves.astype(np.complex64), 0.5, 2), angles,
                               atol=0.01)  # fmt: skip
