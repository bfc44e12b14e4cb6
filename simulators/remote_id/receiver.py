"""What any simulated receiver of Remote ID hears: the broadcasts of a scene's drones.

Each of a drone's transmitters speaks once a second, from an address of its own, and is heard as
long as the level by free-space loss is above the receiver's sensitivity. Positions carry the error
of a satellite receiver. All figures are simulated.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pymap3d
from numpy.typing import NDArray

from ...config.settings import Mounting, SiteSection
from ...drivers.readings import Position, RemoteIdReport, RemoteIdTransport
from ..instrument import Stamp, Timed, place_m
from ..physics import free_space_loss_db
from ..scene import Body, World, generator

PERIOD_S = 1.0  # ASTM F3411-22a: at least one of each message a second
CARRIER_HZ = 2.437e9
FADING_DB = 2.0
SENSITIVITY_DBM = -95.0
POSITION_SIGMA_M = (1.5, 1.5, 3.0)  # east, north, up: an open sky
MULTIROTOR = 2  # F3411 aircraft type
ON_THE_GROUND, AIRBORNE = 1, 2  # F3411 operational status

Encode = Callable[[RemoteIdReport], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One of a drone's transmitters: its radio, its channel, when in each second it speaks."""

    transport: RemoteIdTransport
    channel: int
    offset_s: float


BROADCASTS = (Broadcast("wifi-beacon", 6, 0.1), Broadcast("ble-legacy", 0, 0.4))


class Receiver:
    """The receiver of one mounting in one world.

    Parameters
    ----------
    world : World
    sensor : str
    mounting : Mounting
    site : SiteSection
    broadcasts : sequence of Broadcast
        What each drone has on board and this receiver can hear.
    encode : callable, optional
        Its driver's encoder: what it sends of one report.
    """

    def __init__(
        self,
        world: World,
        sensor: str,
        mounting: Mounting,
        site: SiteSection,
        broadcasts: Sequence[Broadcast] = BROADCASTS,
        encode: Encode = lambda _: (),
    ) -> None:
        self._world = world
        self._sensor = sensor
        self._place_m = place_m(mounting)
        self._origin = (site.latitude_deg, site.longitude_deg, site.altitude_hae_m)
        self._broadcasts = broadcasts
        self._encode = encode

    def observe(self, stamp: Stamp) -> Iterator[Timed[bytes]]:
        """Give what it sends of what it hears."""
        for said in self.reports(stamp):
            yield from (Timed(said.time_s, sent) for sent in self._encode(said.what))

    def reports(self, stamp: Stamp) -> Iterator[Timed[RemoteIdReport]]:
        """Give what is heard, in order of time."""
        streams = [self._heard(broadcast, stamp) for broadcast in self._broadcasts]
        return heapq.merge(*streams, key=lambda said: said.time_s)

    def _heard(self, broadcast: Broadcast, stamp: Stamp) -> Iterator[Timed[RemoteIdReport]]:
        seconds = np.arange(broadcast.offset_s, self._world.scene.length_s, PERIOD_S).tolist()
        for number, time_s in enumerate(seconds):
            rng = generator(self._world.scene.seed, self._sensor, broadcast.transport, number)
            for body in self._world.at(time_s):
                report = self._report(body, broadcast, whole_ms(stamp(time_s)), rng)
                if report is not None:
                    yield Timed(time_s, report)

    def _report(
        self, body: Body, broadcast: Broadcast, time_ns: int, rng: np.random.Generator
    ) -> RemoteIdReport | None:
        if body.drone is None:
            return None
        distance_m = float(np.linalg.norm(body.position_m - self._place_m))
        loss_db = free_space_loss_db(distance_m, CARRIER_HZ) + rng.normal(0, FADING_DB)
        level_dbm = body.drone.remote_id_dbm - loss_db
        if level_dbm < SENSITIVITY_DBM:
            return None
        believed_m = body.position_m + rng.normal(0, POSITION_SIGMA_M)
        east_m_s, north_m_s, climb_m_s = map(float, body.velocity_m_s)
        speed_m_s = math.hypot(east_m_s, north_m_s)
        flying = body.position_m[2] > 0.5
        return RemoteIdReport(
            time_ns=time_ns,
            receiver=self._sensor,
            transmitter=self._address(body.name, broadcast.transport),
            transport=broadcast.transport,
            level_dbm=round(level_dbm),
            channel=broadcast.channel,
            serial_number=body.drone.serial_number,
            aircraft_type=MULTIROTOR,
            operational_status=AIRBORNE if flying else ON_THE_GROUND,
            position=self._position(believed_m),
            height_m=round(float(believed_m[2]), 1),
            height_reference="takeoff",
            course_deg=_course_deg(east_m_s, north_m_s) if speed_m_s > 0.25 else None,
            ground_speed_m_s=round(speed_m_s, 2),
            climb_m_s=round(climb_m_s, 1),
            horizontal_accuracy_m=10.0,
            vertical_accuracy_m=10.0,
            speed_accuracy_m_s=1.0,
            operator_position=self._position(np.array(body.drone.operator_m)),
            operator_position_kind="live",
        )

    def _address(self, drone: str, transport: RemoteIdTransport) -> str:
        """A random, locally administered address: each radio of a drone has its own."""
        octets = generator(self._world.scene.seed, drone, transport).bytes(6)
        first = octets[0] & 0xFC | 0x02
        return ":".join(f"{octet:02X}" for octet in (first, *octets[1:]))

    def _position(self, enu_m: NDArray[np.float64]) -> Position:
        east_m, north_m, up_m = map(float, enu_m)
        latitude, longitude, altitude = pymap3d.enu2geodetic(east_m, north_m, up_m, *self._origin)
        return Position(
            latitude_deg=round(float(latitude), 7),
            longitude_deg=round(float(longitude), 7),
            altitude_hae_m=round(float(altitude), 1),
        )


def whole_ms(time_ns: int) -> int:
    """A receiver's clock counts milliseconds."""
    return time_ns // 1_000_000 * 1_000_000


def _course_deg(east: float, north: float) -> float:
    """Whole degrees, as the broadcast has them."""
    return float(round(math.degrees(math.atan2(east, north))) % 360)
