"""Simulated radar returns: what simulators send and tests know. Nothing here is a recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .cube import LIGHT_M_S, Chirp, Cube


@dataclass(frozen=True, slots=True, kw_only=True)
class PointTarget:
    """A point that moves evenly during a frame; `range_m` is in the middle of the frame."""

    range_m: float
    range_rate_m_s: float = 0.0  # positive = receding
    azimuth_rad: float = 0.0
    amplitude: float = 1.0
    phase_rad: float = 0.0


def noise_cube(chirp: Chirp, rng: np.random.Generator, power: float = 1.0) -> Cube:
    """Complex white Gaussian noise in the shape of `chirp`'s cube."""
    channels, chirps, samples = chirp.shape
    parts = rng.standard_normal((channels, chirps, 2 * samples), np.float32)
    return (parts * np.float32(np.sqrt(power / 2))).view(np.complex64)


def echo_cube(chirp: Chirp, targets: Sequence[PointTarget]) -> Cube:
    """The beat signal of `targets`: phase 2 pi f(t) 2 R(t) / c, with both moving during a chirp."""
    channels, chirps, samples = chirp.shape
    fast_s = np.arange(samples) / chirp.sample_rate_hz
    middle_s = samples / chirp.sample_rate_hz / 2
    slow_s = (np.arange(chirps) - (chirps - 1) / 2) * chirp.chirp_interval_s
    frequency_hz = chirp.start_hz + chirp.slope_hz_s * fast_s
    cube = np.zeros(chirp.shape, np.complex64)
    for one in targets:
        when_s = slow_s[:, None] + fast_s - middle_s
        range_m = one.range_m + one.range_rate_m_s * when_s
        turns = frequency_hz * 2 * range_m / LIGHT_M_S
        wave = one.amplitude * np.exp(1j * (2 * np.pi * (turns % 1) + one.phase_rad))
        spacing = (chirp.channel_spacing_m or 0.0) / chirp.wavelength_m
        step = 2j * np.pi * spacing * np.sin(one.azimuth_rad)
        cube += (np.exp(step * np.arange(channels))[:, None, None] * wave).astype(np.complex64)
    return cube


def rotor_signal(
    times_s: NDArray[np.float64],
    *,
    wavelength_m: float,
    blades: int,
    blade_m: float,
    turns_s: float,
    body_hz: float = 0.0,
    body: float = 0.0,
) -> NDArray[np.complex64]:
    """A rotor seen from its side, over slow time: thin blades and a body that moves evenly.

    Each blade is the integral of its points' echoes (Chen, The Micro-Doppler Effect in Radar, 2.3).
    """
    signal = np.asarray(body * np.exp(2j * np.pi * body_hz * times_s), np.complex64)
    for blade in range(blades):
        along = np.cos(2 * np.pi * (turns_s * times_s + blade / blades)) * blade_m / wavelength_m
        phase = np.exp(2j * np.pi * (along + body_hz * times_s))
        signal += (phase * np.sinc(2 * along)).astype(np.complex64)
    return signal
