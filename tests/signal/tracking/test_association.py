from __future__ import annotations

from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from havik.signal.tracking.association import assign

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
