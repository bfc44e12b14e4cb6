"""From figures to the probability that a claim is a spoof, with its reasons.

Logistic: its weights are fitted on simulated flights (`python -m havik.bench.trust_fit`) and say
what a claim is worth where half of all claims are spoofs. None is negative: no figure that tells a
spoof makes another claim better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from .behaviour import REASONS

Vector = NDArray[np.float64]

PENALTY = 0.02
MATTERS = 0.7  # of log odds: a reason that doubles the odds is worth telling


@dataclass(frozen=True, slots=True)
class Weights:
    """What each figure is worth, in log odds."""

    bias: float
    of: Vector  # shape (11,), in the order of REASONS

    def probability(self, figures: Vector) -> Vector:
        """The probability of a spoof; figures float64, shape (..., 11)."""
        odds: Vector = np.clip(figures @ self.of + self.bias, -30.0, 30.0)
        result: Vector = 1.0 / (1.0 + np.exp(-odds))
        return result

    def reasons(self, figures: Vector) -> tuple[str, ...]:
        """Which figures speak for a spoof, the weightiest first."""
        worth = figures * self.of
        order: list[int] = np.argsort(-worth).tolist()
        return tuple(REASONS[nth] for nth in order if worth[nth] >= MATTERS)


def fit(figures: Vector, is_spoof: Sequence[bool]) -> Weights:
    """Fit weights by penalised likelihood, spoofs and honest flights counting the same in sum.

    Parameters
    ----------
    figures : float64, shape (n, 11)
    is_spoof : sequence of bool, length n
    """
    spoof = np.asarray(is_spoof, np.float64)
    share: Vector = 0.5 * spoof / float(np.sum(spoof)) + 0.5 * (1 - spoof) / float(
        np.sum(1 - spoof)
    )

    def loss(values: Vector) -> tuple[float, Vector]:
        odds = figures @ values[1:] + values[0]
        wrong = share * (1 / (1 + np.exp(-odds)) - spoof)
        cost = share @ (np.logaddexp(0, odds) - spoof * odds) + PENALTY / len(spoof) * (
            values[1:] @ values[1:]
        )
        slope = figures.T @ wrong + 2 * PENALTY / len(spoof) * values[1:]
        return float(cost), np.concatenate([[np.sum(wrong)], slope])

    count = figures.shape[1]
    limits = [(-20.0, 0.0)] + [(0.0, 20.0)] * count
    best = minimize(loss, np.zeros(count + 1), jac=True, method="L-BFGS-B", bounds=limits)
    return Weights(round(float(best.x[0]), 3), np.round(best.x[1:], 3))
