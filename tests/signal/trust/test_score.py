from __future__ import annotations

import numpy as np

from havik.signal.trust.behaviour import REASONS
from havik.signal.trust.score import Weights, fit


def test_a_fit_finds_what_tells_a_lie_and_leaves_the_rest() -> None:
    rng = np.random.default_rng(63)
    figures = rng.random((2000, len(REASONS)))
    odds = 8 * figures[:, 2] - 4
    lies = rng.random(2000) < 1 / (1 + np.exp(-odds))
    weights = fit(figures, lies.tolist())
    assert REASONS[int(weights.of.argmax())] == REASONS[2]
    assert abs(weights.of[2] - 8) < 1.5
    assert (weights.of >= 0).all() and np.delete(weights.of, 2).max() < 1


def test_probabilities_are_the_logistic_ones_and_reasons_come_by_weight() -> None:
    of = np.zeros(len(REASONS))
    of[[0, 7, 8]] = 2.0, 5.0, 0.5
    weights = Weights(-3.0, of)
    figures = np.zeros(len(REASONS))
    assert float(weights.probability(figures)) == 1 / (1 + np.exp(3.0))
    figures[[0, 7, 8]] = 1.0
    assert float(weights.probability(figures)) == 1 / (1 + np.exp(-4.5))
    assert weights.reasons(figures) == (REASONS[7], REASONS[0])
