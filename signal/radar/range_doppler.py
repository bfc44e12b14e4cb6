"""A cube to its range-Doppler map: clutter filter, window, two FFTs, power summed over channels.

Cost: per sample two multiplications, the FFTs' 2.5 log2(chirps * samples) and a square; one channel
at a time, so that it stays in the second cache.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from .cube import Cube

PowerMap = NDArray[np.float32]


def spectra(cube: Cube, *, moving_only: bool = True) -> Cube:
    """Range-Doppler spectra of each channel.

    Parameters
    ----------
    cube : complex64, shape (channels, chirps, samples)
    moving_only : bool
        Take away the mean over the chirps first: what stands still.

    Returns
    -------
    complex64, shape (channels, chirps, samples)
        Doppler bins by range bins, lowest range rate first; noise keeps its power.
    """
    _, chirps, samples = cube.shape
    window = _window(chirps, samples)
    out = np.empty(cube.shape, np.complex64)
    for channel, place in zip(cube, out, strict=True):
        np.multiply(channel.view(np.float32), window, out=place.view(np.float32))
        place[:] = scipy.fft.fft2(place, overwrite_x=True)
    if moving_only:
        _take_still(cube, out)
    return out


def _take_still(cube: Cube, out: Cube) -> None:
    """Take the mean over the chirps out of the spectra.

    Under a Hamming window what is constant over the chirps stands in three Doppler bins.
    """
    _, chirps, samples = cube.shape
    means = np.full((1, chirps), 1 / chirps, np.float32) @ cube.view(np.float32)
    still = scipy.fft.fft(means[:, 0].view(np.complex64) * tapers(samples).astype(np.float32))
    levels = np.fft.fft(tapers(chirps)).real.astype(np.float32)
    for step in (-1, 0, 1):
        out[:, (chirps // 2 + step) % chirps] -= levels[step] * still


def power_map(of_channels: Cube) -> PowerMap:
    """Sum the power over channels (non-coherently); float32, shape (chirps, samples).

    Under noise of power 1 in K channels a cell is Gamma distributed with shape K.
    """
    total = np.zeros(of_channels.shape[1:], np.float32)
    for spectrum in of_channels:
        parts = np.square(spectrum.view(np.float32))
        total += parts[:, 0::2]
        total += parts[:, 1::2]
    return total


@cache
def tapers(size: int) -> NDArray[np.float64]:
    """Hamming's window of one axis, of unit noise gain; float64, shape (size,)."""
    taper = np.hamming(size + 1)[:-1]
    scaled: NDArray[np.float64] = taper / np.sqrt(np.sum(taper**2))
    return scaled


@cache
def _window(chirps: int, samples: int) -> NDArray[np.float32]:
    """A Hamming window for I and Q each, of unit noise gain; shape (chirps, 2 * samples).

    Every other chirp is turned over, which moves zero Doppler to the middle.
    """
    slow = tapers(chirps).copy()
    slow[1::2] *= -1
    both = slow[:, None] * tapers(samples)
    return np.repeat(both.astype(np.float32), 2, axis=1)
