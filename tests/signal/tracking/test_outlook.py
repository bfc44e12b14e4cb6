from __future__ import annotations

import numpy as np
import pytest

from havik.signal.tracking.outlook import landing, nearest_on_outline, time_until_inside

SQUARE = ((-10.0, -10.0), (10.0, -10.0), (10.0, 10.0), (-10.0, 10.0))


@pytest.mark.parametrize(
    ("place", "velocity", "time_s"),
    [
        ((0, 0), (5, 0), 0.0),
        ((-50, 0), (8, 0), 5.0),
        ((-50, 0), (-8, 0), None),
        ((-50, -50), (4, 4), 10.0),  # by the corner
        ((-50, 30), (8, 0), None),  # past it
        ((0, 60), (1, -10), 5.0),  # in at (5, 10)
        ((0, 40), (0, 0), None),
        ((0, 40), (0, -1e-3), 30_000.0),
    ],
)
def test_the_time_to_the_fence(
    place: tuple[float, float], velocity: tuple[float, float], time_s: float | None
) -> None:
    found = time_until_inside(np.array(place, float), np.array(velocity, float), SQUARE)
    assert found == (None if time_s is None else pytest.approx(time_s))


def test_a_package_lands_ahead_of_where_it_is_let_go() -> None:
    """From 19.62 m it falls for 2 s; at 3 m/s it comes 6 m far. Thrown upwards, it falls longer."""
    place = np.array([1.0, 2.0, 19.62])
    assert landing(place, np.array([3.0, 0.0, 0.0])) == pytest.approx([7.0, 2.0])
    assert landing(place, np.zeros(3)) == pytest.approx([1.0, 2.0])
    # 0 = 19.62 + 9.81 t - 4.905 t^2: t = 1 + sqrt(5)
    thrown = landing(place, np.array([1.0, 0.0, 9.81]))
    assert thrown[0] == pytest.approx(1.0 + 1 + np.sqrt(5.0))


@pytest.mark.parametrize(
    ("place", "apart", "point"),
    [((15, 3), 5.0, (10, 3)), ((13, 14), 5.0, (10, 10)), ((0, 9), 1.0, (0, 10))],
)
def test_the_nearest_facade(
    place: tuple[float, float], apart: float, point: tuple[float, float]
) -> None:
    distance, found = nearest_on_outline(np.array(place, float), SQUARE)
    assert distance == pytest.approx(apart)
    assert found == pytest.approx(point)
