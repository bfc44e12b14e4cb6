"""The range-Doppler picture shows a target where it was put, and nothing where nothing is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.image import imread

from havik.gateway.offline.radar_pictures import draw_range_doppler
from havik.signal.radar.chain import detect
from havik.signal.radar.cube import Chirp, Cube
from havik.signal.radar.range_doppler import power_map, spectra
from havik.signal.radar.waveforms import PointTarget, echo_cube, noise_cube

CHIRP = Chirp(
    start_hz=77e9,
    slope_hz_s=60e12,
    sample_rate_hz=10e6,
    samples=128,
    chirps=64,
    chirp_interval_s=60e-6,
)


def test_a_receding_target_is_ringed_above_the_middle(tmp_path: Path) -> None:
    target = PointTarget(range_m=6.0, range_rate_m_s=8.0)
    cube = noise_cube(CHIRP, np.random.default_rng(1)) + echo_cube(CHIRP, [target])
    red = _red(cube, tmp_path / "one.png")
    rows, columns = np.nonzero(red)
    high, wide = red.shape
    # A quarter of 25 m and a quarter above the middle of +-16 m/s, inside the margins.
    assert 0.2 < np.min(rows) / high < 0.35
    assert 0.2 < np.min(columns) / wide < 0.3


def test_noise_is_ringed_nowhere(tmp_path: Path) -> None:
    assert not _red(noise_cube(CHIRP, np.random.default_rng(2)), tmp_path / "none.png").any()


def test_real_frames_hold_a_pair_of_movers_at_one_range(recordings: Path, tmp_path: Path) -> None:
    """Their chirps are not known: bins, not metres. The samples are int16, stored as unsigned."""
    stored = np.load(recordings / "radar/doppler_example.npy")
    parts = np.stack([stored.real, stored.imag], axis=-1).astype(np.uint16).astype(np.int16)
    cube = np.ascontiguousarray(parts.astype(np.float32)).view(np.complex64)[..., 0][None]
    chirp = Chirp(start_hz=77e9, slope_hz_s=60e12, sample_rate_hz=10e6, samples=256, chirps=128,
                  chirp_interval_s=60e-6)  # fmt: skip
    one, other, *_ = detect(cube, chirp)
    assert abs(one.range_m - other.range_m) < chirp.range_bin_m
    assert one.range_rate_m_s * other.range_rate_m_s < 0
    assert min(one.snr_db, other.snr_db) > 35
    draw_range_doppler(power_map(spectra(cube)), chirp, [one, other], tmp_path / "real.png")


def _red(cube: Cube, png: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    draw_range_doppler(power_map(spectra(cube)), CHIRP, detect(cube, CHIRP), png)
    picture = np.asarray(imread(png))
    return (picture[..., 0] > 0.9) & (picture[..., 1] < 0.4) & (picture[..., 2] < 0.4)
