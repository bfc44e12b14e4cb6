"""The unit vectors of TI's group tracker: its reference positions beside ours."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from ..signal.radar.cluster import cluster_points
from ..signal.tracking.existence import Scan, TrackerOptions
from ..signal.tracking.measurements import Measurements, with_rates
from ..signal.tracking.tracker import Tracker
from .rows import Row
from .track_scenes import Array

FILE = "radar/gtracker_testdata.dat"
PERIOD_S = 0.4  # the reference's positions move by so much of its velocities
SIGMA_M, SIGMA_RAD, RATE_SIGMA_M_S = 0.6, 0.02, 0.1
"""Of one point, about its group; the scatter seen in the first test's points."""

REACH_M = 2.5
NEAR_M = 5.0


@dataclass(frozen=True, slots=True)
class Frame:
    """Points (range m, azimuth rad from the y axis, range rate m/s) and true x, y, vx, vy."""

    points: Array
    truth: Array


def read(text: str) -> list[list[Frame]]:
    """Read the tests of the file.

    Two counts (tests, frames of each) come first; each frame has `NUM=`, so many points, the count
    of references, and those.
    """
    lines = iter(text.split())
    tests, frames = int(next(lines)), int(next(lines))
    return [[_frame(lines) for _ in range(frames)] for _ in range(tests)]


def _frame(lines: Iterator[str]) -> Frame:
    points = _rows(lines, int(next(lines).removeprefix("NUM=")), 3)
    return Frame(points, _rows(lines, int(next(lines)), 4))


def _rows(lines: Iterator[str], count: int, width: int) -> Array:
    rows = [[float(value) for value in next(lines).split(",")] for _ in range(count)]
    return np.array(rows, np.float64).reshape(count, width)


def errors(frames: list[Frame]) -> tuple[list[float], int]:
    """Track one test; give the distances to its references, and how many found no track near."""
    tracker = Tracker(TrackerOptions(
        confirm_plots=1, confirm_existence=0.0, drop_after_s=2.0, confirm_within_s=5.0,
    ))  # fmt: skip
    apart: list[float] = []
    missed = 0
    for number, frame in enumerate(frames):
        tracker.take(Scan("ti", number * PERIOD_S, measured(frame.points), clutter=1e-6))
        sure = (track for track in tracker.tracks if track.confirmed)
        places = np.array([track.estimate.position_m[:2] for track in sure]).reshape(-1, 2)
        table = np.linalg.norm(frame.truth[:, None, :2] - places[None], axis=2)
        rows, columns = linear_sum_assignment(np.minimum(table, NEAR_M))
        near = table[rows, columns]
        apart += near[near < NEAR_M].tolist()
        missed += len(frame.truth) - int((near < NEAR_M).sum())
    return apart, missed


def measured(points: Array) -> Measurements:
    """Groups of points to one measurement each: their mean, surer by their number."""
    range_m, azimuth, rate_m_s = points.T
    sight = np.column_stack([np.sin(azimuth), np.cos(azimuth), np.zeros(len(points))])
    places = range_m[:, None] * sight
    labels = cluster_points(places, rate_m_s, reach_m=REACH_M)
    groups = [np.flatnonzero(labels == n) for n in range(int(labels.max(initial=-1)) + 1)]
    means = np.array([places[group].mean(axis=0) for group in groups]).reshape(-1, 3)
    rates = np.array([rate_m_s[group].mean() for group in groups])
    spreads = [_spread(mean, len(group)) for mean, group in zip(means, groups, strict=True)]
    spread = np.array(spreads).reshape(-1, 3, 3)
    return with_rates(means, spread, np.zeros(3), rates, RATE_SIGMA_M_S)


def _spread(place: Array, count: int) -> Array:
    range_m = max(float(np.linalg.norm(place)), 0.1)
    sight = place / range_m
    along = np.outer(sight, sight)
    across = (range_m * SIGMA_RAD) ** 2
    spread: Array = (SIGMA_M**2 * along + across * (np.eye(3) - along)) / count
    return spread


def vectors() -> Iterator[Row]:
    """Our distance to the references, if the file is there."""
    folder = os.environ.get("HAVIK_DATA", Path(__file__).parents[2] / "shared/data")
    path = Path(folder) / FILE
    if not path.is_file():
        return
    apart: list[float] = []
    missed = 0
    for frames in read(path.read_text()):
        near, far = errors(frames)
        apart += near
        missed += far
    for name, value, unit in (
        ("RMS distance to the references", float(np.sqrt(np.mean(np.square(apart)))), "m"),
        ("references with a track within 5 m", float(len(apart)), "rows"),
        ("references without", float(missed), "rows"),
    ):
        yield Row(bench="tracks", name=f"TI group tracker vectors: {name}", value=value, unit=unit)
