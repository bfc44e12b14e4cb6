"""Against the scene's truth; the figures are simulated."""

from __future__ import annotations

import math

import pytest

from havik.config.scenes import Leg, Person, Scene
from havik.config.settings import Mounting
from havik.drivers.radar.asterix import Decoder
from havik.simulators.radar.asterix import AirRadar
from havik.simulators.scene import World


def test_a_body_is_seen_where_it_stands() -> None:
    leg = Leg(to_m=(-300.0, 400.0, 0.0), speed_m_s=1.0, wait_s=100)
    person = Person(name="guard", from_m=(-300.0, 400.0, 0.0), acceleration_m_s2=9, legs=(leg,))
    scene = Scene(name="test", site="none", seed=433, length_s=3.0, things=(person,))
    decoder = Decoder()
    sent = AirRadar(World(scene), "radar", Mounting()).observe(lambda s: round(s * 1e9))
    found = [report for one in sent for report in decoder.feed(one.what, 0)]
    assert [report.category for report in found] == [34, 48] * 4
    assert [report.time_ns for report in found[::2]] == [s * 10**9 for s in range(4)]
    for plot in found[1::2]:
        assert plot.range_m == pytest.approx(500, abs=25)  # five sigmas and a step of 7 m
        assert plot.azimuth_deg == pytest.approx(360 - math.degrees(math.atan2(3, 4)), abs=0.6)
