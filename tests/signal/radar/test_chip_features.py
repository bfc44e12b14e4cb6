from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from havik.signal.radar.chip_features import (
    DOPPLERS,
    FEATURES,
    MIDDLE,
    RANGES,
    Array,
    chip_features,
    floors_db,
    standing_lines,
    without_lines,
)


def speckle(count: int = 1, floor_db: float = -112.0, seed: int = 1) -> Array:
    """Noise of one look: exponential power, its median at the floor."""
    power = np.random.default_rng(seed).exponential(1 / np.log(2), (count, RANGES, DOPPLERS))
    return (floor_db + 10 * np.log10(power)).astype(np.float32)


def measured(chip: Array) -> dict[str, float]:
    return dict(zip(FEATURES, chip_features(chip)[0].tolist(), strict=True))


def test_a_peak_is_measured_over_the_floor_and_as_it_is() -> None:
    chip = speckle()
    chip[0, 5, 32] = -80.0
    found = measured(chip)
    assert found["floor_db"] == pytest.approx(-112.0, abs=0.5)
    assert found["peak_db"] == pytest.approx(-80.0, abs=1e-4)
    assert found["peak_over_floor_db"] == pytest.approx(-80 - found["floor_db"], abs=1e-4)
    assert (found["peak_range_cell"], found["peak_doppler_cell"]) == (5, 2)
    assert (found["doppler_width_3_db"], found["range_width_3_db"]) == (1, 1)


def test_a_long_target_is_long_in_range_and_a_walker_wide_in_doppler() -> None:
    car, walker = speckle(), speckle()
    car[0, 3:9, MIDDLE] = -85.0
    walker[0, 5, MIDDLE - 5 : MIDDLE + 6] = -85.0
    car[0, 5, MIDDLE] = walker[0, 5, MIDDLE] = -84.9  # the peak
    long, wide = measured(car), measured(walker)
    assert (long["range_width_6_db"], long["doppler_width_6_db"]) == (6, 1)
    assert (wide["range_width_6_db"], wide["doppler_width_6_db"]) == (1, 11)
    # six equal cells in a line: the deviation of 0..5 is sqrt(35 / 12) cells
    assert long["range_spread_near"] == pytest.approx((35 / 12) ** 0.5, rel=0.1)
    assert wide["doppler_spread_wide"] == pytest.approx(10**0.5, rel=0.1)  # of -5..5


@pytest.mark.parametrize("cell", [0, 12, 26, 34, 60])
def test_what_stands_still_is_told_apart_and_taken_out(cell: int) -> None:
    chip = speckle()
    chip[0, 5, MIDDLE] = -85.0
    bare = measured(chip)
    lined = chip.copy()
    lined[:, :, cell] = -70.0
    found = measured(lined)
    assert found["line_cells"] == abs(cell - MIDDLE)
    assert 2 <= found["line_width_cells"] <= 4
    assert found["line_db"] > 10
    assert bare["line_width_cells"] == 0
    assert found["peak_db"] == bare["peak_db"]
    over = lined - floors_db(lined)
    assert without_lines(over, standing_lines(over))[0, :, cell].max() < 12  # speckle


def test_the_target_s_own_line_stays() -> None:
    chip = speckle()
    chip[0, :, MIDDLE] = -85.0
    assert not standing_lines(chip - floors_db(chip)).any()


@given(st.integers(0, 2**32 - 1), st.floats(-40, 40))
def test_coming_and_going_are_the_same_and_the_receiver_s_gain_moves_levels_alone(
    seed: int, gain_db: float
) -> None:
    chip = speckle(seed=seed)
    chip[0, 5, MIDDLE - 2] = -80.0
    chip[0, 5, MIDDLE : MIDDLE + 2] = -90.0
    one, mirrored = measured(chip), measured(chip[:, :, ::-1])
    assert mirrored == pytest.approx(one, abs=1e-3)
    louder = measured(chip + np.float32(gain_db))
    moved = {name for name in FEATURES if abs(louder[name] - one[name]) > 0.05}
    assert moved <= {"floor_db", "peak_db", *(n for n in FEATURES if "cells_" in n or "width" in n)}
    assert louder["floor_db"] == pytest.approx(one["floor_db"] + gain_db, abs=1e-3)


@pytest.mark.parametrize("count", [0, 1, 513])
def test_each_chip_is_measured_alone(count: int) -> None:
    chips = speckle(count)
    features = chip_features(chips)
    assert features.shape == (count, len(FEATURES)) and features.dtype == np.float32
    assert np.isfinite(features).all()
    if count:
        np.testing.assert_allclose(features[-1:], chip_features(chips[-1:]), atol=1e-4)


@pytest.mark.parametrize("level", [-300.0, 0.0, 327.67])
def test_a_chip_of_one_level_gives_numbers(level: float) -> None:
    chip = np.full((1, RANGES, DOPPLERS), level, np.float32)
    assert np.isfinite(chip_features(chip)).all()
