"""Angle of arrival at a row of antennas: the peak of the beam, and MUSIC.

Angles are from the row's broadside, positive where the phase grows with the channel.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Snapshots = NDArray[np.complex64]

BEAMS = 256


def beam_angle_rad(snapshot: Snapshots, spacing: float) -> float:
    """The angle of the strongest beam, which is the maximum-likelihood angle of one target.

    Parameters
    ----------
    snapshot : complex64, shape (channels,)
        One cell of the range-Doppler spectra.
    spacing : float
        Between antennas, in wavelengths.
    """
    power = np.abs(np.fft.fft(snapshot, BEAMS)) ** 2
    peak = int(np.argmax(power))
    before, at, behind = (float(power[(peak + step) % BEAMS]) for step in (-1, 0, 1))
    curve = before - 2 * at + behind
    turns = (peak + (0.5 * (before - behind) / curve if curve else 0.0)) / BEAMS
    turns -= round(turns)
    return float(np.arcsin(np.clip(turns / spacing, -1, 1)))


def music_angles_rad(snapshots: Snapshots, spacing: float, sources: int) -> NDArray[np.float64]:
    """Angles of `sources` uncorrelated targets, by root-MUSIC (Barabell, ICASSP 1983).

    Parameters
    ----------
    snapshots : complex64, shape (channels, snapshots)
        More snapshots than sources, more channels than sources.
    spacing : float
        Between antennas, in wavelengths.
    sources : int

    Returns
    -------
    float64, shape (sources,)
        In radians, rising.
    """
    covariance = snapshots @ snapshots.conj().T / snapshots.shape[1]
    noise = np.linalg.eigh(covariance.astype(np.complex128))[1][:, : len(snapshots) - sources]
    projector = noise @ noise.conj().T
    channels = len(snapshots)
    polynomial = [np.trace(projector, offset=n) for n in range(channels - 1, -channels, -1)]
    roots = np.roots(polynomial)
    inside = roots[np.abs(roots) < 1]
    nearest = inside[np.argsort(1 - np.abs(inside))[:sources]]
    turns = np.angle(nearest) / (2 * np.pi)
    angles: NDArray[np.float64] = np.sort(np.arcsin(np.clip(turns / spacing, -1, 1)))
    return angles
