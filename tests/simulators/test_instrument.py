from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from havik.config.settings import Mounting
from havik.gateway.plan import mounted
from havik.simulators.instrument import own_axes, place_m


@pytest.mark.parametrize(
    ("facing_deg", "tilt_deg", "enu", "own"),
    [
        (0, 0, (1, 2, 3), (1, 2, 3)),
        (90, 0, (10, 0, 0), (0, 10, 0)),  # to the east lies ahead of who looks east
        (90, 0, (0, 10, 0), (-10, 0, 0)),  # and north to the left
        (180, 0, (0, -5, 1), (0, 5, 1)),
        (0, 90, (0, 0, 7), (0, 7, 0)),  # who looks up has the sky ahead
        (0, 30, (0, np.cos(np.radians(30)), 0.5), (0, 1, 0)),
    ],
)
def test_axes(
    facing_deg: float,
    tilt_deg: float,
    enu: tuple[float, float, float],
    own: tuple[float, float, float],
) -> None:
    mounting = Mounting(facing_deg=facing_deg, tilt_deg=tilt_deg)
    assert own_axes(mounting, np.array(enu)) == pytest.approx(np.array(own), abs=1e-12)


metres = st.floats(-1000, 1000)


@given(
    mounting=st.builds(
        Mounting,
        east_m=metres,
        north_m=metres,
        up_m=metres,
        facing_deg=st.floats(0, 359.9),
        tilt_deg=st.floats(-90, 90),
    ),
    place=st.tuples(metres, metres, metres),
)
def test_the_gateway_turns_it_back(mounting: Mounting, place: tuple[float, float, float]) -> None:
    own = own_axes(mounting, np.array(place) - place_m(mounting))
    assert np.linalg.norm(own) == pytest.approx(np.linalg.norm(np.array(place) - place_m(mounting)))
    back = mounted(mounting, own[:1], own[1:2], own[2:])[0]
    assert back == pytest.approx(np.array(place), abs=1e-6)
