from __future__ import annotations

import numpy as np
import pytest

from havik.signal.radio.boxes import cell_threshold, find_boxes, smoothed
from havik.signal.radio.spectrum import bins_for, noise_floor, power_cells, spurs
from havik.signal.radio.waveforms import gfsk, noise, shifted


@pytest.mark.parametrize("rate_hz", [4e6, 10e6, 20e6, 50e6])
def test_noise_alarms_at_the_stated_rate_within_a_factor_of_two(rate_hz: float) -> None:
    rng = np.random.default_rng(11)
    bins, above, cells = bins_for(rate_hz), 0, 0
    for _ in range(10):
        power = power_cells(noise(rng, int(rate_hz * 20e-3)), bins)
        floor, _ = noise_floor(power, rate_hz / bins)
        ratio = smoothed(power / floor)
        above += int(np.count_nonzero(ratio > cell_threshold(1e-3)))
        cells += ratio.size
    assert 0.5e-3 < above / cells < 2e-3


def test_the_floor_follows_the_spectrum_and_passes_bursts_by() -> None:
    rng = np.random.default_rng(12)
    wave = noise(rng, 400_000)
    spectrum = np.fft.fft(wave)
    spectrum *= np.sqrt(np.fft.ifftshift(np.linspace(1, 10, len(spectrum))))  # a sloping receiver
    wave = np.fft.ifft(spectrum).astype(np.complex64)
    wave[100_000:180_000] += noise(rng, 80_000, 1000)
    floor, _ = noise_floor(power_cells(wave, 512), 20e6 / 512)
    truth = np.linspace(1, 10, 512)
    wrong_db = 10 * np.log10(floor / floor.mean() * truth.mean() / truth)
    assert np.abs(wrong_db[20:-20]).max() < 1.5


def test_a_burst_is_boxed_where_it_is() -> None:
    rng = np.random.default_rng(13)
    rate_hz = 20e6
    burst = shifted(gfsk(rate_hz, rng, bits=400), rate_hz, 4e6)
    wave = noise(rng, 200_000, 0.1)
    wave[60_000 : 60_000 + len(burst)] += burst
    power = power_cells(wave, 512)
    floor, _ = noise_floor(power, rate_hz / 512)
    (box,), left_out = find_boxes(power / floor, rate_hz / 512)
    row_s = 4 * 512 / rate_hz
    assert left_out == 0
    assert box.first_row * row_s == pytest.approx(3e-3, abs=2 * row_s)
    assert box.last_row * row_s == pytest.approx(3.4e-3, abs=2 * row_s)
    middle_hz = ((box.first_bin + box.last_bin - 1) / 2 - 256) * rate_hz / 512
    assert middle_hz == pytest.approx(4e6, abs=100e3)
    assert 0.5e6 < box.bins * rate_hz / 512 < 2e6


def test_a_steady_tone_is_a_spur_and_noise_has_none() -> None:
    rng = np.random.default_rng(14)
    wave = noise(rng, 200_000)
    floor, steady = noise_floor(power_cells(wave, 256), 10e6 / 256)
    assert spurs(floor, steady, 195) == []
    wave += np.complex64(1) * np.exp(2j * np.pi * 0.1 * np.arange(len(wave))).astype(np.complex64)
    floor, steady = noise_floor(power_cells(wave, 256), 10e6 / 256)
    ((first, last),) = spurs(floor, steady, 195)
    assert first <= 128 + 25.6 <= last
    assert last - first <= 4


def test_no_samples_have_no_boxes() -> None:
    empty = power_cells(np.zeros(100, np.complex64), 512)
    assert empty.shape == (0, 512)
    assert find_boxes(empty, 1.0) == ([], 0)
