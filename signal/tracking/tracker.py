"""A multi-target tracker over any mix of sensors, each at its own rate.

Each call takes one sensor's scan of one moment. A scan that comes late is put in its place: the
tracker goes back to what it knew before it and takes the later scans in again, within bounds, so
that the order of arrival changes nothing.
Cost: linear in tracks and in gated pairs; a late scan costs as much again as the scans after it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from .clutter import ClutterMap
from .existence import (
    CLASSES,
    MOST_SENSORS,
    Scan,
    TrackerOptions,
    Tracks,
    advance,
    alive,
    born,
    judged,
    no_tracks,
    take_in,
)
from .filters import mixed
from .masks import View
from .measurements import PLACED, Measurements
from .models import Array

__all__ = ["Estimate", "Plot", "Scan", "TrackState", "Tracker", "TrackerOptions"]

MAP_CELL_M = 10.0
DEPTHS = {"position": 50.0, "plan": 1.0, "moving": 50.0 * 30.0}
"""A map's cell over its area: 50 m of height, 30 m/s of range rates."""

SMALL_RADAR = 0.5
"""How often a radar of a chip sees a small aircraft in its view: its echo fades with its turns."""

UNCLAIMED = 0.5  # a measurement begins a track when more probably of none that there is
SAME_TRACK = 1.0  # squared distance of two states, six degrees of freedom: 1.4 % of pairs


@dataclass(frozen=True, slots=True)
class Plot:
    """One measured position.

    Parameters
    ----------
    position_m : float64, shape (3,)
        East, north, up of the site's origin.
    covariance_m2 : float64, shape (3, 3)
    classes : float64, shape (5,), optional
        How likely its echo is of a drone, a bird, a person, a vehicle, anything else.
    """

    position_m: Array
    covariance_m2: Array
    classes: Array | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """Mean and covariance of position (m) and velocity (m/s): shape (6,) and (6, 6)."""

    mean: Array
    covariance: Array

    @property
    def position_m(self) -> Array:
        """East, north, up; shape (3,)."""
        return self.mean[:3]

    @property
    def velocity_m_s(self) -> Array:
        """East, north, up; shape (3,)."""
        return self.mean[3:]


@dataclass(frozen=True, slots=True)
class TrackState:
    """One tracked thing.

    Parameters
    ----------
    number : int
        Its name, never given again.
    estimate : Estimate
    existence : float
        How probable it is that there is anything.
    models : float64, shape (models,)
        How probably it moves by each of the tracker's models.
    began_m : float64, shape (3,)
        Where its first plot lay.
    classes : float64, shape (classes,)
        Log-likelihoods of what it is, as the scans told them.
    """

    number: int
    estimate: Estimate
    time_s: float
    first_s: float
    last_plot_s: float
    began_m: Array
    confirmed: bool
    existence: float
    models: Array
    sensors: frozenset[str]
    classes: Array


@dataclass(frozen=True, slots=True)
class _Known:
    """All that a scan can change."""

    tracks: Tracks
    maps: dict[str, ClutterMap]


