"""A map of where a sensor sees what is nothing: swaying trees, a fan, a fence.

Measurements that no track explains are counted in the cells of a plan about the sensor, and
forgotten exponentially, so that a place with much clutter asks for more evidence before something
new is believed there. Beyond the plan's edge the prior stands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

CELLS = 64


SURE_OF_PRIOR = 5.0
"""The prior weighs as much as so many measurements seen: a Gamma distribution of that shape."""


@dataclass(frozen=True, slots=True)
class ClutterMap:
    """The rate of clutter of one sensor, by place.

    Parameters
    ----------
    prior : float
        Measurements a scan and unit of measured volume, before anything is learned.
    centre_m : float64, shape (2,)
    cell_m : float
    memory_scans : float
        What was seen is forgotten by a factor e in so many scans.
    volume : float
        Of a cell, in the unit of the prior (area, times height and range rate if measured).
    seen : float64, shape (CELLS, CELLS)
        Unexplained measurements, as far as they are remembered.
    scans : float
        Scans, as far as they are remembered.
    """

    prior: float
    centre_m: Array
    cell_m: float
    memory_scans: float
    volume: float
    seen: Array
    scans: float = 0.0

    @staticmethod
    def empty(
        prior: float, centre_m: Array, *, cell_m: float, depth: float, memory_scans: float = 300.0
    ) -> ClutterMap:
        """Begin with the prior everywhere; `depth` is a cell's volume over its area."""
        seen = np.zeros((CELLS, CELLS))
        return ClutterMap(prior, centre_m[:2].copy(), cell_m, memory_scans, cell_m**2 * depth, seen)

    def density(self, places_m: Array) -> Array:
        """Clutter at places of shape (n, 2 or 3), a scan and unit volume."""
        east, north, inside = self._cells(places_m)
        expected = self.scans * self.prior * self.volume
        learned = (SURE_OF_PRIOR + self.seen[east, north]) / (SURE_OF_PRIOR + expected)
        density: Array = self.prior * np.where(inside, learned, 1.0)
        return density

    def learn(self, places_m: Array, unexplained: Array) -> ClutterMap:
        """Take in one scan: its measurements, and how probable it is that each was nothing's."""
        keep = 1 - 1 / self.memory_scans
        seen = self.seen * keep
        east, north, inside = self._cells(places_m)
        np.add.at(seen, (east, north), unexplained * inside)
        return ClutterMap(
            self.prior, self.centre_m, self.cell_m, self.memory_scans, self.volume,
            seen, self.scans * keep + 1,
        )  # fmt: skip

    def _cells(
        self, places_m: Array
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_]]:
        cells = np.floor((places_m[:, :2] - self.centre_m) / self.cell_m) + CELLS // 2
        inside: NDArray[np.bool_] = np.all((cells >= 0) & (cells < CELLS), axis=1)
        east, north = np.where(inside[:, None], cells, 0).astype(np.intp).T
        return east, north, inside
