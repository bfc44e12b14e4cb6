from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from havik.signal.tracking.filters import Bank, start
from havik.signal.tracking.gating import gate, gate_of
from havik.signal.tracking.measurements import Measurements
from havik.signal.tracking.models import Array


def a_bank(rng: np.random.Generator, tracks: int, models: int) -> Bank:
    bank = start(rng.uniform(-60, 60, (tracks, 3)), np.repeat(np.eye(3)[None], tracks, 0), models)
    bank.mean[:] += rng.normal(0, 1.5, bank.mean.shape)  # each model has its own opinion
    root = rng.normal(0, 1.0, bank.covariance.shape)
    bank.covariance[:] = root @ root.swapaxes(-1, -2) + np.eye(6)
    return bank


def _densities(apart: Array, total: Array) -> list[float]:
    """Each model's normal density, by an independent hand."""
    found: list[float] = []
    for place, spread in zip(apart.tolist(), total.tolist(), strict=True):
        normal: Any = multivariate_normal(cov=spread)
        found.append(float(normal.pdf(place)))
    return found


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("kind", ["position", "plan"])
def test_the_index_finds_all_pairs_that_pass_and_no_others(seed: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    bank, count = a_bank(rng, 30, 3), 50
    width = 3 if kind == "position" else 2
    values = rng.uniform(-60, 60, (count, width))
    spread = np.eye(width) * rng.uniform(0.1, 4, (count, 1, 1))
    threshold = gate_of(0.999, width)
    pairs = gate(
        bank, Measurements("plan" if width == 2 else "position", values, spread), threshold
    )
    expected: dict[tuple[int, int], list[float]] = {}
    for row in range(30):
        for column in range(count):
            total: Array = bank.covariance[row, :, :width, :width] + spread[column]
            apart: Array = values[column] - bank.mean[row, :, :width]
            squared = np.einsum("mi,mij,mj->m", apart, np.linalg.inv(total), apart)
            if squared.min() <= threshold:
                expected[row, column] = _densities(apart, total)
    found = list(zip(pairs.rows.tolist(), pairs.columns.tolist(), strict=True))
    assert sorted(found) == sorted(expected)
    assert pairs.rows.tolist() == sorted(pairs.rows.tolist())
    for place, told in zip(found, pairs.likelihood, strict=True):
        assert told == pytest.approx(expected[place], rel=1e-6, abs=1e-120)


def test_a_gate_is_the_chi_squares() -> None:
    assert gate_of(0.99, 3) == pytest.approx(11.345, abs=1e-3)  # the usual table
    assert gate_of(0.95, 1) == pytest.approx(3.841, abs=1e-3)