class Tracker:
    """Scans in, tracks out; time comes with the scans.

    Attributes
    ----------
    left_out : int
        Plots that began no track because there were too many.
    too_late : int
        Scans that came after what could be taken back.
    """

    def __init__(self, options: TrackerOptions | None = None) -> None:
        self.options = options or TrackerOptions()
        self._known = _Known(no_tracks(self.options), {})
        self._history: deque[tuple[int, Scan, _Known]] = deque(maxlen=self.options.most_late)
        self._numbers: dict[tuple[int, int], int] = {}
        self._sensors: dict[str, int] = {}
        self._scans = 0
        self._next_number = 1
        self.left_out = 0
        self.too_late = 0

    def update(
        self, sensor: str, time_s: float, plots: Sequence[Plot], view: View | None = None
    ) -> list[int]:
        """Take in one sensor's positions of `time_s`; give the track's number of each, or 0."""
        values = np.array([plot.position_m for plot in plots]).reshape(-1, 3)
        spread = np.array([plot.covariance_m2 for plot in plots]).reshape(-1, 3, 3)
        classes = None
        if any(plot.classes is not None for plot in plots):
            none = np.ones(CLASSES)
            classes = np.array([none if p.classes is None else p.classes for p in plots])
        measured = Measurements("position", values, spread)
        return self.take(
            Scan(sensor, time_s, measured, detection=SMALL_RADAR, view=view, classes=classes)
        )

    def take(self, scan: Scan) -> list[int]:
        """Take in one scan; give the track's number of each measurement, or 0.

        One that is later than the bounds allow is left out, and counted.
        """
        before = [part for part in self._history if part[1].time_s > scan.time_s]
        history_s = self._known.tracks.time_s
        if history_s - scan.time_s > self.options.lag_s or (
            before and len(before) == self.options.most_late
        ):
            self.too_late += 1
            return [0] * len(scan.measurements)
        if before:
            self._known = before[0][2]
            for _ in before:
                self._history.pop()
        self._scans += 1
        owners = self._apply(self._scans, scan)
        for mark, later, _ in before:
            self._apply(mark, later)
        if scan.time_s < history_s:  # nothing after it was left to take in again
            self._known = replace(
                self._known, tracks=advance(self._known.tracks, history_s, self.options)
            )
        return owners

    def drop(self, time_s: float) -> None:
        """Let go of tracks that have had no plot for too long."""
        self._known = replace(self._known, tracks=alive(self._known.tracks, time_s, self.options))

    @property
    def arrays(self) -> Tracks:
        """All tracks, tentative ones too, as arrays."""
        return self._known.tracks

    @property
    def tracks(self) -> list[TrackState]:
        """All tracks, tentative ones too."""
        known = self._known.tracks
        mean, covariance = mixed(known.bank)
        names = np.array([*self._sensors, *[""] * (MOST_SENSORS - len(self._sensors))])
        return [
            TrackState(
                number=int(known.number[n]),
                estimate=Estimate(mean[n], covariance[n]),
                time_s=known.time_s,
                first_s=float(known.first_s[n]),
                last_plot_s=float(known.recent_s[n, -1]),
                began_m=known.began_m[n],
                confirmed=bool(known.confirmed[n]),
                existence=float(known.existence[n]),
                models=known.weight[n],
                sensors=frozenset(names[known.sensors[n]].tolist()),
                classes=known.classes[n],
            )
            for n in range(len(known))
        ]

    def _apply(self, mark: int, scan: Scan) -> list[int]:
        """Take in a scan that is the newest."""
        self._history.append((mark, scan, self._known))
        options = self.options
        column = self._sensors.setdefault(scan.sensor, min(len(self._sensors), MOST_SENSORS - 1))
        tracks = advance(self._known.tracks, scan.time_s, options)
        measured = scan.measurements
        is_placed = measured.kind in PLACED
        clutter = self._map(scan) if is_placed else None
        density = np.full(len(measured), scan.clutter)
        if clutter is not None and len(measured):
            density = clutter.density(measured.values)
        new = options.birth_share * density
        outcome = take_in(tracks, scan, density + new, column, options)
        owner, tracks = outcome.owner, outcome.tracks
        maps = self._known.maps
        if clutter is not None:
            learned = clutter.learn(measured.values, outcome.unclaimed)
            maps = {**maps, scan.sensor: learned}
            fresh = np.flatnonzero(outcome.unclaimed > UNCLAIMED)
            fresh = self._with_room(fresh, options.most_tracks - len(tracks))
            if len(fresh):
                share = options.birth_share / (1 + options.birth_share)
                numbers = self._names(mark, fresh)
                there = outcome.unclaimed[fresh] * share
                tracks = tracks.join(born(scan, fresh, there, numbers, column, options))
                owner[fresh] = numbers
        tracks = alive(_merged(judged(tracks, options), owner), scan.time_s, options)
        self._known = _Known(tracks, maps)
        numbers_of: list[int] = owner.tolist()
        return numbers_of

    def _map(self, scan: Scan) -> ClutterMap:
        known = self._known.maps.get(scan.sensor)
        if known is not None:
            return known
        view = scan.view
        centre = np.zeros(2) if view is None else view.place_m[:2]
        depth = DEPTHS[scan.measurements.kind]
        return ClutterMap.empty(scan.clutter, centre, cell_m=MAP_CELL_M, depth=depth)

    def _with_room(self, fresh: NDArray[np.intp], room: int) -> NDArray[np.intp]:
        self.left_out += max(len(fresh) - max(room, 0), 0)
        return fresh[: max(room, 0)]

    def _names(self, mark: int, columns: NDArray[np.intp]) -> NDArray[np.int64]:
        """Number new tracks; one that begins again at the same measurement keeps its number."""
        numbers: list[int] = []
        for column in columns.tolist():
            number = self._numbers.get((mark, column))
            if number is None:
                number, self._next_number = self._next_number, self._next_number + 1
                self._numbers[mark, column] = number
            numbers.append(number)
        while len(self._numbers) > 8192:
            del self._numbers[next(iter(self._numbers))]
        return np.array(numbers, np.int64)


def _merged(tracks: Tracks, owner: NDArray[np.int64]) -> Tracks:
    """Let the younger go of two confirmed tracks that cannot be told apart.

    Two that have a measurement each in this scan are two things, however near.
    """
    rows = np.flatnonzero(tracks.confirmed)
    if len(rows) < 2:
        return tracks
    mean, covariance = mixed(tracks.take(rows).bank)
    widest = 2 * np.trace(covariance[:, :2, :2], axis1=1, axis2=2).max()
    near = KDTree(mean[:, :2]).query_pairs(np.sqrt(SAME_TRACK * widest), output_type="ndarray")
    if not len(near):
        return tracks
    first, second = near.T
    apart = mean[first] - mean[second]
    spread = covariance[first] + covariance[second]
    same = (apart * np.linalg.solve(spread, apart[..., None])[..., 0]).sum(axis=1) < SAME_TRACK
    holds = np.isin(tracks.number[rows], owner)
    same &= ~(holds[first] & holds[second])
    numbers = tracks.number[rows]
    younger = np.maximum(numbers[first[same]], numbers[second[same]])
    return tracks.take(~np.isin(tracks.number, younger)) if len(younger) else tracks
