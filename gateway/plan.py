"""The site's plan: WGS 84 to metres about the site's origin, and the zones on it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pymap3d
from numpy.typing import NDArray

from ..config.settings import Mounting, SiteSection, Zone
from ..drivers.readings import Position
from ..signal.tracking.outlook import inside

Vector = NDArray[np.float64]


class Plan:
    """Where things are on one site; east, north, up in metres."""

    def __init__(self, site: SiteSection, zones: Sequence[Zone] = ()) -> None:
        self._origin = (site.latitude_deg, site.longitude_deg, site.altitude_hae_m)
        # A yard lies inside the perimeter: the smaller zone names the place better.
        self.zones = sorted(zones, key=lambda zone: abs(_area_m2(zone.corners_m)))

    def to_enu(self, position: Position) -> Vector:
        """East, north, up of a WGS 84 position; an unknown altitude is the origin's."""
        altitude = position.altitude_hae_m
        height = self._origin[2] if altitude is None else altitude
        enu = pymap3d.geodetic2enu(
            position.latitude_deg, position.longitude_deg, height, *self._origin
        )
        return np.array(enu, np.float64)

    def to_position(self, enu_m: Vector) -> Position:
        """WGS 84 of a place on the plan."""
        (position,) = self.to_positions(enu_m[None])
        return position

    def to_positions(self, enu_m: Vector) -> list[Position]:
        """WGS 84 of places on the plan; float64, shape (n, 3). Many cost little more than one."""
        columns: list[Vector] = list(enu_m.T)
        east_m, north_m, up_m = columns
        latitudes, longitudes, altitudes = pymap3d.enu2geodetic(
            east_m, north_m, up_m, *self._origin
        )
        rows = zip(latitudes.tolist(), longitudes.tolist(), altitudes.tolist(), strict=True)
        return [
            Position(
                latitude_deg=round(latitude, 7),
                longitude_deg=round(longitude, 7),
                altitude_hae_m=round(altitude, 1),
            )
            for latitude, longitude, altitude in rows
        ]

    def zone_at(self, enu_m: Vector) -> Zone | None:
        """The smallest zone above which a place lies, if any."""
        east, north = float(enu_m[0]), float(enu_m[1])
        return next((zone for zone in self.zones if inside(zone.corners_m, east, north)), None)

    def zone(self, name: str) -> Zone | None:
        """The zone of that name, in whatever case it was typed."""
        folded = name.casefold()
        return next((zone for zone in self.zones if zone.id.casefold() == folded), None)

    def is_over(self, zone: str, enu_m: Vector) -> bool:
        """Whether a place lies above the zone of that name."""
        east, north = float(enu_m[0]), float(enu_m[1])
        return any(one.id == zone and inside(one.corners_m, east, north) for one in self.zones)

    def yards(self) -> list[Zone]:
        """All yards of the site."""
        return [zone for zone in self.zones if zone.kind == "yard"]


def mounted(mounting: Mounting, right_m: Vector, ahead_m: Vector, above_m: Vector) -> Vector:
    """Turn a sensor's own axes into east, north, up.

    Parameters
    ----------
    mounting : Mounting
        The sensor's place, heading (clockwise from true north) and tilt (upwards).
    right_m, ahead_m, above_m : float64, shape (n,)
        Positions in the sensor's axes.

    Returns
    -------
    float64, shape (n, 3)
    """
    tilt, facing = np.radians(mounting.tilt_deg), np.radians(mounting.facing_deg)
    level_m = ahead_m * np.cos(tilt) - above_m * np.sin(tilt)
    up_m = ahead_m * np.sin(tilt) + above_m * np.cos(tilt)
    east_m = right_m * np.cos(facing) + level_m * np.sin(facing)
    north_m = -right_m * np.sin(facing) + level_m * np.cos(facing)
    place = np.array([mounting.east_m, mounting.north_m, mounting.up_m])
    enu_m: Vector = np.column_stack([east_m, north_m, up_m]) + place
    return enu_m


def _area_m2(corners: Sequence[tuple[float, float]]) -> float:
    x, y = np.array(corners, np.float64).T
    return float(0.5 * np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)))
