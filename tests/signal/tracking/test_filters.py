from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from havik.signal.tracking.filters import innovation_distance, predict, start, update

SIGMA_M = 0.7


def test_prediction_moves_by_velocity_and_grows_by_the_model() -> None:
    estimate = start(np.array([1.0, 2.0, 3.0]), np.eye(3))
    estimate.mean[3:] = [10.0, 0.0, -1.0]
    later = predict(estimate, 0.5, acceleration_density=3.0)
    assert later.position_m == pytest.approx([6.0, 2.0, 2.5])
    # position variance: 1 + dt^2 * 100 + q dt^3 / 3 (Bar-Shalom 2001, 6.2.2-12)
    assert later.covariance[0, 0] == pytest.approx(1 + 0.25 * 100 + 3.0 * 0.125 / 3)


def test_the_filter_is_consistent_on_its_own_model() -> None:
    """Squared innovations average to three, the chi-square's mean: neither bold nor timid."""
    rng = np.random.default_rng(9)
    dt_s, density = 0.1, 2.0
    distances: list[float] = []
    for _ in range(60):
        truth = np.concatenate([rng.normal(0, 50, 3), rng.normal(0, 10, 3)])
        estimate = start(truth[:3] + rng.normal(0, SIGMA_M, 3), np.eye(3) * SIGMA_M**2)
        noise = np.linalg.cholesky(
            density * np.array([[dt_s**3 / 3, dt_s**2 / 2], [dt_s**2 / 2, dt_s]])
        )
        for _ in range(40):
            kick = (noise @ rng.normal(size=(2, 3))).ravel()
            truth = truth + np.concatenate([truth[3:] * dt_s, np.zeros(3)]) + kick
            measured = truth[:3] + rng.normal(0, SIGMA_M, 3)
            estimate = predict(estimate, dt_s, density)
            distances.append(innovation_distance(estimate, measured, np.eye(3) * SIGMA_M**2)[0])
            estimate = update(estimate, measured, np.eye(3) * SIGMA_M**2)
    freedom = 3 * len(distances)
    low, high = (float(chi2.ppf(share, freedom)) for share in (0.001, 0.999))
    assert low < sum(distances) < high


def test_the_covariance_stays_symmetric_and_positive() -> None:
    estimate = start(np.zeros(3), np.eye(3))
    for _ in range(500):
        estimate = update(predict(estimate, 0.05, 5.0), np.ones(3), np.eye(3) * 0.01)
    assert np.allclose(estimate.covariance, estimate.covariance.T)
    assert np.linalg.eigvalsh(estimate.covariance).min() > 0


def test_the_models_noise_is_the_textbooks_in_every_cell() -> None:
    """q [dt^3/3, dt^2/2; dt^2/2, dt] on each axis by itself (Bar-Shalom 2001, 6.2.2-12)."""
    estimate = start(np.zeros(3), np.zeros((3, 3)), speed_sigma_m_s=0.0)
    dt_s, density = 0.4, 7.0
    noise = predict(estimate, dt_s, density).covariance
    block = density * np.array([[dt_s**3 / 3, dt_s**2 / 2], [dt_s**2 / 2, dt_s]])
    for one in range(6):
        for other in range(6):
            same_axis = one % 3 == other % 3
            expected = block[one // 3, other // 3] if same_axis else 0.0
            assert noise[one, other] == pytest.approx(expected)


def test_two_measurements_weigh_by_their_certainty() -> None:
    """At rest and certain of it, the mean is that of two measurements by inverse variance."""
    estimate = start(np.array([0.0, 0.0, 0.0]), np.eye(3) * 4.0, speed_sigma_m_s=0.0)
    after = update(estimate, np.array([10.0, 0.0, -5.0]), np.eye(3) * 1.0)
    assert after.position_m == pytest.approx([8.0, 0.0, -4.0])  # four fifths of the way
    assert np.diag(after.covariance)[:3] == pytest.approx([0.8, 0.8, 0.8])
    assert after.velocity_m_s == pytest.approx([0, 0, 0])


def test_the_distance_is_chi_squares() -> None:
    estimate = start(np.zeros(3), np.eye(3) * 3.0)
    distance, log_volume = innovation_distance(estimate, np.array([2.0, 4.0, 4.0]), np.eye(3))
    assert distance == pytest.approx(36 / 4)
    assert log_volume == pytest.approx(3 * np.log(4))
