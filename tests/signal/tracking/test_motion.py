from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from havik.signal.tracking.motion import Motion, MotionLimits

Path = Callable[[float], tuple[float, float, float]]


def after(path: Path, seconds: float) -> Motion:
    motion = Motion(MotionLimits())
    for time_s in np.arange(0, seconds, 0.1):
        here, ahead = np.array(path(time_s)), np.array(path(time_s + 0.01))
        motion.update(float(time_s), here, (ahead - here) / 0.01)
    return motion


PATHS: dict[str, tuple[Path, str]] = {
    "walks": (lambda t: (1.4 * t, 0.0, 1.0), "person"),
    "stands": (lambda t: (0.0, 0.0, 1.0), "person"),
    "drives": (lambda t: (13 * t, 0.0, 1.2), "vehicle"),
    "flies by": (lambda t: (11 * t, 3 * np.sin(t), 15 + 2 * np.sin(3 * t)), "unknown"),
    "comes and hovers": (lambda t: (min(12 * t, 60), 0.0, 12.0), "drone"),
    "a branch that sways": (lambda t: (0.3 * np.sin(2 * t), 0.0, 6.0), "unknown"),
}


@pytest.mark.parametrize("name", PATHS)
def test_what_moves_like_that(name: str) -> None:
    path, kind = PATHS[name]
    assert after(path, 10.0).classify() == kind


def test_a_hover_takes_its_time_and_ends() -> None:
    def path(t: float) -> tuple[float, float, float]:
        return (min(12 * t, 60) + max(0.0, 12 * (t - 12)), 0.0, 12.0)

    assert not after(path, 7.5).hovering  # it stands since 5.0 s
    assert after(path, 8.5).hovering
    assert not after(path, 13.0).hovering


def test_no_verdict_at_first_sight() -> None:
    assert after(lambda t: (13 * t, 0.0, 1.0), 0.5).classify() == "unknown"
