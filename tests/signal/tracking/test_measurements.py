from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from havik.signal.tracking.filters import Bank, start
from havik.signal.tracking.measurements import (
    Kind,
    Measurements,
    from_polar,
    observe,
    sight_of,
    wrapped,
)
from havik.signal.tracking.models import Array

SENSOR = np.array([5.0, -3.0, 2.0])
WIDTHS: dict[Kind, int] = {
    "position": 3, "plan": 2, "moving": 4, "bearing": 1, "direction": 2, "range": 1,
}  # fmt: skip


def foreseen(kind: Kind, state: Array) -> Array:
    """What the sensor measures, by geometry."""
    away = state[:3] - SENSOR
    range_m = float(np.linalg.norm(away))
    azimuth = np.arctan2(away[0], away[1])
    elevation = np.arcsin(away[2] / range_m)
    return {
        "position": state[:3],
        "plan": state[:2],
        "moving": np.append(state[:3], away @ state[3:] / range_m),
        "bearing": np.array([azimuth]),
        "direction": np.array([azimuth, elevation]),
        "range": np.array([range_m]),
    }[kind]


@pytest.mark.parametrize("kind", WIDTHS)
@pytest.mark.parametrize(
    "state", [[60.0, 40, 20, 5, -3, 1], [-80.0, 7, 30, 0, 0, 0], [20.0, -90, 3, -9, 9, -2]]
)
def test_what_is_foreseen_and_its_slope(kind: Kind, state: list[float]) -> None:
    """Against plain geometry and its differences; of a unit covariance the cross is the slope."""
    mean = np.array(state)
    bank = Bank(mean[None, None], np.eye(6)[None, None], np.ones((1, 1)))
    width = WIDTHS[kind]
    measured = Measurements(kind, np.zeros((1, width)), np.eye(width)[None], SENSOR)
    told, cross, spread = observe(measured, bank)
    assert told[0, 0] == pytest.approx(foreseen(kind, mean))
    step = 1e-4
    slope = np.column_stack([
        (foreseen(kind, mean + step * unit) - foreseen(kind, mean - step * unit)) / (2 * step)
        for unit in np.eye(6)
    ])  # fmt: skip
    assert cross[0, 0] == pytest.approx(slope, abs=1e-6)
    assert spread[0, 0] == pytest.approx(slope @ slope.T, abs=1e-6)


def test_a_bearing_across_north_is_a_small_difference() -> None:
    difference = np.array([[np.radians(359.0) - np.radians(1.0)]])
    assert np.degrees(wrapped("bearing", difference)) == pytest.approx(np.array([[-2.0]]))
    assert wrapped("range", np.array([[400.0]])) == 400.0


def test_polar_points_become_positions_as_sure_as_they_are() -> None:
    """20,000 points of one place: their squared errors average to three, as chi-squares do."""
    rng = np.random.default_rng(3)
    count, range_m, sigma_m, sigma = 20_000, 400.0, 1.0, np.radians(2.0)
    place = SENSOR + range_m * sight_of(np.array([0.7]), np.array([0.2]))[0]
    measured = from_polar(
        SENSOR,
        range_m + rng.normal(0, sigma_m, count),
        0.7 + rng.normal(0, sigma / np.cos(0.2), count),
        0.2 + rng.normal(0, sigma, count),
        range_sigma_m=sigma_m,
        angle_sigma_rad=float(sigma),
    )
    error = measured.values - place
    assert np.abs(error.mean(axis=0)).max() < 0.05 * range_m * sigma
    squared = np.einsum("na,nab,nb->n", error, np.linalg.inv(measured.covariances), error)
    assert squared.mean() == pytest.approx(3.0, rel=0.15)
    assert (squared < chi2.ppf(0.99, 3)).mean() > 0.97


def test_a_range_rate_is_added_to_a_place() -> None:
    measured = from_polar(
        SENSOR, np.array([100.0]), np.array([np.pi / 2]), np.array([0.0]), range_sigma_m=0.5,
        angle_sigma_rad=0.01, range_rate_m_s=np.array([-7.0]), rate_sigma_m_s=0.2,
    )  # fmt: skip
    assert measured.kind == "moving"
    assert measured.values[0] == pytest.approx([105.0, -3.0, 2.0, -7.0], abs=0.02)
    assert np.diag(measured.covariances[0]) == pytest.approx([0.25, 1.0, 1.0, 0.04], rel=1e-3)
    assert measured.places_m == pytest.approx(measured.values[:, :3])
    assert start(measured.places_m, measured.covariances[:, :3, :3]).mean.shape == (1, 1, 6)
