from __future__ import annotations

from itertools import permutations, product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from havik.signal.tracking.association import (
    Array,
    Indices,
    assign,
    enumerate_sets,
    marginals,
    nearest,
    propagate,
)

GATE = 10.0
costs = hnp.arrays(
    np.float64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=4), elements=st.floats(0, 20)
)


def best_by_trying_all(table: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> float:
    """The least total cost, where a row left alone costs the gate."""
    rows, columns = table.shape
    best = rows * GATE
    slots = [*range(columns), *[-1] * rows]
    for chosen in set(permutations(slots, rows)):
        used = [table[row, at] if at >= 0 else GATE for row, at in enumerate(chosen)]
        if all(at < 0 or table[row, at] <= GATE for row, at in enumerate(chosen)):
            best = min(best, float(sum(used)))
    return best


@given(costs)
def test_the_sum_of_costs_is_the_least(
    table: np.ndarray[tuple[int, int], np.dtype[np.float64]],
) -> None:
    pairs = assign(table, GATE)
    rows, columns = {row for row, _ in pairs}, {column for _, column in pairs}
    assert len(rows) == len(columns) == len(pairs)
    assert all(table[pair] <= GATE for pair in pairs)
    total = sum(table[pair] for pair in pairs) + GATE * (len(table) - len(pairs))
    assert np.isclose(total, best_by_trying_all(table))


def test_nothing_to_pair() -> None:
    assert assign(np.zeros((0, 3)), GATE) == []
    assert assign(np.zeros((3, 0)), GATE) == []
    assert assign(np.full((2, 2), np.inf), GATE) == []


# Probabilities of pairs.


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Indices, Indices, Array, Array]:
    """Up to four tracks and four measurements, any pairs of them, any weights."""
    shape = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    weights = draw(hnp.arrays(np.float64, shape, elements=st.floats(0.01, 50)))
    linked = draw(hnp.arrays(np.bool_, shape))
    rows, columns = np.nonzero(linked)
    alone = draw(hnp.arrays(np.float64, shape[0], elements=st.floats(0.05, 1)))
    return rows, columns, weights[rows, columns], alone


def by_trying_all(
    rows: Indices, columns: Indices, weights: Array, alone: Array
) -> tuple[Array, Array]:
    """The marginals over all joint assignments, and the most probable one."""
    choices = [[-1, *np.flatnonzero(rows == row).tolist()] for row in range(len(alone))]
    total, best, found, top = 0.0, -1.0, np.zeros(len(rows)), np.zeros(len(rows))
    for joint in product(*choices):
        taken = [edge for edge in joint if edge >= 0]
        if len({int(columns[edge]) for edge in taken}) < len(taken):
            continue
        lone = [float(alone[row]) for row, edge in enumerate(joint) if edge < 0]
        weight = float(np.prod(lone)) * float(np.prod(weights[taken]))
        total += weight
        found[taken] += weight
        if weight > best:
            best, top = weight, np.zeros(len(rows))
            top[taken] = 1
    return found / total, top


@given(graphs())
def test_the_marginals_are_those_of_all_joint_assignments(
    graph: tuple[Indices, Indices, Array, Array],
) -> None:
    expected, _ = by_trying_all(*graph)
    assert np.allclose(marginals(*graph), expected, atol=2e-4)
    if len(graph[0]):
        exact = enumerate_sets(*graph, most_sets=1000)
        assert exact is not None
        assert np.allclose(exact, expected, atol=1e-9)


@given(graphs())
def test_the_approximation_never_gives_a_measurement_away_twice(
    graph: tuple[Indices, Indices, Array, Array],
) -> None:
    rows, columns, _, _ = graph
    if not len(rows):
        return
    found = propagate(*graph)
    assert (np.bincount(rows, found) <= 1 + 1e-9).all()
    assert (np.bincount(columns, found) <= 1 + 1e-2).all()


@given(graphs())
def test_the_nearest_are_the_most_probable_joint_assignment(
    graph: tuple[Indices, Indices, Array, Array],
) -> None:
    rows, columns, weights, alone = graph
    chosen = nearest(*graph)

    def weight(picked: Array) -> float:
        its = np.flatnonzero(picked)
        assert len(set(columns[its].tolist())) == len(its) == len(set(rows[its].tolist()))
        lone = np.setdiff1d(np.arange(len(alone)), rows[its])
        return float(np.prod(weights[its]) * np.prod(alone[lone]))

    assert np.isclose(weight(chosen), weight(by_trying_all(*graph)[1]))


def test_a_cluster_with_too_many_sets_is_approximated_within_bounds() -> None:
    """Ten tracks that may each have any of ten measurements: 1,024 sets, and near 10^7 ways."""
    rows, columns = (each.ravel() for each in np.indices((10, 10)))
    weights = np.random.default_rng(1).uniform(0.1, 10, 100)
    alone = np.full(10, 0.3)
    assert enumerate_sets(rows, columns, weights, alone, most_sets=256) is None
    exact = enumerate_sets(rows, columns, weights, alone, most_sets=5000)
    assert exact is not None
    assert np.abs(marginals(rows, columns, weights, alone) - exact).max() < 0.05
