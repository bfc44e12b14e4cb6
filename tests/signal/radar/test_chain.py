"""Simulated targets through the whole chain; what is expected is what was put in."""

from __future__ import annotations

import math

import numpy as np
import pytest

from havik.signal.radar.angle import beam_angle_rad, music_angles_rad
from havik.signal.radar.chain import detect
from havik.signal.radar.cluster import MOST_WALKED, cluster_peaks
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
    peaks = cluster_peaks(np.flatnonzero(power > 0), power).tolist()
    assert peaks == [[5, 4], [2, 7], [2, 0]]  # ranges do not wrap
    assert cluster_peaks(np.flatnonzero(power > 9), power).shape == (0, 2)


def test_many_cells_cluster_as_few_do() -> None:
    power = np.random.default_rng(9).exponential(size=(40, 50)).astype(np.float32)
    cells = np.flatnonzero(power > 2.5)[:MOST_WALKED]
    apart = np.zeros((80, 200), np.float32)  # the same cells, and lone ones that make them many
    apart[:40, :50] = power
    apart[60:80:2, 100::4] = 1e-3
    apart[41:59] = 0
    rows, columns = cells // 50, cells % 50
    kept = rows > 0  # the small map's edges touch, the large one's do not
    many = np.concatenate([rows[kept] * 200 + columns[kept], np.flatnonzero(apart == 1e-3)])
    few = cluster_peaks(cells[kept], power).tolist()
    assert cluster_peaks(np.sort(many), apart).tolist()[: len(few)] == few


def test_errors_keep_to_the_covariance() -> None:
    """Forty targets of 19 dB: squared errors in units of the variance told average 1."""
    rng = np.random.default_rng(10)
    amplitude = math.sqrt(10**1.9 / math.prod(CHIRP.shape))
    shares: list[tuple[float, float, float]] = []
    for _ in range(40):
        range_m, rate_m_s, azimuth_rad = rng.uniform((20, 2, -0.5), (70, 11, 0.5)).tolist()
        put = PointTarget(range_m=range_m, range_rate_m_s=rate_m_s, azimuth_rad=azimuth_rad,
                          amplitude=amplitude)  # fmt: skip
        found = detect(noise_cube(CHIRP, rng) + echo_cube(CHIRP, [put]), CHIRP, false_alarm=1e-5)
        for one in found[:1]:
            assert one.azimuth_rad is not None
            assert one.azimuth_sigma_rad is not None
            shares.append((
                (one.range_m - range_m) ** 2 / one.covariance[0],
                (one.range_rate_m_s - rate_m_s) ** 2 / one.covariance[2],
                ((one.azimuth_rad - azimuth_rad) / one.azimuth_sigma_rad) ** 2,
            ))  # fmt: skip
    assert len(shares) >= 38
    # the bound of 1.5 sigma is 2.25; a mean of 40 squares of a unit normal scatters by 0.22
    assert (np.mean(shares, axis=0) < 2.25).all()
    assert (np.mean(shares, axis=0) > 0.4).all()


def test_a_weak_target_beside_a_strong_one_stays_where_it_is() -> None:
    strong = PointTarget(
        range_m=30.0, range_rate_m_s=6.0, amplitude=1.0
    )  # without a window it leaks
    weak = PointTarget(range_m=34.9, range_rate_m_s=6.0, amplitude=0.03)
    cube = noise_cube(CHIRP, np.random.default_rng(11)) + echo_cube(CHIRP, [strong, weak])
    found = detect(cube, CHIRP)
    near = [one for one in found if abs(one.range_m - weak.range_m) < 0.5]
    assert [one.range_m for one in near] == [pytest.approx(weak.range_m, abs=0.1)]


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
