from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from havik.config.scenes import Bird, Car, Drone, Leg, Scene
from havik.simulators.scene import Body, World, generator

DRONE = Drone(
    name="drone-1",
    serial_number="ZZZZC0000001",
    operator_m=(0, 0, 0),
    starts_at_s=2.0,
    from_m=(0, 0, 20),
    acceleration_m_s2=5.0,
    legs=(
        Leg(to_m=(0, 100, 20), speed_m_s=10, wait_s=4, drop_after_s=1),
        Leg(to_m=(0, 100, 20), speed_m_s=10, wait_s=1),
        Leg(to_m=(50, 100, 0), speed_m_s=10),
    ),
)
GULL = Bird(
    name="gull",
    from_m=(0, 0, 15),
    acceleration_m_s2=4,
    legs=(Leg(to_m=(500, 0, 15), speed_m_s=10),),
)


def world(*things: Drone | Bird | Car, seed: int = 1) -> World:
    return World(Scene(name="test", site="none", seed=seed, length_s=60, things=things))


def only(bodies: list[Body], name: str) -> Body:
    (body,) = [body for body in bodies if body.name == name]
    return body


@pytest.mark.parametrize(
    ("time_s", "place_m", "speed_m_s"),
    [
        (2.0, (0, 0, 20), 0),  # 12 s of flight, 4 s of hover, a leg of no length, 1 s more
        (4.0, (0, 10, 20), 10),
        (8.0, (0, 50, 20), 10),
        (14.0, (0, 100, 20), 0),
        (18.5, (0, 100, 20), 0),
    ],
)
def test_a_drone_keeps_its_plan(
    time_s: float, place_m: tuple[float, float, float], speed_m_s: float
) -> None:
    body = only(world(DRONE).at(time_s), "drone-1")
    assert body.position_m == pytest.approx(np.array(place_m), abs=1e-6)
    assert np.linalg.norm(body.velocity_m_s) == pytest.approx(speed_m_s, abs=0.01)


def test_a_thing_is_there_from_its_start_to_its_end() -> None:
    scene = world(DRONE)
    end_s = 2 + 12 + 4 + 0 + 1 + (np.hypot(50, 20) / 10 + 2)
    assert [b.name for b in scene.at(1.99)] == []
    assert [b.name for b in scene.at(end_s - 0.01)] == ["drone-1"]
    assert [b.name for b in scene.at(end_s + 0.01)] == []


def test_a_package_falls_from_where_it_was_let_go() -> None:
    scene = world(DRONE)
    assert len(scene.at(14.9)) == 1
    package = only(scene.at(16.0), "drone-1-drop")  # let go at 15 s
    assert package.kind == "package"
    assert package.position_m == pytest.approx(np.array([0, 100, 20 - 9.81 / 2]))
    assert package.velocity_m_s == pytest.approx(np.array([0, 0, -9.81]))
    assert len(scene.at(15 + np.sqrt(40 / 9.81) + 0.01)) == 1


def test_a_bird_wanders_and_never_hovers() -> None:
    scene = world(GULL)
    bodies = [only(scene.at(time_s), "gull") for time_s in np.arange(5, 45, 0.1)]
    speeds = [float(np.linalg.norm(body.velocity_m_s)) for body in bodies]
    assert min(speeds) > 6 and max(speeds) < 15
    heights = np.array([body.position_m[2] for body in bodies])
    assert 0.5 < np.std(heights) < 3
    assert np.abs(heights - 15).max() <= GULL.wander_m + 0.05


def test_velocity_is_the_slope_of_place() -> None:
    scene = world(GULL, DRONE)
    for time_s in np.arange(5, 15, 0.37):
        before, now, after = (scene.at(time_s + dt) for dt in (-0.01, 0, 0.01))
        for name in ("gull", "drone-1"):
            slope = (only(after, name).position_m - only(before, name).position_m) / 0.02
            assert only(now, name).velocity_m_s == pytest.approx(slope, abs=0.1)


def test_time_may_be_asked_in_any_order() -> None:
    first, second = world(GULL), world(GULL)
    times = [30.0, 1.0, 7.0, 30.0]
    there = [first.at(time_s)[0].position_m.tolist() for time_s in times]
    back = [second.at(time_s)[0].position_m.tolist() for time_s in reversed(times)]
    assert there == back[::-1]


def test_a_seed_decides_what_the_scene_leaves_open() -> None:
    place = world(GULL, seed=1).at(10)[0].position_m
    assert world(GULL, seed=2).at(10)[0].position_m.tolist() != place.tolist()
    assert world(replace(GULL, name="tern"), seed=1).at(10)[0].position_m.tolist() != place.tolist()


def test_generators_do_not_depend_on_each_other() -> None:
    draws = {tuple(generator(1, *names).random(4)) for names in [("a", 1), ("a", 2), ("b", 1)]}
    assert len(draws) == 3
    assert generator(1, "a", 1).random() == generator(1, "a", 1).random()
