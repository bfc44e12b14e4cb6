from __future__ import annotations

import numpy as np
import pytest
from scipy.fft import next_fast_len

from havik.signal.radio.channel import GRID_RATE_HZ, Segment
from havik.signal.radio.iq import Samples
from havik.signal.radio.waveforms import noise, shifted

RATES_HZ = [10e6, 15.36e6, 20e6, 30.72e6, 50e6, 56e6, 61.44e6]


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_tone_comes_out_where_it_was_and_as_strong(rate_hz: float) -> None:
    samples = int(1.1e-3 * rate_hz)
    wave = shifted(np.full(samples, 0.5, np.complex64), rate_hz, 1.3e6)
    channel, out_hz, center_hz = Segment(wave, rate_hz).channel(1e6, GRID_RATE_HZ, 8e6)
    assert out_hz == pytest.approx(GRID_RATE_HZ, rel=1e-4)
    assert len(channel) == pytest.approx(1.1e-3 * out_hz, abs=2)
    middle = channel[500:-500]
    expected = shifted(np.full(len(middle), 0.5, np.complex64), out_hz, 1.3e6 - center_hz)
    turn = np.vdot(expected, middle) / np.vdot(expected, expected)
    assert abs(turn) == pytest.approx(1, abs=0.01)
    assert np.abs(middle - expected * turn).max() < 0.02


def test_time_is_kept() -> None:
    wave = np.zeros(50_000, np.complex64)
    wave[20_000] = 1
    channel, out_hz, _ = Segment(wave, 50e6).channel(0.0, 10e6, 9e6)
    assert int(np.argmax(np.abs(channel))) / out_hz == pytest.approx(400e-6, abs=0.1e-6)


@pytest.mark.parametrize("offset_hz", [-5.5e6, 5.5e6])
def test_what_is_outside_the_bandwidth_is_gone(offset_hz: float) -> None:
    wave = shifted(np.ones(40_000, np.complex64), 20e6, offset_hz)
    channel, _, _ = Segment(wave, 20e6).channel(0.0, 15.36e6, 10e6)
    assert np.abs(channel[500:-500]).max() < 0.02


def test_the_band_does_not_wrap_round_its_edges() -> None:
    wave = shifted(np.ones(40_000, np.complex64), 20e6, -9.9e6)
    channel, _, _ = Segment(wave, 20e6).channel(9e6, 15.36e6, 12e6)
    assert np.abs(channel[500:-500]).max() < 0.05


def test_whitening_takes_a_tone_away_and_little_else() -> None:
    wave = noise(np.random.default_rng(6), 60_000)
    tone = 30 * shifted(np.ones(len(wave), np.complex64), 20e6, 2.5e6)  # 30 dB over all the noise
    alone, beside, plain = (
        Segment(samples, 20e6).channel(0.0, 15.36e6, 12e6, whiten=whiten)[0][4000:-4000]
        for samples, whiten in ((wave, True), (wave + tone, True), (wave + tone, False))
    )
    assert likeness(alone, beside) > 0.95
    assert likeness(alone, plain) < 0.1


def likeness(one: Samples, other: Samples) -> float:
    return float(abs(np.vdot(one, other)) / np.linalg.norm(one) / np.linalg.norm(other))


def test_silence_and_one_sample_stay_finite() -> None:
    for wave in (np.zeros(1000, np.complex64), np.ones(1, np.complex64)):
        for whiten in (True, False):
            channel, _, _ = Segment(wave, 20e6).channel(3e6, 15.36e6, 10e6, whiten=whiten)
            assert np.isfinite(channel).all()


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_lengths_are_fast_to_transform(rate_hz: float) -> None:
    segment = Segment(np.ones(123_457, np.complex64), rate_hz)
    _, out_hz, _ = segment.channel(0.0, GRID_RATE_HZ, 9e6)
    size = round(out_hz * segment.duration_s)
    assert next_fast_len(size) <= size * 1.02
