from __future__ import annotations

import numpy as np
import pytest

from havik.signal.radio.channel import Segment
from havik.signal.radio.iq import Samples
from havik.signal.radio.waveforms import noise, shifted
from havik.signal.radio.zadoff_chu import RATE_HZ, SYMBOL, symbol
from havik.signal.radio.zc_pair import SPACING, Pair, find_pairs, threshold

FREEDOM = 800.0
LENGTH = 20_000


def pair_in_noise(
    rng: np.random.Generator, at: int, gains: tuple[float, float], *, offset_hz: float = 0.0,
    spacing: int = SPACING,
) -> Samples:  # fmt: skip
    """Both symbols in 12 MHz of noise; a gain of 1 is 0 dB in the symbol's 9 MHz."""
    white = noise(rng, LENGTH)
    wave, _, _ = Segment(white, RATE_HZ).channel(0.0, RATE_HZ, 12e6)
    for root, first, gain in ((600, at, gains[0]), (147, at + spacing, gains[1])):
        sent = shifted(symbol(root), RATE_HZ, offset_hz) * np.float32(np.sqrt(600) * gain)
        wave[first : first + SYMBOL] += sent
    return wave


def found(wave: Samples) -> list[Pair]:
    return list(find_pairs(wave, FREEDOM))


@pytest.mark.parametrize("offset_hz", [0.0, 7.5e3, -45e3, 600e3, -1.2e6])
def test_both_symbols_at_their_distance_are_a_pair(offset_hz: float) -> None:
    rng = np.random.default_rng(31)
    (pair,) = found(pair_in_noise(rng, 5000, (2, 2), offset_hz=offset_hz))
    assert abs(pair.at - 5000) <= 1
    assert pair.offset_hz == pytest.approx(offset_hz, abs=7.5e3)
    assert min(pair.coherences) > 0.5


NO_PAIRS = [
    ("root 600 alone", (3, 0), SPACING),
    ("root 147 alone", (0, 3), SPACING),
    ("one far weaker", (10, 0.3), SPACING),
    ("next to each other", (3, 3), SYMBOL + 72),
]


@pytest.mark.parametrize(("what", "gains", "spacing"), NO_PAIRS, ids=[row[0] for row in NO_PAIRS])
def test_what_is_no_pair(what: str, gains: tuple[float, float], spacing: int) -> None:
    wave = pair_in_noise(np.random.default_rng(32), 5000, gains, spacing=spacing)
    assert found(wave) == [], what


def test_noise_gives_no_pair_in_half_a_second_of_a_channel() -> None:
    """The stated rate is one in ten seconds."""
    rng = np.random.default_rng(33)
    for _ in range(10):
        white = noise(rng, int(0.05 * RATE_HZ))
        wave, _, _ = Segment(white, RATE_HZ).channel(0.0, RATE_HZ, 12e6, whiten=True)
        assert found(wave) == []


def test_the_threshold_solves_its_equation() -> None:
    """(1 + s) exp(-s) = rate / hypotheses: 15,360 starts a millisecond, 426 offsets."""
    level = threshold()
    assert (1 + level) * np.exp(-level) * 15_360 * 426 == pytest.approx(1e-4, rel=0.02)


def test_a_very_strong_pair_is_placed_by_both_its_symbols() -> None:
    """Root 600 fits better a little beside, where its time is a whole sample; 147 does not."""
    rng = np.random.default_rng(34)
    for fraction in (0.3, 0.5, 0.7):
        fine = pair_in_noise(rng, 5000, (50, 50), offset_hz=525e3)
        spectrum = np.fft.fft(fine)
        spectrum *= np.exp(-2j * np.pi * fraction * np.fft.fftfreq(len(fine)))
        (pair,) = found(np.fft.ifft(spectrum).astype(np.complex64))
        assert pair.offset_hz == pytest.approx(525e3, abs=15e3), fraction
        assert abs(pair.at - 5000 - fraction) <= 1.5, fraction


def test_two_bursts_without_a_pause_are_two_pairs() -> None:
    rng = np.random.default_rng(35)
    burst = 9 * (SYMBOL + 72) + 16
    wave = pair_in_noise(rng, 4000, (30, 30))
    other = pair_in_noise(rng, 4000 + burst + 1000, (30, 30))
    wave += noise(rng, LENGTH, 100)  # data symbols all the time
    assert sorted(pair.at for pair in found(wave + other)) == pytest.approx(
        [4000, 4000 + burst + 1000], abs=1
    )


def test_too_few_samples_have_no_pair() -> None:
    assert found(np.zeros(100, np.complex64)) == []
    assert found(np.zeros(SPACING + 100, np.complex64)) == []
