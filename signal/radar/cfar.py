"""Constant false-alarm rate: what each cell is compared with, and by how much it must exceed it.

Cell-averaging, greatest-of (Hansen and Sawyers, IEEE AES-16, 1980) and ordered-statistic (Rohling,
IEEE AES-19, 1983), in one or two dimensions. The multiplier belongs to the number of channels
whose power was summed: noise is Gamma distributed with that shape. Both axes are circular, as an
FFT's are. Sums are float64: beside a peak 100 dB up, float32 differences are no thresholds.
Cost per cell: CA and GO some 20 additions, whatever the window; OS a selection among its cells.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import betaincinv, gammaincc, gammaincinv
from scipy.stats import f as f_distribution

from .range_doppler import PowerMap

Sums = NDArray[np.float64]

Number = TypeVar("Number", np.float32, np.float64)

MOST_ALONE = 500
"""Cells whose training cells are gathered one by one: beyond, sums of the whole map are faster."""


@dataclass(frozen=True, slots=True)
class Training:
    """Cells on each side of the one tested, by axis: (rows, columns); 0 rows is one dimension."""

    train: tuple[int, int] = (8, 8)
    guard: tuple[int, int] = (2, 2)

    @property
    def cells(self) -> int:
        """Training cells around a cell."""
        (outer_rows, outer_columns), (inner_rows, inner_columns) = self.outer, self.inner
        return outer_rows * outer_columns - inner_rows * inner_columns

    @property
    def outer(self) -> tuple[int, int]:
        """Rows and columns of the window as a whole."""
        rows, columns = (2 * (t + g) + 1 for t, g in zip(self.train, self.guard, strict=True))
        return rows, columns

    @property
    def inner(self) -> tuple[int, int]:
        """Rows and columns that are kept out: the cell and its guard."""
        return 2 * self.guard[0] + 1, 2 * self.guard[1] + 1

    @property
    def half_cells(self) -> int:
        """Cells of the leading half, or the trailing one, along the columns."""
        return self.outer[0] * self.train[1]


def mean_around(power: PowerMap, training: Training) -> Sums:
    """Cell-averaging: the mean of the training cells; float64, the map's shape."""
    reach = _reach(training)
    padded = _padded(power, reach, np.float64)
    guard = padded[training.train[0] : len(padded) - training.train[0] or None,
                   training.train[1] : padded.shape[1] - training.train[1] or None]  # fmt: skip
    ring: Sums = _box(padded, training.outer)
    ring -= _box(guard, training.inner)
    ring *= 1 / training.cells
    return ring


