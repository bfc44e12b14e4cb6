"""Each lie by itself, against the same flight told honestly."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from havik.signal.trust.behaviour import MOST_MOMENTS, REASONS, Behaviour, Moment

RECEIVER_M = (0.0, 0.0, 10.0)


def free_space_dbm(place_m: tuple[float, float, float], radiated_dbm: float = 10.0) -> float:
    """Friis, 2.437 GHz: 40.18 dB at one metre."""
    return radiated_dbm - 40.18 - 20 * math.log10(math.dist(place_m, RECEIVER_M))


def flight() -> list[Moment]:
    """Half a minute towards the receiver at 15 m/s, from 600 m."""
    places = [(0.0, 600.0 - 15.0 * second, 40.0) for second in range(35)]
    return [
        Moment(
            time_s=float(second),
            place_m=place,
            speed_m_s=15.0,
            receiver_m=RECEIVER_M,
            level_dbm=free_space_dbm(place),
            counter=second % 256,
            clock_offset_s=0.1,
        )
        for second, place in enumerate(places)
    ]


def figures(moments: list[Moment], **values: object) -> dict[str, float]:
    behaviour = replace(Behaviour(), **values)  # type: ignore[arg-type]  # by name, all its own
    behaviour.moments.extend(moments)
    return dict(zip(REASONS, behaviour.figures().tolist(), strict=True))


def test_an_honest_flight_shows_nothing_and_its_level_speaks_for_it() -> None:
    shown = figures(flight(), operator_away_m=700.0)
    assert shown.pop("level") < -0.9
    assert set(shown.values()) == {0.0}


LIES: list[tuple[str, Callable[[int, Moment], Moment]]] = [
    ("speed", lambda n, one: replace(one, place_m=(0.0, 200.0 * n, 40.0))),
    ("climb", lambda n, one: replace(one, place_m=(0.0, 500.0, 50.0 * (n % 2)))),
    ("velocity", lambda _, one: replace(one, speed_m_s=60.0)),
    ("level", lambda _, one: replace(one, level_dbm=-60.0)),
    ("distance", lambda _, one: replace(one, level_dbm=-20.0)),
    ("distance", lambda _, one: replace(one, level_dbm=-140.0)),
    ("counter", lambda _, one: replace(one, counter=7)),
    ("clock", lambda _, one: replace(one, clock_offset_s=-600.0)),
]


@pytest.mark.parametrize(("reason", "lie"), LIES)
def test_a_lie_shows(reason: str, lie: Callable[[int, Moment], Moment]) -> None:
    assert figures(flight())[reason] <= 0
    assert figures([lie(n, one) for n, one in enumerate(flight())])[reason] > 0.9


@pytest.mark.parametrize(
    ("reason", "values"),
    [
        ("transmitter", {"sharing": 12}),
        ("serial", {"serial_is_wrong": True}),
        ("operator", {"operator_away_m": 40_000.0}),
        ("support", {"support": 1.0}),
    ],
)
def test_what_is_known_beside_the_moments_shows(reason: str, values: dict[str, object]) -> None:
    assert figures(flight(), **values)[reason] == 1.0


def test_one_bad_fix_is_no_lie() -> None:
    told = flight()
    told[12] = replace(told[12], place_m=(5000.0, 0.0, 900.0))
    shown = figures(told)
    assert shown["speed"] == shown["climb"] == shown["velocity"] == 0.0


def test_a_counter_runs_over_and_misses_steps() -> None:
    told = [replace(one, counter=(250 + 3 * n) % 256) for n, one in enumerate(flight())]
    assert figures(told)["counter"] == 0.0


moments = st.lists(
    st.builds(
        Moment,
        time_s=st.floats(0, 2e9),
        place_m=st.none() | st.tuples(*[st.floats(-2e7, 2e7)] * 3),
        speed_m_s=st.none() | st.floats(0, 255),
        receiver_m=st.none() | st.just(RECEIVER_M),
        level_dbm=st.none() | st.floats(-200, 50),
        counter=st.none() | st.integers(0, 255),
        clock_offset_s=st.none() | st.floats(-1800, 1800),
    ),
    max_size=MOST_MOMENTS + 10,
)


@given(moments)
def test_figures_are_within_their_limits_whatever_is_claimed(told: list[Moment]) -> None:
    behaviour = Behaviour()
    behaviour.moments.extend(told)
    shown = behaviour.figures()
    assert len(behaviour.moments) <= MOST_MOMENTS
    assert np.isfinite(shown).all() and (np.abs(shown) <= 1).all()
