"""The filters against closed forms and their own statistics."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from havik.signal.tracking.filters import Bank, mixed, predict, start, update
from havik.signal.tracking.gating import gate
from havik.signal.tracking.measurements import Measurements
from havik.signal.tracking.models import CRUISE, DRONE_MODELS, Array, MotionModel

SIGMA_M = 0.7
WIDE = 1e9


def one(position: Array, covariance: Array, speed_sigma_m_s: float = 10.0) -> Bank:
    return start(position[None], covariance[None], speed_sigma_m_s=speed_sigma_m_s)


def taken(bank: Bank, measured: Array, covariance: Array) -> Bank:
    """A Kalman update: the measurement is surely the track's."""
    pairs = gate(bank, Measurements("position", measured[None], covariance[None]), WIDE)
    return update(bank, pairs, np.ones(len(pairs.rows)))


def each_its_own(bank: Bank, measured: Array, spread: Array) -> Bank:
    """A Kalman update of every track by the measurement of its row."""
    pairs = gate(bank, Measurements("position", measured, spread), WIDE)
    return update(bank, pairs, (pairs.rows == pairs.columns).astype(np.float64))


def model(density: float) -> tuple[MotionModel, ...]:
    return (MotionModel("plain", density),)


def test_prediction_moves_by_velocity_and_grows_by_the_model() -> None:
    bank = one(np.array([1.0, 2.0, 3.0]), np.eye(3))
    bank.mean[0, 0, 3:] = [10.0, 0.0, -1.0]
    later = predict(bank, model(3.0), 0.5)
    assert later.mean[0, 0, :3] == pytest.approx([6.0, 2.0, 2.5])
    # position variance: 1 + dt^2 * 100 + q dt^3 / 3 (Bar-Shalom 2001, 6.2.2-12)
    assert later.covariance[0, 0, 0, 0] == pytest.approx(1 + 0.25 * 100 + 3.0 * 0.125 / 3)


@pytest.mark.parametrize("models", [model(2.0), (MotionModel("a", 2.0), MotionModel("b", 2.0))])
def test_the_filter_is_consistent_on_its_own_model(models: tuple[MotionModel, ...]) -> None:
    """Squared errors average to six, the chi-square's mean (NEES): neither bold nor timid."""
    rng = np.random.default_rng(9)
    dt_s, density, runs = 0.1, 2.0, 50
    truth = np.hstack([rng.normal(0, 50, (runs, 3)), rng.normal(0, 10, (runs, 3))])
    spread = np.repeat(np.eye(3)[None] * SIGMA_M**2, runs, axis=0)
    bank = start(truth[:, :3] + rng.normal(0, SIGMA_M, (runs, 3)), spread, len(models))
    noise = np.linalg.cholesky(
        density * np.array([[dt_s**3 / 3, dt_s**2 / 2], [dt_s**2 / 2, dt_s]])
    )
    for _ in range(40):
        kick = (noise @ rng.normal(size=(runs, 2, 3))).reshape(runs, 6)
        truth = truth + np.hstack([truth[:, 3:] * dt_s, np.zeros((runs, 3))]) + kick
        bank = predict(bank, models, dt_s)
        measured = truth[:, :3] + rng.normal(0, SIGMA_M, (runs, 3))
        bank = each_its_own(bank, measured, spread)
    mean, covariance = mixed(bank)
    error = truth - mean
    nees = float(np.einsum("na,nab,nb->", error, np.linalg.inv(covariance), error))
    low, high = (float(chi2.ppf(share, 6 * runs)) for share in (0.001, 0.999))
    assert low < nees < high


def test_the_covariance_stays_symmetric_and_positive() -> None:
    bank = start(np.zeros((1, 3)), np.eye(3)[None], 3)
    for _ in range(500):
        bank = taken(predict(bank, DRONE_MODELS, 0.05), np.ones(3), np.eye(3) * 0.01)
    assert np.array_equal(bank.covariance, bank.covariance.swapaxes(-1, -2))
    assert np.linalg.eigvalsh(bank.covariance).min() > 0


