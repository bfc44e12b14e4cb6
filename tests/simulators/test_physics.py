import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havik.simulators.physics import (
    angle_sigma_deg,
    echo_snr_db,
    fall_time_s,
    free_space_loss_db,
    leg_time_s,
    leg_way_m,
    noise_dbm,
)

# 100 m at most 10 m/s and 5 m/s^2: 2 s and 10 m to speed up, the same to brake, 8 s between.
LONG_LEG = [(0, 0), (1, 2.5), (2, 10), (6, 50), (10, 90), (11, 97.5), (12, 100)]
# 20 m is exactly the way to reach 10 m/s and to brake again.
SHORT_LEG = [(0, 0), (1, 2.5), (2, 10), (3, 17.5), (4, 20)]


@pytest.mark.parametrize(("time_s", "way_m"), LONG_LEG)
def test_a_long_leg_has_three_parts(time_s: float, way_m: float) -> None:
    assert leg_time_s(100, 10, 5) == 12
    assert leg_way_m(time_s, 100, 10, 5) == pytest.approx(way_m)


@pytest.mark.parametrize(("time_s", "way_m"), SHORT_LEG)
def test_a_short_leg_never_gets_faster(time_s: float, way_m: float) -> None:
    assert leg_time_s(20, 1000, 5) == 4
    assert leg_way_m(time_s, 20, 1000, 5) == pytest.approx(way_m)


@given(
    distance=st.floats(0, 1e4),
    speed=st.floats(0.1, 50),
    acceleration=st.floats(0.1, 20),
    share=st.floats(0, 1),
)
def test_the_limits_hold_everywhere(
    distance: float, speed: float, acceleration: float, share: float
) -> None:
    whole_s = leg_time_s(distance, speed, acceleration)
    step_s = whole_s / 100
    ways = [
        leg_way_m(share * whole_s + k * step_s, distance, speed, acceleration) for k in range(3)
    ]
    assert leg_way_m(-1, distance, speed, acceleration) == 0
    assert leg_way_m(whole_s + 1, distance, speed, acceleration) == pytest.approx(distance)
    assert -1e-6 <= ways[1] - ways[0] <= speed * step_s + 1e-6
    change = abs(ways[2] - 2 * ways[1] + ways[0])
    assert change <= acceleration * step_s**2 * (1 + 1e-6) + 1e-6


def test_a_package_falls_by_newton() -> None:
    assert fall_time_s(4.905) == pytest.approx(1.0)
    assert fall_time_s(-1) == 0


@pytest.mark.parametrize(
    ("distance_m", "frequency_hz", "loss_db"),
    # ITU-R P.525-4, equation 4: 32.4 + 20 log f[MHz] + 20 log d[km], to its 0.05 dB
    [(1000, 2400e6, 100.0), (100, 2400e6, 80.0), (1000, 5800e6, 107.67)],
)
def test_free_space(distance_m: float, frequency_hz: float, loss_db: float) -> None:
    assert free_space_loss_db(distance_m, frequency_hz) == pytest.approx(loss_db, abs=0.06)


def test_an_echo_falls_with_the_fourth_power_of_range() -> None:
    assert echo_snr_db(18, 100, 0) == 18
    assert echo_snr_db(18, 100, -12) == 6
    assert echo_snr_db(18, 50, 0) == pytest.approx(18 + 40 * math.log10(2))


def test_an_angle_gets_better_with_the_root_of_the_power() -> None:
    assert angle_sigma_deg(16, 10 * math.log10(50)) == pytest.approx(1.0)
    assert angle_sigma_deg(16, 20) * math.sqrt(10) == pytest.approx(angle_sigma_deg(16, 10))


def test_thermal_noise() -> None:
    assert noise_dbm(1e6, 6) == pytest.approx(-108)
