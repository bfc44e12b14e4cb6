from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import gamma, kstest

from havik.signal.radio.spectrum import (
    AVERAGED,
    BATCH,
    TONE_FALSE_ALARM,
    bins_for,
    is_tone,
    noise_floor,
    power_cells,
    spurs,
)
from havik.signal.radio.waveforms import noise, shifted


@pytest.mark.parametrize(
    ("rate_hz", "bins"),
    [(10e6, 256), (15.36e6, 256), (20e6, 512), (50e6, 1024), (61.44e6, 1024), (1e5, 16)],
)
def test_bins_are_about_50_khz_wide(rate_hz: float, bins: int) -> None:
    assert bins_for(rate_hz) == bins


@pytest.mark.parametrize("column", [0, 3, 128, 200, 255])
def test_a_full_scale_tone_has_power_1_in_its_bin(column: int) -> None:
    rate_hz, bins = 10e6, 256
    tone = shifted(np.ones(bins * 40, np.complex64), rate_hz, (column - bins / 2) * rate_hz / bins)
    cells = power_cells(tone, bins)
    assert cells.shape == (10, bins)
    assert np.allclose(cells[:, column], 1, atol=1e-3)
    assert np.argmax(cells[0]) == column


def test_noise_gives_the_stated_distribution() -> None:
    """A Hann window of sum 1 lets 1.5 / bins of white noise's power through (Harris, 1978)."""
    cells = power_cells(noise(np.random.default_rng(5), 64 * 4 * 400, 2.0), 64)[:, 10]
    assert kstest(cells * AVERAGED / (2.0 * 1.5 / 64), gamma(AVERAGED).cdf).pvalue > 1e-3


@pytest.mark.parametrize("rows", [0, 1, BATCH // AVERAGED, BATCH // AVERAGED + 1, 100])
def test_cells_that_are_not_full_are_left_out(rows: int) -> None:
    wave = noise(np.random.default_rng(6), rows * AVERAGED * 64 + 200)
    cells = power_cells(wave, 64)
    assert cells.shape == (rows, 64)
    alone = [power_cells(wave[n * 256 : (n + 1) * 256], 64)[0] for n in range(rows)]
    assert np.array_equal(cells, np.reshape(alone, (rows, 64)))


def test_silence_has_a_floor_above_nothing() -> None:
    floor, steady = noise_floor(np.zeros((20, 64), np.float32), 50e3)
    assert floor.min() > 0
    assert np.array_equal(floor, steady)


def test_a_floor_of_few_rows_is_not_biased() -> None:
    rng = np.random.default_rng(7)
    for rows in (5, 12, 50, 245):
        cells = power_cells(noise(rng, rows * AVERAGED * 512), 512)
        floor, _ = noise_floor(cells, 50e3)
        assert floor.mean() == pytest.approx(1.5 / 512, rel=0.08), rows


def test_few_rows_and_a_full_band_have_no_spurs() -> None:
    floor = np.ones(100, np.float32)
    steady = floor.copy()
    steady[40:42] = 100
    assert spurs(floor, steady, 11) == []
    assert spurs(floor, steady, 12) == [(40, 42)]
    steady[::10] = 100
    assert spurs(floor, steady, 100) == []


def test_noise_is_no_tone_more_often_than_stated() -> None:
    rng = np.random.default_rng(8)
    for rows in (12, 30, 245):
        cells = rng.gamma(AVERAGED, size=(4000, rows, 1)).astype(np.float32)
        assert sum(is_tone(one) for one in cells) <= 4 * TONE_FALSE_ALARM * len(cells)


@pytest.mark.parametrize("rows", [25, 200])
def test_a_tone_is_one_though_bursts_pass_over_it(rows: int) -> None:
    rng = np.random.default_rng(9)
    wave = noise(rng, rows * AVERAGED * 256, 0.1)
    wave += np.complex64(0.2) * shifted(np.ones(len(wave), np.complex64), 256.0, 20.0)
    cells = power_cells(wave, 256)[:, 146:151]
    assert is_tone(cells)
    cells[: rows // 4] += rng.gamma(AVERAGED, 50, (rows // 4, 5)).astype(np.float32)
    assert is_tone(cells)
    assert not is_tone(cells[:10])
