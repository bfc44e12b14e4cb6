"""What every simulated device is: something that observes the world and says what it saw."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..config.settings import Mounting

T = TypeVar("T")

Stamp = Callable[[float], int]
"""Scene seconds to the UTC nanoseconds that a device's own clock shows then."""


@dataclass(frozen=True, slots=True)
class Timed(Generic[T]):
    """Something, and when in the scene its device sends it."""

    time_s: float
    what: T


class Instrument(Protocol):
    """A simulated device. Pure: the same world, seed and stamps give the same bytes."""

    def observe(self, stamp: Stamp) -> Iterator[Timed[bytes]]:
        """Give all that the device sends during the scene, in order of time."""
        ...


def place_m(mounting: Mounting) -> NDArray[np.float64]:
    """East, north, up of a device; shape (3,)."""
    return np.array([mounting.east_m, mounting.north_m, mounting.up_m])


def own_axes(mounting: Mounting, enu: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn a direction from east, north, up into a device's right, ahead, above.

    Parameters
    ----------
    mounting : Mounting
        Heading clockwise from true north, and tilt upwards.
    enu : float64, shape (3,)
        A difference of places, or a velocity.

    Returns
    -------
    float64, shape (3,)
    """
    facing, tilt = np.radians(mounting.facing_deg), np.radians(mounting.tilt_deg)
    right = enu[0] * np.cos(facing) - enu[1] * np.sin(facing)
    level = enu[0] * np.sin(facing) + enu[1] * np.cos(facing)
    ahead = level * np.cos(tilt) + enu[2] * np.sin(tilt)
    above = -level * np.sin(tilt) + enu[2] * np.cos(tilt)
    return np.array([right, ahead, above])
