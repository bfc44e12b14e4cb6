"""The radar's own geometry against the scene's truth; the figures are simulated."""

from __future__ import annotations

import numpy as np
import pytest

from havik.config.scenes import Leg, Person, Scene
from havik.config.settings import Mounting
from havik.drivers.radar.radar_cube import Decoder
from havik.simulators.radar.radar_cube import CHIRP, RawRadar
from havik.simulators.scene import World


def test_a_body_is_in_its_bin_of_range() -> None:
    leg = Leg(to_m=(0.0, 40.0, 0.0), speed_m_s=1.0, wait_s=100)
    person = Person(name="guard", from_m=(0.0, 40.0, 0.0), acceleration_m_s2=100, legs=(leg,))
    scene = Scene(name="test", site="none", seed=433, length_s=0.5, things=(person,))
    radar = RawRadar(World(scene), "radar", Mounting())
    decoder = Decoder()
    sent = list(radar.observe(lambda time_s: round(time_s * 1e9)))
    cubes = [cube for one in sent for cube in decoder.feed(one.what, 0)]
    assert [cube.frame_number for cube in cubes] == [0, 1, 2]
    assert not decoder.refused
    for cube in cubes:
        pairs = np.frombuffer(cube.samples, "<i2").astype(np.float32).view(np.complex64)
        power = np.abs(np.fft.fft(pairs.reshape(CHIRP.shape).sum(axis=1), axis=-1)) ** 2
        found_m = float(power.sum(axis=0).argmax()) * CHIRP.range_bin_m
        assert found_m == pytest.approx(40.0, abs=2 * CHIRP.range_bin_m)
