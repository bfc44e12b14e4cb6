import pytest

from havik.simulators.clock import Clock


@pytest.mark.parametrize(
    ("speed", "now_s", "waited_s"),
    [(1.0, 100.0, 4.0), (2.0, 100.0, 2.0), (0.5, 100.0, 8.0), (1.0, 103.0, 1.0), (1.0, 105.0, 0.0)],
)
async def test_a_moment_is_waited_for(speed: float, now_s: float, waited_s: float) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    clock = Clock(0, 100.0, speed, monotonic=lambda: now_s, sleep=sleep)
    await clock.until(4.0)
    assert waits == [waited_s]


def test_devices_show_the_time_at_which_they_speak() -> None:
    assert Clock(1_000_000_000, 0.0).stamp(2.5) == 3_500_000_000
    assert Clock(1_000_000_000, 0.0, speed=2.0).stamp(2.5) == 2_250_000_000
