"""Against the scene's truth and the formulas of radar theory; the figures are simulated."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from havik.config.scenes import Car, Leg, Person, Place, Scene, Thing
from havik.config.settings import Mounting
from havik.drivers.radar.ti_mmwave import DRIVER
from havik.drivers.readings import RadarFrame, RadarPoint
from havik.gateway.plan import mounted
from havik.simulators.radar.ti_mmwave import CLUTTER_POINTS, FALSE_ALARM, TiMmwave
from havik.simulators.scene import World

START_NS = 1_790_000_000_000_000_000
MAST = Mounting(east_m=10, north_m=-20, up_m=6, facing_deg=300, tilt_deg=12)


def radar(*things: Thing, mounting: Mounting = MAST, length_s: float = 30.0) -> TiMmwave:
    scene = Scene(name="test", site="none", seed=433, length_s=length_s, things=things)
    return TiMmwave(World(scene), "radar", mounting)


def frames(device: TiMmwave, count: int) -> list[RadarFrame]:
    return [device.frame(number, number / 10, START_NS) for number in range(count)]


def standing(place: Place) -> Person:
    leg = Leg(to_m=place, speed_m_s=1, wait_s=1000)
    return Person(name="guard", from_m=place, acceleration_m_s2=1, legs=(leg,))


def ahead(mounting: Mounting, range_m: float, up_m: float = 0.0) -> Place:
    """A place on the ground, straight ahead of the radar."""
    facing = math.radians(mounting.facing_deg)
    east_m = mounting.east_m + range_m * math.sin(facing)
    return (east_m, mounting.north_m + range_m * math.cos(facing), up_m)


def places(mounting: Mounting, points: list[RadarPoint]) -> NDArray[np.float64]:
    own = np.array([(p.x_m, p.y_m, p.z_m) for p in points])
    return mounted(mounting, own[:, 0], own[:, 1], own[:, 2])


@pytest.mark.parametrize("facing_deg", [0, 77, 180, 300])
@pytest.mark.parametrize("tilt_deg", [-10, 0, 15])
def test_a_person_is_seen_where_he_stands(facing_deg: float, tilt_deg: float) -> None:
    mounting = Mounting(east_m=5, north_m=7, up_m=4, facing_deg=facing_deg, tilt_deg=tilt_deg)
    place = ahead(mounting, 30)
    seen = [p for f in frames(radar(standing(place), mounting=mounting), 100) for p in f.points]
    near = places(mounting, [p for p in seen if p.snr_db is not None and p.snr_db > 20])
    assert len(near) > 150
    # of a body about 1.7 m high; a beam of 29 degrees at 35 dB errs by a quarter of a degree
    assert np.median(near, axis=0) == pytest.approx(np.array([*place[:2], 1.0]), abs=0.15)
    assert np.std(near, axis=0).max() < 0.8


@pytest.mark.parametrize(("speed_east_m_s", "sign"), [(4.0, 1), (-4.0, -1)])
def test_the_range_rate_is_positive_for_what_recedes(speed_east_m_s: float, sign: int) -> None:
    mounting = Mounting(facing_deg=90)  # looks east
    way = (30.0, 0.0, 0.0), (50.0, 0.0, 0.0)
    start, end = way if sign > 0 else way[::-1]
    leg = Leg(to_m=end, speed_m_s=4)
    car = Car(name="car", from_m=start, acceleration_m_s2=100, legs=(leg,))
    points = [p for f in frames(radar(car, mounting=mounting), 50)[5:45] for p in f.points]
    rates = [p.range_rate_m_s for p in points if p.snr_db is not None and p.snr_db > 25]
    assert np.mean(rates) == pytest.approx(speed_east_m_s, abs=0.1)


@pytest.mark.parametrize("range_m", [60.0, 90.0, 115.0])
def test_it_misses_as_theory_says(range_m: float) -> None:
    mounting = Mounting(up_m=1.0)  # the height of a person's middle
    person = standing((0.0, range_m, 0.0))
    looks = frames(radar(person, mounting=mounting), 1000)
    near = [sum(abs(p.y_m - range_m) < 2 and abs(p.x_m) < 40 for p in f.points) for f in looks]
    snr = 10 ** ((18 - 3 - 40 * math.log10(range_m / 100)) / 10)  # -3 dBsm, 18 dB for 1 m^2
    expected = FALSE_ALARM ** (1 / (1 + snr))  # Swerling 1, ideal threshold
    sigma = math.sqrt(expected * (1 - expected) / len(looks))
    assert np.mean([count > 0 for count in near]) == pytest.approx(expected, abs=4 * sigma + 0.005)


@pytest.mark.parametrize(
    "place",
    [ahead(MAST, -30), ahead(MAST, 130), (10.0, -20.0, 60.0)],
    ids=["behind", "too far", "overhead"],
)
def test_out_of_view_there_is_clutter_alone(place: Place) -> None:
    with_him = [f.points for f in frames(radar(standing(place)), 200)]
    without = [f.points for f in frames(radar(), 200)]
    assert with_him == without


def test_clutter_is_rare_and_nowhere_twice() -> None:
    points = [p for f in frames(radar(), 3000) for p in f.points]
    expected = 3000 * CLUTTER_POINTS
    assert len(points) == pytest.approx(expected, abs=4 * math.sqrt(expected))
    assert len({(p.x_m, p.y_m, p.z_m) for p in points}) == len(points)


def test_it_sends_ten_frames_a_second_that_its_driver_reads() -> None:
    sent = list(radar(standing(ahead(MAST, 30)), length_s=3.0).observe(lambda t: round(t * 1e9)))
    assert [packet.time_s for packet in sent] == pytest.approx([n / 10 for n in range(31)])
    decoder = DRIVER.decoder()
    read = list(decoder.feed(b"".join(packet.what for packet in sent), START_NS))
    read += decoder.close()
    assert not decoder.refused
    assert [r.frame_number for r in read if isinstance(r, RadarFrame)] == list(range(31))
    assert all(isinstance(r, RadarFrame) and r.points for r in read[:10])