def test_two_measurements_weigh_by_their_certainty() -> None:
    """At rest and certain of it, the mean is that of two measurements by inverse variance."""
    bank = one(np.zeros(3), np.eye(3) * 4.0, speed_sigma_m_s=0.0)
    after = taken(bank, np.array([10.0, 0.0, -5.0]), np.eye(3) * 1.0)
    mean, covariance = mixed(after)
    assert mean[0] == pytest.approx([8.0, 0.0, -4.0, 0, 0, 0])  # four fifths of the way
    assert np.diag(covariance[0])[:3] == pytest.approx([0.8, 0.8, 0.8])


def test_half_a_measurement_is_the_mixture_of_having_and_missing_it() -> None:
    """Moments of an even mixture of N(0, 4) and the updated N(8, 0.8), by hand."""
    bank = one(np.zeros(3), np.eye(3) * 4.0, speed_sigma_m_s=0.0)
    measured = Measurements("position", np.array([[10.0, 0.0, 0.0]]), np.eye(3)[None])
    mean, covariance = mixed(update(bank, gate(bank, measured, WIDE), np.array([0.5])))
    assert mean[0, 0] == pytest.approx(4.0)
    assert covariance[0, 0, 0] == pytest.approx((4.0 + 0.8) / 2 + 4.0**2)
    assert covariance[0, 1, 1] == pytest.approx((4.0 + 0.8) / 2)


def test_models_mix_by_the_chain_and_what_they_know_apart() -> None:
    """Two models, one metre and one m apart: after mixing fully each has the common moments."""
    bank = start(np.zeros((1, 3)), np.eye(3)[None], 2, speed_sigma_m_s=0.0)
    bank.mean[0, 1, 0] = 2.0
    bank.weight[0] = [0.25, 0.75]
    still = (MotionModel("a", 0.0), MotionModel("b", 0.0))
    after = predict(bank, still, 1e-3, stay_s=1e-9)
    assert after.weight[0] == pytest.approx([0.5, 0.5])
    assert after.mean[0, :, 0] == pytest.approx([1.5, 1.5])
    assert after.covariance[0, :, 0, 0] == pytest.approx([1 + 0.75, 1 + 0.75])  # p(1-p) d^2
    assert mixed(bank)[0][0, 0] == pytest.approx(1.5)
    assert mixed(bank)[1][0, 0, 0] == pytest.approx(1.75)


def test_the_models_follow_what_the_thing_does() -> None:
    rng = np.random.default_rng(11)
    bank = start(np.zeros((1, 3)), np.eye(3)[None], 3)
    place = np.zeros(3)
    most: list[str] = []
    for step in range(200):
        flies = step < 100
        place = place + np.array([12.0, 0.0, 0.0]) * 0.1 * flies
        bank = predict(bank, DRONE_MODELS, 0.1)
        bank = taken(bank, place + rng.normal(0, 0.2, 3), np.eye(3) * 0.04)
        if step in (99, 199):
            most.append(DRONE_MODELS[int(bank.weight[0].argmax())].name)
    assert most == ["cruise", "hover"]


def test_a_range_rate_tells_the_velocity_along_the_sight_alone() -> None:
    sight = np.array([[0.6, 0.8, 0.0]])
    bank = start(
        np.zeros((1, 3)), np.eye(3)[None], sight=sight, range_rates_m_s=np.array([10.0]),
        speed_sigma_m_s=10.0, rate_sigma_m_s=1e-6,
    )  # fmt: skip
    assert bank.mean[0, 0, 3:] == pytest.approx([6.0, 8.0, 0.0])
    spread = bank.covariance[0, 0, 3:, 3:]
    assert sight[0] @ spread @ sight[0] == pytest.approx(0.0, abs=1e-6)
    assert spread[2, 2] == pytest.approx(100.0)


def test_nothing_is_predicted_of_nothing() -> None:
    empty = start(np.zeros((0, 3)), np.zeros((0, 3, 3)))
    assert len(predict(empty, (CRUISE,), 1.0).mean) == 0
