"""A plan of the site and what was tracked on it: ways, places with their errors, sensors."""

# Matplotlib's own annotations leave keyword arguments unknown.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ...config.settings import Building, Sensor, Zone

Array = NDArray[np.float64]

SIGMAS = 2.0  # of an ellipse: 86 % of the places lie inside
MOST_ELLIPSES = 12  # along one way; more hide it
COLOURS = ("#d1495b", "#00798c", "#edae49", "#30638e", "#8d5a97", "#5b8e3e")
EDGES = {"perimeter": "#333333", "yard": "#9a8c5c"}


@dataclass(frozen=True, slots=True)
class TrackDrawing:
    """One track's way.

    Parameters
    ----------
    name : str
        As it stands beside its end.
    places_m : float64, shape (n, 2) or (n, 3)
        East, north (and up).
    covariances_m2 : float64, shape (n, 2, 2) or (n, 3, 3)
    """

    name: str
    places_m: Array
    covariances_m2: Array


def draw_plan(
    file: Path,
    tracks: Sequence[TrackDrawing],
    *,
    plots_m: Array | None = None,
    zones: Sequence[Zone] = (),
    buildings: Sequence[Building] = (),
    sensors: Sequence[Sensor] = (),
    title: str = "",
) -> None:
    """Draw a plan view, north up, both axes in metres and alike.

    Parameters
    ----------
    file : Path
        Its ending names the format.
    tracks : sequence of TrackDrawing
    plots_m : float64, shape (n, 2) or (n, 3), optional
        What the sensors measured, as small points.
    """
    figure = Figure(figsize=(9, 9), layout="constrained")
    axes = figure.add_subplot()
    _draw_site(axes, zones, buildings, sensors)
    if plots_m is not None and len(plots_m):
        axes.plot(*plots_m[:, :2].T, ".", color="#999999", markersize=2, zorder=1)
    for number, track in enumerate(tracks):
        _draw_track(axes, track, COLOURS[number % len(COLOURS)])
    axes.set(xlabel="east, m", ylabel="north, m", title=title)
    axes.set_aspect("equal", adjustable="datalim")
    axes.grid(color="#e5e5e5", linewidth=0.6)
    axes.set_axisbelow(True)
    figure.savefig(file, dpi=110)


def ellipse(covariance_m2: Array, sigmas: float = SIGMAS, corners: int = 48) -> Array:
    """Give the outline of a covariance's ellipse about its middle; shape (corners, 2)."""
    values, axes = np.linalg.eigh(covariance_m2[:2, :2])
    turn = np.linspace(0, 2 * np.pi, corners)
    circle = np.array([np.cos(turn), np.sin(turn)])
    outline: Array = (axes @ (sigmas * np.sqrt(np.maximum(values, 0))[:, None] * circle)).T
    return outline


def _draw_site(
    axes: Axes, zones: Sequence[Zone], buildings: Sequence[Building], sensors: Sequence[Sensor]
) -> None:
    for zone in zones:
        corners = np.array([*zone.corners_m, zone.corners_m[0]])
        axes.plot(*corners.T, "--", color=EDGES[zone.kind], linewidth=1, zorder=1)
        axes.annotate(
            zone.id, _point(corners[:-1].min(axis=0)), xytext=(3, 3), textcoords="offset points",
            color=EDGES[zone.kind], fontsize=8,
        )  # fmt: skip
    for building in buildings:
        axes.fill(*np.array(building.corners_m).T, color="#d8d8d8", zorder=0)
    masts: dict[tuple[float, float], list[str]] = {}
    for sensor in sensors:
        masts.setdefault((sensor.mounting.east_m, sensor.mounting.north_m), []).append(sensor.id)
    for place, names in masts.items():
        axes.plot(*place, "k^", markersize=6, zorder=4)
        axes.annotate(
            ", ".join(names), place, xytext=(6, -10), textcoords="offset points", fontsize=8
        )


def _draw_track(axes: Axes, track: TrackDrawing, colour: str) -> None:
    if not len(track.places_m):
        return
    axes.plot(*track.places_m[:, :2].T, "-", color=colour, linewidth=1.5, zorder=3)
    step = max(1, int(np.ceil(len(track.places_m) / MOST_ELLIPSES)))
    shown = range(len(track.places_m) - 1, -1, -step)
    for nth in shown:
        outline = track.places_m[nth, :2] + ellipse(track.covariances_m2[nth])
        axes.fill(*outline.T, color=colour, alpha=0.15, linewidth=0, zorder=2)
    axes.plot(*track.places_m[-1, :2], "o", color=colour, markersize=5, zorder=4)
    axes.annotate(
        track.name, _point(track.places_m[-1]), xytext=(7, 5), textcoords="offset points",
        color=colour, fontsize=9, weight="bold", zorder=5,
    )  # fmt: skip


def _point(place_m: Array) -> tuple[float, float]:
    return float(place_m[0]), float(place_m[1])
