from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from havik.signal.radio.iq import Samples
from havik.signal.radio.regions import Region, find_regions, looks, places_above
from havik.signal.radio.spectrum import AVERAGED, Cells, bins_for, noise_floor, power_cells
from havik.signal.radio.waveforms import droneid_burst, noise, shifted, wifi_like

RATE_HZ = 20e6
BINS = bins_for(RATE_HZ)
ROW_S = AVERAGED * BINS / RATE_HZ


def over_floor(wave: Samples, rate_hz: float = RATE_HZ) -> Cells:
    bins = bins_for(rate_hz)
    cells = power_cells(wave, bins)
    floor, _ = noise_floor(cells, rate_hz / bins)
    ratio: Cells = cells / floor
    return ratio


@pytest.mark.parametrize(("spread", "power"), [(0.03, 1.0), (1.0, 0.01)])
@pytest.mark.parametrize("rate_hz", [15.36e6, 20e6, 61.44e6])
def test_noise_marks_places_at_the_stated_rate_within_a_factor_of_two(
    rate_hz: float, spread: float, power: float
) -> None:
    rng = np.random.default_rng(21)
    marked = places = 0
    for _ in range(12):
        ratio = over_floor(noise(rng, int(rate_hz * 20e-3)), rate_hz)
        row_s = AVERAGED * bins_for(rate_hz) / rate_hz
        above = places_above(ratio, rate_hz, row_s, thorough=True,
                             spread_false_alarm=spread, power_false_alarm=power)  # fmt: skip
        marked += int(np.count_nonzero(above))
        places += above.size
    assert 0.5 < marked / places / min(spread, power) < 2


@pytest.mark.parametrize("thorough", [True, False])
@pytest.mark.parametrize("snr_db", [-8, 0, 30])
@pytest.mark.parametrize("start_s", [0.0, 7.03e-3, 19.0e-3])
def test_a_burst_is_inside_a_region(start_s: float, snr_db: float, thorough: bool) -> None:
    rng = np.random.default_rng(22)
    wave = noise(rng, int(20e-3 * RATE_HZ))
    gain = np.sqrt(10 ** (snr_db / 10) * 9.015e6 / RATE_HZ)
    burst = shifted(droneid_burst(RATE_HZ, rng), RATE_HZ, 2.2e6) * np.complex64(gain)
    first = round(start_s * RATE_HZ)
    wave[first : first + len(burst)] += burst
    regions = find_regions(over_floor(wave), RATE_HZ, ROW_S, thorough=thorough)
    assert any(
        region.low_hz - 1.6e6 <= 2.2e6 <= region.high_hz + 1.6e6
        and region.first_row * ROW_S <= start_s + 0.25e-3
        and region.last_row * ROW_S >= start_s + 0.4e-3
        for region in regions
    )


def test_what_lasts_longer_or_has_gaps_is_looked_at_only_if_thorough() -> None:
    rng = np.random.default_rng(24)
    long, gaps = (noise(rng, int(20e-3 * RATE_HZ)) for _ in range(2))
    long[100_000:160_000] += noise(rng, 60_000, 300)  # 3 ms
    frame = 30 * wifi_like(RATE_HZ, rng, 20)
    for first in range(100_000, 160_000, 5_000):  # 100 us of every 250
        gaps[first : first + len(frame)] += frame
    for wave in (long, gaps):
        quick, thorough = (
            sum(
                (region.last_row - region.first_row) * (region.high_hz - region.low_hz)
                for region in find_regions(over_floor(wave), RATE_HZ, ROW_S, thorough=thorough)
            )
            for thorough in (False, True)
        )
        assert quick < 0.3 * thorough


@pytest.mark.parametrize("apart_s", [0.0, 60e-6, 150e-6])
def test_stronger_frames_before_and_after_hide_no_burst(apart_s: float) -> None:
    rng = np.random.default_rng(25)
    wave = noise(rng, int(20e-3 * RATE_HZ))
    frame = 30 * wifi_like(RATE_HZ, rng, 96)
    burst = 5 * droneid_burst(RATE_HZ, rng)
    at = 150_000
    for part in (frame, burst, frame):
        wave[at : at + len(part)] += part
        at += len(part) + round(apart_s * RATE_HZ)
    start_s = (150_000 + len(frame)) / RATE_HZ + apart_s
    assert any(
        region.first_row * ROW_S <= start_s + 0.25e-3
        and region.last_row * ROW_S >= start_s + 0.4e-3
        and region.low_hz <= 0 <= region.high_hz
        for region in find_regions(over_floor(wave), RATE_HZ, ROW_S)
    )


def test_a_band_narrower_than_a_burst_has_no_places() -> None:
    assert find_regions(np.full((100, 64), 9, np.float32), 4e6, 64e-6) == []
    assert find_regions(np.zeros((0, 512), np.float32), RATE_HZ, ROW_S) == []


@st.composite
def some_regions(draw: st.DrawFn) -> list[Region]:
    regions: list[Region] = []
    for _ in range(draw(st.integers(0, 8))):
        row, rows = draw(st.integers(0, 240)), draw(st.integers(1, 200))
        low, width = draw(st.integers(-20, 20)), draw(st.integers(1, 20))
        regions.append(Region(row, row + rows, low * 1e6, (low + width) * 1e6))
    return regions


@given(some_regions())
def test_looks_cover_every_burst_of_every_region(regions: list[Region]) -> None:
    longest, burst = 50, 9
    found = looks(regions, longest, burst)
    assert all(look.last_row - look.first_row <= longest for look in found)
    assert [look.first_row for look in found] == sorted(look.first_row for look in found)
    for region in regions:
        for first in range(region.first_row, max(region.first_row + 1, region.last_row - burst)):
            last = min(first + burst, region.last_row)
            assert any(
                look.first_row <= first
                and last <= look.last_row
                and any(low <= region.low_hz and region.high_hz <= high
                        for low, high in look.ranges_hz)
                for look in found
            )  # fmt: skip


def test_regions_of_one_time_are_looked_at_once() -> None:
    regions = [Region(10, 30, -5e6, 0.0), Region(12, 25, -1e6, 3e6), Region(28, 40, 8e6, 9e6)]
    (look,) = looks(regions, 50, 9)
    assert (look.first_row, look.last_row) == (10, 40)
    assert look.ranges_hz == ((-5e6, 3e6), (8e6, 9e6))
