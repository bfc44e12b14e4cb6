from __future__ import annotations

import numpy as np
import pytest

from havik.config.settings import Building, Mounting, MqttSensor
from havik.gateway.support import (
    CONTRADICTED_AFTER,
    UNSUPPORTED_AFTER,
    Verdict,
    covered,
    judge_alone,
    judge_joined,
    near_enough,
    together,
    views,
)

RADAR = MqttSensor(
    id="radar", driver="x", topic="t", mounting=Mounting(up_m=5.0, reach_m=200.0, width_deg=120.0)
)
BLIND = MqttSensor(id="blind", driver="x", topic="t", mounting=Mounting(facing_deg=180.0))
HALL = Building(id="hall", corners_m=((-20, 50), (20, 50), (20, 70), (-20, 70)), height_m=12.0)


@pytest.mark.parametrize(
    ("place", "is_covered"),
    [
        ((60.0, 100.0, 20.0), True),
        ((0.0, 100.0, 15.0), False),  # behind the hall: at 50 m the sight is 10 m up
        ((0.0, 100.0, 30.0), True),  # over it
        ((0.0, 190.0, 60.0), False),  # in reach, but near its end
        ((100.0, 60.0, 5.0), False),  # 59 degrees to the side: near the edge
        ((0.0, -50.0, 5.0), False),  # the one that looks there does not know its reach
    ],
)
def test_what_is_covered(place: tuple[float, float, float], is_covered: bool) -> None:
    known = views([RADAR, BLIND], [HALL])
    assert list(known) == ["radar"]
    assert covered(known.values(), np.array(place)) == is_covered


def test_near_is_within_the_errors_and_no_less_than_a_second_of_flight() -> None:
    for apart_m, claimed_m, measured_m, near in (
        (39.0, None, None, True),
        (41.0, 3.0, 2.0, False),
        (80.0, 30.0, 2.0, True),
        (95.0, 30.0, 2.0, False),
    ):
        assert near_enough(np.array([0.0, apart_m, 99.0]), claimed_m, measured_m) == near


def test_a_claim_that_stands_still_beside_a_passing_track_does_not_go_with_it() -> None:
    first = np.array([0.0, 0.0, 0.0])
    assert together(None, first, 20.0)
    assert together(first, np.array([9.0, 3.0, 50.0]), 0.0)
    assert together(first, np.array([20.0, 0.0, 0.0]), 12.0)  # a second's delay at 12 m/s
    assert not together(first, np.array([40.0, 0.0, 0.0]), 12.0)


def test_a_claim_is_unsupported_after_so_many_in_coverage() -> None:
    verdict = Verdict()
    for count in range(1, UNSUPPORTED_AFTER + 1):
        judge_alone(verdict, is_covered=True)
        assert (verdict.support == "unsupported") == (count == UNSUPPORTED_AFTER)
    judge_alone(verdict, is_covered=False)
    assert verdict.support is None  # nobody can know there


def test_a_measured_claim_is_supported() -> None:
    verdict = Verdict(alone=3, apart=2)
    assert not judge_joined(verdict, agrees=True)
    assert (verdict.support, verdict.alone, verdict.apart) == ("supported", 0, 0)


def test_a_claim_is_contradicted_after_so_many_elsewhere_and_stays_so() -> None:
    verdict = Verdict("supported")
    parted = [judge_joined(verdict, agrees=False) for _ in range(CONTRADICTED_AFTER)]
    assert parted == [False] * (CONTRADICTED_AFTER - 1) + [True]
    judge_alone(verdict, is_covered=False)
    assert verdict.support == "contradicted"
