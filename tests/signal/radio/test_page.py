from __future__ import annotations

import numpy as np
import pytest

from havik.signal.radio.classify import Emission
from havik.signal.radio.iq import Samples
from havik.signal.radio.page import Page, PageReader
from havik.signal.radio.spectrum import AVERAGED, bins_for
from havik.signal.radio.waveforms import droneid_burst, gfsk, noise, shifted

RATE_HZ = 20e6
ROW = AVERAGED * bins_for(RATE_HZ)
OWN, OVERLAP = 195 * ROW, 15 * ROW


def read(wave: Samples) -> list[list[Emission]]:
    """The emissions of each page of a stream of two."""
    reader = PageReader(RATE_HZ, 0.0, thorough=False)
    first = Page(wave[: OWN + OVERLAP], 0, OWN, 0)
    second = Page(wave[OWN:], OWN, len(wave) - OWN, OVERLAP)
    return [reader.read(first), reader.read(second), reader.close()]


def heard(start_s: float, wave: Samples, power: float = 1.0) -> Samples:
    rng = np.random.default_rng(71)
    stream = noise(rng, 2 * OWN)
    first = round(start_s * RATE_HZ)
    stream[first : first + len(wave)] += wave * np.complex64(np.sqrt(power))
    return stream


@pytest.mark.parametrize("symbols", [9, 8])
@pytest.mark.parametrize(
    "before_s", [0.7e-3, 0.3e-3, 0.08e-3, 0.03e-3, 0, -0.05e-3, -0.7e-3, -2e-3]
)
def test_a_burst_near_the_edge_is_told_by_one_page(before_s: float, symbols: int) -> None:
    start_s = OWN / RATE_HZ - before_s
    burst = droneid_burst(RATE_HZ, np.random.default_rng(72), symbols=symbols)
    first, second, _ = read(heard(start_s, burst))
    told = [one for one in first + second if one.family == "drone"]
    assert [one.start_s for one in told] == pytest.approx([start_s], abs=1e-6)
    assert [one.evidence["symbols"] for one in told] == [symbols]
    assert before_s == 0 or bool(first) == (before_s > 0)


@pytest.mark.parametrize("before_s", [3e-3, 1e-3, 0.3e-3, -0.5e-3, -3e-3])
def test_an_emission_near_the_edge_is_told_by_one_page(before_s: float) -> None:
    start_s = OWN / RATE_HZ - before_s
    wave = shifted(gfsk(RATE_HZ, np.random.default_rng(73), bits=600), RATE_HZ, 3e6)
    first, second, _ = read(heard(start_s, wave, 10))
    (one,) = first + second
    assert one.start_s == pytest.approx(start_s, abs=0.05e-3)
    assert one.duration_s == pytest.approx(0.6e-3, abs=0.1e-3)
    assert one.center_hz == pytest.approx(3e6, abs=0.1e6)
    assert one.snr_db == pytest.approx(10 * np.log10(10 * 20 / one.bandwidth_hz * 1e6), abs=1.5)


def test_what_a_burst_explains_gets_no_box() -> None:
    """Nor does what its amplifier adds beside it, 25 dB below."""
    rng = np.random.default_rng(74)
    burst = droneid_burst(RATE_HZ, rng)
    burst += np.complex64(0.06) * burst * np.abs(burst) ** 2
    first, second, _ = read(heard(5e-3, burst, 1000))
    assert [one.label for one in first] == ["dji-droneid"]
    assert second == []


def test_a_carrier_over_both_pages_is_told_at_the_end() -> None:
    tone = shifted(np.ones(2 * OWN, np.complex64), RATE_HZ, -4e6)
    first, second, rest = read(heard(0.0, tone, 0.5))
    assert first + second == []
    (one,) = rest
    assert one.label == "carrier"
    assert one.center_hz == pytest.approx(-4e6, abs=40e3)
    assert one.duration_s == pytest.approx(2 * OWN / RATE_HZ, rel=0.01)


def test_a_band_that_is_too_narrow_for_a_burst_is_read_all_the_same() -> None:
    reader = PageReader(2e6, 0.0, thorough=True)
    wave = noise(np.random.default_rng(75), 40_000)
    wave[10_000:12_000] += np.complex64(9)
    (one,) = reader.read(Page(wave, 0, len(wave), 0))
    assert one.label == "unknown"
    assert one.start_s == pytest.approx(5e-3, abs=0.2e-3)
