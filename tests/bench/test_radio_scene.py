from __future__ import annotations

import numpy as np

from havik.bench.radio_scene import NOISE_POWER, RATIOS_DB, TUNED_HZ, busy_scene

RATE_HZ, SECONDS = 61.44e6, 0.01


def test_each_emitter_stands_over_the_noise_in_its_own_band() -> None:
    wave = busy_scene(np.random.default_rng(1), RATE_HZ, SECONDS)
    assert len(wave) == round(RATE_HZ * SECONDS)
    frames = wave[: len(wave) // 1024 * 1024].reshape(-1, 1024)
    power = np.fft.fftshift(np.mean(np.abs(np.fft.fft(frames, norm="ortho")) ** 2, axis=0), axes=0)
    hertz = TUNED_HZ + (np.arange(1024) - 512) * RATE_HZ / 1024
    quiet = np.median(power[(hertz > 2461e6) & (hertz < 2470e6)])
    assert quiet < 1.5 * NOISE_POWER
    for middle_hz in (2433e6, 2437.5e6, 2447e6, 2453e6):  # in Wi-Fi's band, then in OcuSync's
        near = np.abs(hertz - middle_hz) < 1e6
        assert np.mean(power[near]) > 5 * NOISE_POWER


def test_there_is_one_of_each() -> None:
    assert list(RATIOS_DB) == ["wifi", "bluetooth", "elrs-2g4-500", "ocusync-10"]
