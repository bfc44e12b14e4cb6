"""Against the scene's truth; the figures are simulated."""

from __future__ import annotations

import pytest

from havik.config.scenes import Leg, Person, Scene
from havik.config.settings import Mounting
from havik.drivers.radar.hlk_ld2450 import Decoder
from havik.simulators.radar.hlk_ld2450 import HlkLd2450
from havik.simulators.scene import World


def walk(start: float, end: float) -> HlkLd2450:
    leg = Leg(to_m=(1.0, end, 0.0), speed_m_s=1.0, wait_s=100)
    person = Person(name="guard", from_m=(1.0, start, 0.0), acceleration_m_s2=100, legs=(leg,))
    scene = Scene(name="test", site="none", seed=433, length_s=2.0, things=(person,))
    return HlkLd2450(World(scene), "radar", Mounting())


@pytest.mark.parametrize(("start", "end", "sign"), [(1.0, 5.0, 1), (5.0, 1.0, -1)])
def test_a_person_is_seen_where_he_walks(start: float, end: float, sign: int) -> None:
    sent = list(walk(start, end).observe(lambda time_s: round(time_s * 1e9)))
    decoder = Decoder()
    frames = [f for one in sent for f in decoder.feed(one.what, 0)]
    assert [frame.frame_number for frame in frames] == list(range(21))
    for number, frame in enumerate(frames[2:], 2):
        (point,) = frame.points
        assert point.x_m == pytest.approx(1.0, abs=0.5)
        assert point.y_m == pytest.approx(start + sign * number / 10, abs=0.5)
        assert point.range_rate_m_s * sign > 0.5


def test_nothing_is_seen_beyond_its_reach() -> None:
    sent = walk(20.0, 30.0).observe(lambda _: 0)
    decoder = Decoder()
    assert not any(f.points for one in sent for f in decoder.feed(one.what, 0))
