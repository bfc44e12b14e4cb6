from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from havik.config.settings import Building, Mounting, MqttSensor, Zone
from havik.gateway.offline.plan_picture import TrackDrawing, draw_plan, ellipse

SQUARE = ((-50.0, -40.0), (50.0, -40.0), (50.0, 40.0), (-50.0, 40.0))


def test_an_ellipse_has_the_covariances_axes() -> None:
    """Standard deviations of 3 and 1 m, turned by 30 degrees, at two sigmas."""
    turn = np.radians(30.0)
    axes = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    outline = ellipse(axes @ np.diag([9.0, 1.0]) @ axes.T, corners=361)
    away = np.linalg.norm(outline, axis=1)
    assert (away.max(), away.min()) == (pytest.approx(6.0, abs=0.01), pytest.approx(2.0, abs=0.01))
    east, north = outline[away.argmax()]
    assert np.degrees(np.arctan2(north, east)) % 180 == pytest.approx(30.0, abs=1.0)


def test_a_track_is_drawn_in_its_colour_over_the_site(tmp_path: Path) -> None:
    file, empty = tmp_path / "plan.png", tmp_path / "empty.png"
    places = np.column_stack([np.linspace(-40, 40, 30), np.zeros(30), np.full(30, 12.0)])
    track = TrackDrawing("drone", places, np.repeat(np.diag([4.0, 9.0, 4.0])[None], 30, 0))
    site = {
        "zones": [Zone(id="fence", kind="perimeter", corners_m=SQUARE)],
        "buildings": [Building(id="a", corners_m=((0, 10), (20, 10), (20, 20)), height_m=8)],
        "sensors": [MqttSensor(id="r", driver="x", topic="t", mounting=Mounting(east_m=5.0))],
    }
    draw_plan(empty, [], title="nothing", **site)  # type: ignore[arg-type]  # one dict for both
    draw_plan(file, [track], plots_m=places, **site)  # type: ignore[arg-type]
    red = np.array([0xD1, 0x49, 0x5B]) / 255

    def coloured(picture: Path) -> int:
        return int((np.abs(imread(picture)[..., :3] - red).max(axis=2) < 0.02).sum())

    assert coloured(empty) == 0
    assert coloured(file) > 500


def test_a_track_without_places_is_left_out(tmp_path: Path) -> None:
    nothing = TrackDrawing("gone", np.zeros((0, 2)), np.zeros((0, 2, 2)))
    draw_plan(tmp_path / "plan.png", [nothing])
    assert (tmp_path / "plan.png").stat().st_size > 1000
