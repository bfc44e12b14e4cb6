from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta, kstest

from havik.signal.radio.channel import Segment
from havik.signal.radio.waveforms import noise
from havik.signal.radio.zadoff_chu import (
    LENGTH,
    RATE_HZ,
    SYMBOL,
    coherence,
    sequence,
    surprise,
    symbol,
)


@pytest.mark.parametrize("root", [600, 147])
def test_a_sequence_is_flat_and_orthogonal_to_its_shifts(root: int) -> None:
    values = sequence(root)
    assert np.allclose(np.abs(values), 1)
    correlation = np.abs(np.fft.ifft(np.abs(np.fft.fft(values)) ** 2))
    assert correlation[0] == pytest.approx(LENGTH)
    assert correlation[1:].max() < 1e-6


def test_a_symbol_is_found_where_it_is() -> None:
    rng = np.random.default_rng(3)
    wave = noise(rng, 5000, 1e-6)
    wave[1234 : 1234 + SYMBOL] += symbol(600) * 10
    level = coherence(wave, 600)
    assert int(np.argmax(level)) == 1234
    assert level[1234] == pytest.approx(1, abs=1e-3)
    assert coherence(wave, 147).max() < 0.2


def test_noise_gives_the_stated_distribution() -> None:
    """Coherence of band-limited noise is Beta(1, 599): the surprise's probability is true."""
    rng = np.random.default_rng(4)
    wide = noise(rng, 600_000)
    channel, _, _ = Segment(wide, 2 * RATE_HZ).channel(0.0, RATE_HZ, 600 * 15e3, whiten=True)
    level = coherence(channel, 600)[:: SYMBOL // 2]
    assert kstest(level, beta(1, 599).cdf).pvalue > 1e-3


def test_a_surprise_is_minus_the_logarithm_of_its_probability() -> None:
    assert surprise(np.full(1, 0.02, np.float32), 600)[0] == pytest.approx(
        -beta(1, 599).logsf(0.02)
    )


def test_too_few_samples_have_no_lags() -> None:
    assert len(coherence(np.zeros(SYMBOL - 1, np.complex64), 600)) == 0
