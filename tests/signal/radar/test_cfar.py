"""False alarms against the set rate; expected multipliers from the closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from havik.signal.radar.cfar import (
    Training,
    ca_multiplier,
    cells_above,
    go_multiplier,
    greatest_around,
    mean_around,
    ordered_around,
    os_multiplier,
)

LINE = Training((0, 8), (0, 2))
AREA = Training((2, 3), (1, 1))


@pytest.mark.parametrize("cells", [8, 16, 416])
@pytest.mark.parametrize("rate", [1e-3, 1e-6])
def test_the_cell_averaging_multiplier_is_the_closed_form(cells: int, rate: float) -> None:
    closed = cells * (rate ** (-1 / cells) - 1)
    assert ca_multiplier(cells, rate) == pytest.approx(closed, rel=1e-6)


@pytest.mark.parametrize("rate", [1e-3, 1e-6])
def test_the_ordered_multiplier_solves_rohlings_product(rate: float) -> None:
    multiplier = os_multiplier(16, rate)
    terms = [(16 - i) / (16 - i + multiplier) for i in range(12)]
    assert math.prod(terms) == pytest.approx(rate, rel=1e-4)


@pytest.mark.parametrize("rate", [1e-3, 1e-6])
def test_the_greatest_multiplier_solves_hansens_sum(rate: float) -> None:
    half, t = 8, go_multiplier(8, rate) / 8
    tail = sum(math.comb(half - 1 + i, i) * (2 + t) ** -(half + i) for i in range(half))
    assert 2 * (1 + t) ** -half - 2 * tail == pytest.approx(rate, rel=1e-4)


@pytest.mark.parametrize("channels", [1, 4])
@pytest.mark.parametrize("training", [LINE, AREA], ids=["line", "area"])
def test_noise_alarms_at_the_set_rate(channels: int, training: Training) -> None:
    rng = np.random.default_rng(5)
    power = rng.gamma(channels, size=(200, 1000)).astype(np.float32)
    rate = 1e-3
    for reference, multiplier in (
        (mean_around(power, training), ca_multiplier(training.cells, rate, channels)),
        (greatest_around(power, training), go_multiplier(training.half_cells, rate, channels)),
        (ordered_around(power, training), os_multiplier(training.cells, rate, channels)),
    ):
        # 200 alarms expected; four standard deviations
        assert np.count_nonzero(power > multiplier * reference) == pytest.approx(200, abs=57)


@pytest.mark.parametrize("training", [LINE, AREA, Training((3, 0), (1, 0))])
def test_the_mean_is_that_of_the_cells_around(training: Training) -> None:
    rng = np.random.default_rng(6)
    power = rng.exponential(size=(31, 40)).astype(np.float32)
    (train_r, train_c), (guard_r, guard_c) = training.train, training.guard
    around = [
        np.roll(power.astype(float), (row, column), (0, 1))
        for row in range(-train_r - guard_r, train_r + guard_r + 1)
        for column in range(-train_c - guard_c, train_c + guard_c + 1)
        if abs(row) > guard_r or abs(column) > guard_c
    ]
    assert len(around) == training.cells
    np.testing.assert_allclose(mean_around(power, training), np.mean(around, axis=0), rtol=1e-9)


def test_beside_a_peak_100_db_up_the_threshold_holds() -> None:
    rng = np.random.default_rng(7)
    power = rng.exponential(size=(40, 60)).astype(np.float32)
    clean = mean_around(power, AREA)
    power[20, 30] = 1e10
    loud = mean_around(power, AREA)
    np.testing.assert_allclose(loud[19:22, 29:32], clean[19:22, 29:32], rtol=1e-5)  # in the guard
    np.testing.assert_allclose(loud[24:, 30], clean[24:, 30], rtol=1e-5)  # just outside
    assert (loud > 0).all()


def test_a_map_smaller_than_its_training_is_refused() -> None:
    with pytest.raises(ValueError, match="too small"):
        mean_around(np.ones((4, 100), np.float32), Training())


@pytest.mark.parametrize("training", [LINE, AREA, Training(), Training((3, 0), (1, 0))])
@pytest.mark.parametrize("rate", [1e-1, 1e-3])
def test_cells_above_are_those_of_the_whole_map(training: Training, rate: float) -> None:
    power = np.random.default_rng(8).exponential(size=(61, 90)).astype(np.float32)
    power[30, 40:44] = 1e10, 1e3, 1e9, 50
    power[0, 0] = power[60, 89] = 40
    means = mean_around(power, training)
    multiplier = ca_multiplier(training.cells, rate)
    places, noise = cells_above(power, training, multiplier)
    np.testing.assert_array_equal(places, np.flatnonzero(power > multiplier * means))
    np.testing.assert_allclose(noise, means.ravel()[places], rtol=1e-6)
