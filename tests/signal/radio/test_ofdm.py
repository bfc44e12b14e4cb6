from __future__ import annotations

import numpy as np
import pytest

from havik.signal.radio.iq import Samples
from havik.signal.radio.ofdm import lag_coherence, prefix_coherence, short_training
from havik.signal.radio.waveforms import lte_like, noise, wifi_like

LTE_RATE_HZ, WIFI_RATE_HZ = 15.36e6, 20e6


def tone(samples: int, turns: float = 0.013) -> Samples:
    wave: Samples = np.exp(2j * np.pi * turns * np.arange(samples)).astype(np.complex64)
    return wave


def test_coherence_is_the_sum_it_says() -> None:
    wave = noise(np.random.default_rng(1), 60)
    lag, window = 7, 12
    found = lag_coherence(wave, lag, window)
    assert found.shape == (60 - lag - window + 1,)
    for at in (0, 20, len(found) - 1):
        early, late = wave[at : at + window], wave[at + lag : at + lag + window]
        energy = np.sum(np.abs(early) ** 2) + np.sum(np.abs(late) ** 2)
        assert found[at] == pytest.approx(2 * abs(np.vdot(early, late)) / energy, rel=1e-4)


def test_too_few_samples_and_silence_have_no_coherence() -> None:
    assert len(lag_coherence(tone(18), 7, 12)) == 0
    assert lag_coherence(np.zeros(40, np.complex64), 7, 12).max() == 0
    assert short_training(tone(100)) == 0
    assert prefix_coherence(tone(3000), 1024, 72) == 0


@pytest.mark.parametrize("snr_db", [30, 3])
def test_training_is_plain_in_wifi(snr_db: float) -> None:
    """At signal to noise S the coherence is S / (1 + S): 0.67 at 3 dB."""
    rng = np.random.default_rng(2)
    snr = 10 ** (snr_db / 10)
    wave = noise(rng, 5000, 1 / snr)
    frame = wifi_like(WIFI_RATE_HZ, rng, 20)
    wave[700 : 700 + len(frame)] += frame
    assert short_training(wave) > 0.85 * snr / (1 + snr)


@pytest.mark.parametrize("name", ["noise", "tone", "lte", "wifi's data"])
def test_training_is_nowhere_else(name: str) -> None:
    rng = np.random.default_rng(3)
    wave = {
        "noise": noise(rng, 60_000),
        "tone": tone(60_000),
        "lte": lte_like(WIFI_RATE_HZ, rng, 6),
        "wifi's data": wifi_like(WIFI_RATE_HZ, rng, 300)[400:],
    }[name]
    assert short_training(wave) < 0.45


@pytest.mark.parametrize("start", [0, 500, 1000])
def test_prefixes_are_plain_in_lte(start: int) -> None:
    wave = lte_like(LTE_RATE_HZ, np.random.default_rng(4), 6)[start:]
    assert prefix_coherence(wave, 1024, 72) > 0.7


@pytest.mark.parametrize("name", ["noise", "tone", "wifi", "two symbols"])
def test_prefixes_are_nowhere_else(name: str) -> None:
    rng = np.random.default_rng(5)
    wave = {
        "noise": noise(rng, 46_000),
        "tone": tone(46_000),
        "wifi": wifi_like(LTE_RATE_HZ, rng, 700),
        "two symbols": lte_like(LTE_RATE_HZ, rng, 1)[:2300],
    }[name]
    assert prefix_coherence(wave, 1024, 72) < 0.1
