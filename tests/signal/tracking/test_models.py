from __future__ import annotations

import numpy as np
import pytest

from havik.signal.tracking.models import CRUISE, HOVER, MotionModel, transitions


def test_the_models_noise_is_the_textbooks_in_every_cell() -> None:
    """q [dt^3/3, dt^2/2; dt^2/2, dt] on each axis by itself (Bar-Shalom 2001, 6.2.2-12)."""
    dt_s, density = 0.4, 7.0
    _, noise = transitions((MotionModel("plain", density),), dt_s)
    block = density * np.array([[dt_s**3 / 3, dt_s**2 / 2], [dt_s**2 / 2, dt_s]])
    for one in range(6):
        for other in range(6):
            same_axis = one % 3 == other % 3
            expected = block[one // 3, other // 3] if same_axis else 0.0
            assert noise[0, one, other] == pytest.approx(expected)


@pytest.mark.parametrize("dt_s", [1e-3, 0.05, 1.0, 30.0])
def test_a_damped_velocity_is_integrated_as_numbers_say(dt_s: float) -> None:
    """Against the integrals of the noise's way through velocity and place, summed finely."""
    tau_s, density = 1.5, 2.0
    transition, noise = transitions((MotionModel("damped", density, tau_s),), dt_s)
    ago_s = (np.arange(200_000) + 0.5) * dt_s / 200_000
    into_velocity = np.exp(-ago_s / tau_s)
    into_place = tau_s * (1 - into_velocity)
    step_s = dt_s / 200_000
    assert transition[0, 3, 3] == pytest.approx(np.exp(-dt_s / tau_s))
    assert transition[0, 0, 3] == pytest.approx((into_velocity * step_s).sum(), rel=1e-6)
    for at, product in (
        ((0, 0), into_place**2),
        ((0, 3), into_place * into_velocity),
        ((3, 3), into_velocity**2),
    ):
        expected = density * float((product * step_s).sum())
        assert noise[0][at] == pytest.approx(expected, rel=1e-5, abs=1e-12)


def test_a_long_damping_is_none() -> None:
    kept, _ = transitions((CRUISE,), 0.1)
    damped, noise = transitions((MotionModel("x", 1.0, 1e5),), 0.1)
    assert damped == pytest.approx(kept, abs=1e-6)
    assert np.linalg.eigvalsh(noise[0]).min() >= -1e-15


def test_what_is_shared_cannot_be_changed() -> None:
    for shared in transitions((HOVER,), 0.1):
        with pytest.raises(ValueError, match="read-only"):
            shared[0, 0, 0] = 5.0
