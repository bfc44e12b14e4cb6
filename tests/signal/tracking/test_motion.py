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
    "runs": (lambda t: (5.5 * t, 0.0, 1.0), "person"),
    "stands": (lambda t: (0.0, 0.0, 1.0), "person"),
    "drives": (lambda t: (13 * t, 0.0, 1.2), "vehicle"),
    "flies by": (lambda t: (11 * t, 3 * np.sin(t), 15 + 2 * np.sin(3 * t)), "unknown"),
    "comes and hovers": (lambda t: (min(12 * t, 60), 0.0, 12.0), "drone"),
    "circles": (lambda t: (15 * np.sin(0.7 * t), 15 * np.cos(0.7 * t), 15.0), "unknown"),
    "circles tightly": (lambda t: (4 * np.sin(2 * t), 4 * np.cos(2 * t), 15.0), "unknown"),
    "turns about": (lambda t: (9 * abs(t - 5), 0.0, 15.0), "unknown"),
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


def test_what_has_hovered_stays_a_drone_when_it_leaves() -> None:
    def path(t: float) -> tuple[float, float, float]:
        return (min(12 * t, 60) + max(0.0, 12 * (t - 12)), 0.0, 12.0)

    leaving = after(path, 20.0)
    assert not leaving.hovering
    assert leaving.classify() == "drone"


def noisy(
    path: Path, seconds: float, sigma_m_s: float, rng: np.random.Generator
) -> tuple[Motion, int]:
    """A motion with errors of velocity that last half a second; and at how many steps it hovers."""
    motion, hovered = Motion(MotionLimits()), 0
    error = np.zeros(3)
    for time_s in np.arange(0, seconds, 0.1):
        here, ahead = np.array(path(time_s)), np.array(path(time_s + 0.01))
        error = 0.8 * error + 0.6 * rng.normal(0, sigma_m_s, 3)
        motion.update(float(time_s), here, (ahead - here) / 0.01 + error)
        hovered += motion.hovering
    return motion, hovered


def test_a_hover_is_seen_through_the_errors_of_single_velocities() -> None:
    """Errors of 1 m/s each way are 1.6 m/s of speed in the mean, and often more than 2."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        _, hovered = noisy(lambda t: (min(12 * t, 60), 0.0, 12.0), 14.0, 1.0, rng)
        assert hovered >= 40  # of the 60 steps from 8 to 14 s


def test_errors_make_no_hover_of_a_slow_flight() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        _, hovered = noisy(lambda t: (5 * t, 0.0, 12.0), 14.0, 1.0, rng)
        assert hovered == 0


def test_a_state_older_than_the_last_changes_nothing() -> None:
    motion = after(lambda t: (min(12 * t, 60), 0.0, 12.0), 10.0)
    motion.update(5.0, np.array([0.0, 0.0, 0.0]), np.array([30.0, 0.0, 0.0]))
    assert motion.hovering


def test_the_memory_is_of_the_last_seconds_alone() -> None:
    motion = after(lambda t: (min(12 * t, 60), 0.0, 12.0), 10.0)
    for step in range(1, 20_000):
        place = np.array([60.0 + step, 0.0, 12.0])
        motion.update(10.0 + step / 10, place, np.array([10.0, 0.0, 0.0]))
        assert not (step > 30 and motion.hovering)
    assert len(motion._lately._rows) == 31  # pyright: ignore[reportPrivateUsage] - its bound
