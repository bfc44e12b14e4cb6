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
    channels, chirps, samples = cube.shape
    window = _window(chirps, samples)
    out = np.empty(cube.shape, np.complex64)
    for channel in range(channels):
        values, place = cube[channel].view(np.float32), out[channel].view(np.float32)
        if moving_only:
            np.subtract(values, values.mean(axis=0), out=place)
            np.multiply(place, window, out=place)
        else:
            np.multiply(values, window, out=place)
        out[channel] = scipy.fft.fft2(out[channel], overwrite_x=True)
    return out


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
def _window(chirps: int, samples: int) -> NDArray[np.float32]:
    """A Hamming window for I and Q each, of unit noise gain; shape (chirps, 2 * samples).

    Every other chirp is turned over, which moves zero Doppler to the middle.
    """
    slow = np.hamming(chirps + 1)[:-1]
    fast = np.hamming(samples + 1)[:-1]
    slow = slow / np.sqrt(np.sum(slow**2))
    slow[1::2] *= -1
    both = slow[:, None] * (fast / np.sqrt(np.sum(fast**2)))
    return np.repeat(both.astype(np.float32), 2, axis=1)
