"""How far the tracker is from the truth, how fast it is, and how both grow.

Scenes are simulated, each from a seed. Where HAVIK_PEERS names a Python with stonesoup and pyehm,
those track the same plots in turn with ours; else their published figures stand beside ours. The
group tracker's vectors are used where the folder that HAVIK_DATA names has them.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..signal.tracking.existence import Scan, TrackerOptions
from ..signal.tracking.measurements import Measurements
from ..signal.tracking.metrics import gospa
from ..signal.tracking.models import MotionModel
from ..signal.tracking.tracker import Tracker
from .rows import Row
from .track_growth import growth
from .track_scenes import DENSITY, SIDE_M, SIGMA_M, Array, TrackScene, easy, hard
from .track_vectors import vectors

SEEDS = range(1, 11)
BURN_IN = 10
HARD_SCANS = 25  # the peer takes a minute and more for each
T_975 = 2.262  # Student's t for ten seeds

PUBLISHED = {
    ("gnn", 5): (13.09, 10.5),
    ("gnn", 20): (22.13, 7.5),
    ("gnn", 50): (35.52, 3.2),
}
"""GOSPA and scans a second of one seed, the better of two runs."""

PLAN_OPTIONS = TrackerOptions(
    models=(MotionModel("nearly constant velocity", DENSITY),),
    gate_probability=0.9989,
    speed_sigma_m_s=12.0,
    birth_share=0.05,
    life_s=1000.0,
    confirm_existence=0.99,
    confirm_plots=2,
    confirm_within_s=30.0,
    end_existence=0.02,
    tentative_existence=0.01,
    drop_after_s=1e3,
    drop_tentative_after_s=1e3,
    most_tracks=5000,
)
"""For these scenes, found with other seeds (101 to 104); the peers know the same of the world."""


@dataclass(frozen=True, slots=True)
class Score:
    """How one tracker did in one scene."""

    gospa_m: float
    scans_a_second: float
    missed: float
    false: float


def run() -> list[Row]:
    """Measure all of it."""
    found: list[Row] = []
    for things in (5, 20, 50):
        scenes = [easy(things, seed) for seed in SEEDS]
        found += _compared(f"easy, {things} things", scenes, "gnn", PUBLISHED["gnn", things])
    scenes = [hard(20, seed, scans=HARD_SCANS) for seed in SEEDS]
    found += _compared("hard, 20 things", scenes, "ehm", None)
    return [*found, *vectors(), *growth()]


def track(scene: TrackScene, options: TrackerOptions = PLAN_OPTIONS) -> tuple[list[Array], float]:
    """Track a scene; give the places of the confirmed in each scan, and the seconds taken."""
    tracker = Tracker(options)
    errors = np.eye(2) * SIGMA_M**2
    scans = [
        Scan(
            "radar",
            float(second),
            Measurements("plan", plots, np.repeat(errors[None], len(plots), axis=0)),
            detection=scene.detection,
            clutter=scene.clutter / SIDE_M**2,
        )
        for second, plots in enumerate(scene.plots_m)
    ]
    places: list[Array] = []
    before = time.perf_counter()
    for scan in scans:
        tracker.take(scan)
        known = tracker.arrays
        places.append(known.mean[known.confirmed, 0, :2])
    return places, time.perf_counter() - before


def score(scene: TrackScene, places: Sequence[Array], took_s: float) -> Score:
    """Compare with the truth, after the first scans."""
    parts = [
        gospa(truth, tracks)
        for truth, tracks in zip(scene.truth_m[BURN_IN:], places[BURN_IN:], strict=True)
    ]
    mean = np.mean([(part.distance, part.missed, part.false) for part in parts], axis=0)
    distance, missed, false = mean.tolist()
    return Score(distance, len(places) / took_s, missed, false)


def peer(scene: TrackScene, method: str, python: str) -> Score:
    """Let Stone Soup track the same scene."""
    told = json.dumps({
        "plots_m": [plots.tolist() for plots in scene.plots_m],
        "sigma_m": SIGMA_M, "density": DENSITY, "side_m": SIDE_M,
        "detection": scene.detection, "clutter": scene.clutter,
    })  # fmt: skip
    script = Path(__file__).with_name("stone_soup.py")
    answer = subprocess.run(
        [python, "-I", str(script), method], input=told, capture_output=True, text=True, check=True
    )
    heard = json.loads(answer.stdout)
    places = [np.array(rows, np.float64).reshape(-1, 2) for rows in heard["tracks_m"]]
    return score(scene, places, float(heard["seconds"]))


def _compared(
    name: str, scenes: Sequence[TrackScene], method: str, published: tuple[float, float] | None
) -> Iterator[Row]:
    """Ours and the peer's in turn, scene by scene."""
    python = os.environ.get("HAVIK_PEERS")
    ours: list[Score] = []
    theirs: list[Score] = []
    for scene in scenes:
        ours.append(score(scene, *track(scene)))
        if python:
            theirs.append(peer(scene, method, python))
    label = f"Stone Soup {method.upper()}" + ("" if theirs else ", published, one seed")
    distance, speed = published or (None, None)
    if theirs:
        distance = float(np.mean([one.gospa_m for one in theirs]))
        speed = float(np.median([one.scans_a_second for one in theirs]))
    least, most = interval([one.gospa_m for one in ours])
    mean = float(np.mean([one.gospa_m for one in ours]))
    at = f"{name}, {len(scenes)} seeds"
    yield _row(f"{at}: GOSPA ({least:.2f} to {most:.2f})", mean, "m", distance, label)
    if theirs:
        apart = [a.gospa_m - b.gospa_m for a, b in zip(ours, theirs, strict=True)]
        least, most = interval(apart)
        text = f"{at}: GOSPA less the peer's ({least:.2f} to {most:.2f})"
        yield _row(text, float(np.mean(apart)), "m", None, None)
    rate = float(np.median([one.scans_a_second for one in ours]))
    yield _row(f"{at}: speed", rate, "scans/s", speed, label)
    for part in ("missed", "false"):
        value = float(np.mean([getattr(one, part) for one in ours]))
        other = float(np.mean([getattr(one, part) for one in theirs])) if theirs else None
        yield _row(f"{at}: {part} a scan", value, "tracks", other, label)


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The mean's 95 % interval by Student's t; the bounds of ten values."""
    mean, spread = float(np.mean(values)), float(np.std(values, ddof=1))
    half = T_975 * spread / np.sqrt(len(values))
    return mean - half, mean + half


def _row(name: str, value: float, unit: str, floor: float | None, label: str | None) -> Row:
    return Row(
        bench="tracks",
        name=name,
        value=value,
        unit=unit,
        floor=floor,
        floor_name=None if floor is None else label,
        simulated=True,
    )
