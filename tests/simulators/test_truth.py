import pytest

from havik.config.scenes import Drone, Leg, Scene
from havik.simulators.scene import World
from havik.simulators.truth import DropRow, ThingRow, truth

DRONE = Drone(
    name="drone-1",
    serial_number="ZZZZC0000001",
    operator_m=(0, 0, 0),
    from_m=(0, 0, 4.905),
    acceleration_m_s2=5,
    legs=(Leg(to_m=(0, 0, 4.905), speed_m_s=5, wait_s=2.2, drop_after_s=0.25),),
)


def test_it_tells_where_everything_is_and_where_the_package_came_down() -> None:
    world = World(Scene(name="t", site="s", seed=1, length_s=3.0, things=(DRONE,)))
    rows = list(truth(world, lambda time_s: round(time_s * 1000)))
    assert [row.time_s for row in rows] == sorted(row.time_s for row in rows)
    drone = [row for row in rows if isinstance(row, ThingRow) and row.name == "drone-1"]
    assert [row.time_s for row in drone] == [0, 0.5, 1, 1.5, 2]
    assert {row.position_m for row in drone} == {(0, 0, 4.905)}
    package = [row for row in rows if isinstance(row, ThingRow) and row.kind == "package"]
    assert [row.time_s for row in package] == [0.5, 1.0]
    assert package[0].position_m[2] == pytest.approx(4.905 - 9.81 * 0.25**2 / 2, abs=1e-3)
    (drop,) = [row for row in rows if isinstance(row, DropRow)]
    assert drop.time_s == pytest.approx(1.25)
    assert (drop.time_ns, drop.position_m) == (1250, (0, 0, 0))
