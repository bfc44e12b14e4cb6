"""How the time a scan takes grows with tracks and with sensors (simulated)."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from ..signal.tracking.existence import Scan, TrackerOptions
from ..signal.tracking.measurements import Measurements
from ..signal.tracking.tracker import Tracker
from .rows import Row

SPACING_M = 60.0
SIGMA_M = 0.5
FRAMES, WARM_UP = 12, 8


def growth() -> Iterator[Row]:
    """Tracks 10 to 500 past one sensor, then sensors 1 to 50 over 100 tracks."""
    for things, sensors in ((10, 1), (50, 1), (100, 1), (200, 1), (500, 1),
                            (100, 10), (100, 50), (500, 50)):  # fmt: skip
        took_s = seconds_a_scan(things, sensors)
        each = took_s / things * 1e6
        yield Row(
            bench="tracks",
            name=f"{things} tracks, {sensors} sensors: a scan ({each:.0f} us a track)",
            value=took_s * 1e3,
            unit="ms",
            simulated=True,
        )


def seconds_a_scan(things: int, sensors: int) -> float:
    """Let so many things fly past so many sensors, ten frames a second each; the median scan."""
    rng = np.random.default_rng(things + sensors)
    side = int(np.ceil(np.sqrt(things)))
    east, north = np.divmod(np.arange(things), side)
    places = np.column_stack([east * SPACING_M, north * SPACING_M, np.full(things, 20.0)])
    velocity = np.column_stack([rng.uniform(-10, 10, (things, 2)), np.zeros(things)])
    tracker = Tracker(TrackerOptions(most_tracks=2 * things + 50))
    spread = np.repeat(np.eye(3)[None] * SIGMA_M**2, things, axis=0)
    times: list[float] = []
    frames = WARM_UP + FRAMES if sensors < 50 else WARM_UP + 2
    for frame in range(frames):
        for sensor in range(sensors):
            time_s = (frame + sensor / sensors) * 0.1
            seen = rng.random(things) < 0.9
            plots = (places + velocity * time_s)[seen] + rng.normal(0, SIGMA_M, (seen.sum(), 3))
            measured = Measurements("position", plots, spread[seen])
            before = time.perf_counter()
            tracker.take(Scan(f"radar-{sensor}", time_s, measured))
            if frame >= WARM_UP:
                times.append(time.perf_counter() - before)
    return float(np.median(times))
