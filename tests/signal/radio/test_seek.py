"""Bursts sought in noise, beside stronger ones and where there are none."""

import numpy as np
import pytest

from havik.signal.radio.iq import Samples
from havik.signal.radio.seek import LIVE, THOROUGH, Depth, seek_bursts, threshold
from havik.signal.radio.waveforms import droneid_burst, gfsk, lte_like, noise, shifted, wifi_like

RATE_HZ = 20e6
RANGE_HZ = ((-5.5e6, 5.5e6),)


def put(wave: Samples, part: Samples, start_s: float, snr_db: float) -> None:
    """Add `part`, whose ratio in 9 MHz of unit noise is given."""
    first = round(start_s * RATE_HZ)
    wave[first : first + len(part)] += part * np.float32(
        np.sqrt(10 ** (snr_db / 10) * 9.015e6 / RATE_HZ)
    )


@pytest.mark.parametrize("apart_s", [0.0, 30e-6, 71.35e-6, 300e-6])
@pytest.mark.parametrize("apart_hz", [0.25e6, 2e6])
def test_the_weaker_of_two_that_overlap_is_found(apart_s: float, apart_hz: float) -> None:
    """The stronger one is 10 dB above; its side lobes and its data cover the weaker."""
    rng = np.random.default_rng(21)
    wave = noise(rng, int(4e-3 * RATE_HZ))
    put(wave, shifted(droneid_burst(RATE_HZ, rng), RATE_HZ, 1e6), 1e-3, 10)
    put(wave, shifted(droneid_burst(RATE_HZ, rng), RATE_HZ, 1e6 - apart_hz), 1e-3 + apart_s, 0)
    found = seek_bursts(wave, RATE_HZ, RANGE_HZ, LIVE)
    carriers = sorted((round(one.start_s, 6), round(one.carrier_hz / 1e5) / 10) for one in found)
    expected = sorted([(1e-3, 1.0), (round(1e-3 + apart_s, 6), 1 - apart_hz / 1e6)])
    assert [s for s, _ in carriers] == pytest.approx([s for s, _ in expected], abs=1.5e-6)
    assert sorted(c for _, c in carriers) == pytest.approx(sorted(c for _, c in expected), abs=0.1)


@pytest.mark.parametrize("depth", [LIVE, THOROUGH])
def test_what_is_no_burst_gives_none(depth: Depth) -> None:
    rng = np.random.default_rng(22)
    wave = noise(rng, int(6e-3 * RATE_HZ))
    put(wave, lte_like(RATE_HZ, rng, 2), 0.5e-3, 20)
    put(wave, wifi_like(RATE_HZ, rng, 100), 2e-3, 25)
    put(wave, shifted(gfsk(RATE_HZ, rng, bits=366), RATE_HZ, 3e6), 3e-3, 30)
    sweep = np.arange(int(1e-3 * RATE_HZ)) / RATE_HZ
    chirp = np.exp(-1j * np.pi * 9.015e6 * 15e3 * (sweep % (1 / 15e3)) ** 2).astype(np.complex64)
    put(wave, chirp, 4.5e-3, 20)
    assert seek_bursts(wave, RATE_HZ, RANGE_HZ, depth) == []


def test_the_threshold_leaves_the_false_alarms_that_are_stated() -> None:
    """(1 + s) exp(-s) of two starts a sample and two carriers in each 15 kHz."""
    level = threshold(50e6)
    places = 15_360 * 2 * (50e6 - 9.015e6) / 15e3
    assert places * (1 + level) * np.exp(-level) == pytest.approx(5e-4, rel=0.01)


@pytest.mark.parametrize("wave", [np.zeros(50_000, np.complex64), np.ones(50_000, np.complex64)])
def test_silence_and_a_carrier_have_none(wave: Samples) -> None:
    assert seek_bursts(wave, RATE_HZ, RANGE_HZ, THOROUGH) == []