def cells_above(
    power: PowerMap, training: Training, multiplier: float
) -> tuple[NDArray[np.intp], Sums]:
    """Cells that exceed `multiplier` times the mean of their training cells.

    The same as `power > multiplier * mean_around(power, training)`, in two steps: the training
    rows above and below a cell (or the columns beside it) sum to no more than all of its cells,
    and need no difference, so that float32 does; only cells above that bound are summed up.

    Returns
    -------
    places : intp, shape (n,)
        Of the flattened map, rising.
    means : float64, shape (n,)
    """
    reach, columns = _reach(training), power.shape[1]
    padded = _padded(power, reach, np.float32)
    width = padded.shape[1]
    flat = padded.ravel()
    above, outer = training.train[0] > 0, training.outer
    rows = training.train[0] if above else outer[0]
    beside = outer[1] if above else training.train[1]
    strip = _flat_run(_flat_run(flat, beside, 1), rows, width)
    far = (outer[0] - rows) * width if above else outer[1] - beside
    bound = strip[: len(strip) - far] + strip[far:]
    bound *= np.float32(multiplier / training.cells * (1 - 1e-5))  # float32 sums err by less
    first = reach[0] * width + reach[1]
    cells = np.flatnonzero(flat[first : first + len(bound)] > bound)
    cells = cells[cells % width < columns]
    if len(cells) > MOST_ALONE:
        means = mean_around(power, training).ravel()
        places = np.flatnonzero(power.ravel() > multiplier * means)
        return places, means[places]
    means = flat[(cells + first)[:, None] + _ring(training, width)].mean(axis=1, dtype=np.float64)
    hit = flat[cells + first] > multiplier * means
    return (cells // width * columns + cells % width)[hit], means[hit]


def greatest_around(power: PowerMap, training: Training) -> Sums:
    """Greatest-of: the greater mean of the half before the cell and the half behind it."""
    sums = _box(
        _padded(power, _reach(training), np.float64), (training.outer[0], training.train[1])
    )
    columns = power.shape[1]
    behind = sums[:, training.outer[1] - training.train[1] :]
    greater: Sums = np.maximum(sums[:, :columns], behind[:, :columns])
    greater *= 1 / training.half_cells
    return greater


def ordered_around(power: PowerMap, training: Training, share: float = 0.75) -> Sums:
    """Ordered-statistic: the training cell of the rank `share` of all."""
    reach_rows, reach_columns = _reach(training)
    padded = _padded(power, (reach_rows, reach_columns), np.float64)
    rows, columns = power.shape
    stack = [
        padded[reach_rows + row : reach_rows + row + rows,
               reach_columns + column : reach_columns + column + columns]
        for row in range(-reach_rows, reach_rows + 1)
        for column in range(-reach_columns, reach_columns + 1)
        if abs(row) > training.guard[0] or abs(column) > training.guard[1]
    ]  # fmt: skip
    rank = round(share * training.cells)
    ordered: Sums = np.partition(np.stack(stack), rank - 1, axis=0)[rank - 1]
    return ordered


@cache
def ca_multiplier(cells: int, false_alarm: float, channels: int = 1) -> float:
    """By how much a cell must exceed the mean of `cells` training cells.

    The ratio of two Gamma means is F distributed; for one channel this is N (Pfa^(-1/N) - 1).
    """
    return float(f_distribution.isf(false_alarm, 2 * channels, 2 * channels * cells))


@cache
def go_multiplier(half_cells: int, false_alarm: float, channels: int = 1) -> float:
    """By how much a cell must exceed the greater of two means of `half_cells` each."""
    shape = channels * half_cells
    return _solve(lambda u: gammaincinv(shape, np.sqrt(u)) / half_cells, false_alarm, channels)


@cache
def os_multiplier(cells: int, false_alarm: float, channels: int = 1, share: float = 0.75) -> float:
    """By how much a cell must exceed the training cell of the rank `share * cells`."""
    rank = round(share * cells)
    return _solve(
        lambda u: gammaincinv(channels, betaincinv(rank, cells - rank + 1, u)),
        false_alarm,
        channels,
    )


def _solve(quantile: Callable[[Sums], Sums], false_alarm: float, channels: int) -> float:
    """Find the multiplier whose false-alarm rate, averaged over the reference, is `false_alarm`."""
    nodes, weights = np.polynomial.legendre.leggauss(400)
    t = (nodes + 1) / 2
    reference = quantile(t**4)  # low references alarm most: nodes lie close together there
    density = weights / 2 * 4 * t**3

    def excess(log_multiplier: float) -> float:
        tail = cast("Callable[[int, Sums], Sums]", gammaincc)
        beyond = tail(channels, np.exp(log_multiplier) * reference)
        return float(np.log(max(float(density @ beyond), 1e-300) / false_alarm))

    return float(np.exp(brentq(excess, -3.0, 12.0)))


def _reach(training: Training) -> tuple[int, int]:
    return training.train[0] + training.guard[0], training.train[1] + training.guard[1]


@cache
def _ring(training: Training, width: int) -> NDArray[np.intp]:
    """Where the training cells lie from the cell, in a flattened map of `width` columns."""
    rows, columns = (np.arange(-reach, reach + 1) for reach in _reach(training))
    kept = (abs(rows)[:, None] > training.guard[0]) | (abs(columns) > training.guard[1])
    return (rows[:, None] * width + columns)[kept].astype(np.intp)


def _flat_run(flat: PowerMap, width: int, apart: int) -> PowerMap:
    """Sums of `width` cells that lie `apart`, put together from sums of 1, 2, 4 ... of them."""
    count = len(flat) - (width - 1) * apart
    total: PowerMap | None = None
    part: PowerMap = flat
    at, size = 0, 1
    while True:
        if width & size:
            piece: PowerMap = part[at : at + count]
            total = piece if total is None else np.add(total, piece, dtype=np.float32)
            at += size * apart
        if 2 * size > width:
            return flat if total is None else total
        part = np.add(part[: -size * apart], part[size * apart :], dtype=np.float32)
        size *= 2


def _padded(power: PowerMap, reach: tuple[int, int], kind: type[Number]) -> NDArray[Number]:
    """The map, and behind each edge what lies at the other."""
    (above, beside), (rows, columns) = reach, power.shape
    if above > rows or beside > columns:
        raise ValueError(f"a map of {rows} x {columns} cells is too small for its training cells")
    padded = np.empty((rows + 2 * above, columns + 2 * beside), kind)
    padded[above : above + rows, beside : beside + columns] = power
    padded[above : above + rows, :beside] = power[:, columns - beside :]
    padded[above : above + rows, beside + columns :] = power[:, :beside]
    padded[:above] = padded[rows : rows + above]
    padded[rows + above :] = padded[above : 2 * above]
    return padded


def _box(cells: Sums, size: tuple[int, int]) -> Sums:
    """Sums over boxes of `size` that lie wholly inside, along one axis and then the other."""
    by_rows = _run(cells, size[0])
    return np.ascontiguousarray(_run(np.ascontiguousarray(by_rows.T), size[1]).T)


def _run(cells: Sums, width: int) -> Sums:
    """Sums of `width` rows in turn: of 1, 2, 4 ... rows each by one addition, then put together."""
    count = len(cells) - width + 1
    total = np.zeros((count, cells.shape[1]))
    part, at, size = cells, 0, 1
    while True:
        if width & size:
            total += part[at : at + count]
            at += size
        if 2 * size > width:
            return total
        part = part[:-size] + part[size:]
        size *= 2
