"""The physics by which devices see the simulated world: motion, radar, radio. Pure functions."""

from __future__ import annotations

import math

GRAVITY_M_S2 = 9.81


def leg_time_s(distance_m: float, speed_m_s: float, acceleration_m_s2: float) -> float:
    """How long a straight way from rest to rest takes.

    It speeds up at `acceleration_m_s2`, keeps `speed_m_s` where the way is long enough to reach
    it, and brakes as it sped up.
    """
    if distance_m >= speed_m_s**2 / acceleration_m_s2:
        return distance_m / speed_m_s + speed_m_s / acceleration_m_s2
    return 2 * math.sqrt(distance_m / acceleration_m_s2)


def leg_way_m(
    time_s: float, distance_m: float, speed_m_s: float, acceleration_m_s2: float
) -> float:
    """The way covered `time_s` after the start of such a leg; from 0 to `distance_m`."""
    total_s = leg_time_s(distance_m, speed_m_s, acceleration_m_s2)
    time_s = min(max(time_s, 0.0), total_s)
    if time_s > total_s / 2:  # braking mirrors speeding up
        rest_m = leg_way_m(total_s - time_s, distance_m, speed_m_s, acceleration_m_s2)
        return distance_m - rest_m
    faster_s = min(time_s, speed_m_s / acceleration_m_s2)
    return acceleration_m_s2 * faster_s**2 / 2 + speed_m_s * (time_s - faster_s)


def fall_time_s(height_m: float) -> float:
    """How long a heavy thing falls; air is left out, at 12 m it costs a tenth of a second."""
    return math.sqrt(2 * max(height_m, 0.0) / GRAVITY_M_S2)


def free_space_loss_db(distance_m: float, frequency_hz: float) -> float:
    """Loss between isotropic antennas (Friis; ITU-R P.525-4, equation 4)."""
    wavelength_m = 299_792_458.0 / frequency_hz
    return 20 * math.log10(4 * math.pi * max(distance_m, 1.0) / wavelength_m)


def echo_snr_db(reference_db: float, range_m: float, rcs_dbsm: float) -> float:
    """A radar's signal-to-noise ratio for a target, by the radar equation.

    Parameters
    ----------
    reference_db : float
        The radar's own figure for 1 m^2 at 100 m.
    range_m, rcs_dbsm : float
        Where the target is, and its mean radar cross-section, dB over 1 m^2.
    """
    return reference_db + rcs_dbsm - 40 * math.log10(max(range_m, 1.0) / 100)


def angle_sigma_deg(beamwidth_deg: float, snr_db: float) -> float:
    """Standard deviation of an angle by monopulse (Barton, Radar System Analysis, 1964)."""
    return beamwidth_deg / (1.6 * math.sqrt(2 * 10 ** (snr_db / 10)))


def noise_dbm(bandwidth_hz: float, noise_figure_db: float) -> float:
    """Thermal noise of a receiver at 290 K."""
    return -174.0 + 10 * math.log10(bandwidth_hz) + noise_figure_db
