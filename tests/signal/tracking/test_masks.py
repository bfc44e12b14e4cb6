from __future__ import annotations

import numpy as np
import pytest

from havik.signal.tracking.masks import View, Wall, believable, hidden

EYE = np.array([0.0, 0.0, 6.0])
WALL = Wall((-10.0, 20.0), (10.0, 20.0), 8.0)


@pytest.mark.parametrize(
    ("place", "behind"),
    [
        ((0.0, 40.0, 6.0), True),
        ((0.0, 19.0, 6.0), False),  # before it
        ((0.0, 40.0, 12.0), False),  # at the wall the sight is 9 m up
        ((0.0, 40.0, 9.0), True),  # there 7.5 m
        ((30.0, 40.0, 6.0), False),  # past its end: the sight crosses at 15 m east
        ((0.0, -40.0, 0.0), False),
        ((15.0, 0.0, 0.0), False),  # along it
    ],
)
def test_a_wall_hides_what_is_behind_and_below(
    place: tuple[float, float, float], behind: bool
) -> None:
    assert hidden(EYE, np.array([place]), (WALL,)).tolist() == [behind]


@pytest.mark.parametrize(
    ("place", "seen"),
    [
        ((0.0, 50.0, 6.0), True),
        ((0.0, 101.0, 6.0), False),  # too far
        ((50.0, 50.0, 6.0), True),
        ((60.0, 20.0, 6.0), False),  # 71.6 degrees to the side
        ((0.0, -50.0, 6.0), False),
        ((0.0, 50.0, 40.0), True),  # 34 degrees up: 30 and 10 of tilt
        ((0.0, 20.0, 30.0), False),
    ],
)
def test_a_view_ends_at_its_range_and_its_sides(
    place: tuple[float, float, float], seen: bool
) -> None:
    view = View(
        EYE, tilt_rad=np.radians(10.0), range_m=100.0, half_width_rad=np.radians(60.0),
        half_height_rad=np.radians(30.0),
    )  # fmt: skip
    assert view.sees(np.array([place])).tolist() == [seen]


def test_a_view_turns_with_its_sensor() -> None:
    view = View(EYE, facing_rad=np.radians(350.0), half_width_rad=np.radians(15.0))
    azimuth = np.radians([336.0, 340.0, 0.0, 4.0, 6.0])
    places = np.column_stack([50 * np.sin(azimuth), 50 * np.cos(azimuth), np.full(5, 6.0)])
    assert view.sees(places).tolist() == [True, True, True, True, False]


def test_mirror_images_are_not_believed() -> None:
    places = np.array([[0.0, 10.0, -5.0], [0.0, 10.0, -1.0], [0.0, 40.0, 5.0], [0.0, 10.0, 5.0]])
    assert believable(None, places).tolist() == [False, True, True, True]
    view = View(EYE, walls=(WALL,))
    assert believable(view, places).tolist() == [False, True, False, True]
    window = np.array([[0.0, 24.0, 5.0], [0.0, 27.0, 5.0]])  # by its errors in the wall, or behind
    assert believable(view, window).tolist() == [True, False]
