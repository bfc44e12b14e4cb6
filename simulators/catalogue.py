"""The one list of simulated devices: for each driver its twin."""

from __future__ import annotations

from collections.abc import Callable

from ..config.settings import Sensor, SiteSection
from .contraband.gate import Contacts, Portal
from .contraband.messages import Fence, Phones, Screening
from .contraband.panel import Panel
from .instrument import Instrument
from .radar.asterix import AirRadar
from .radar.hlk_ld2450 import HlkLd2450
from .radar.radar_cube import RawRadar
from .radar.ti_mmwave import TiMmwave
from .radio.iq_receiver import IqReceiver
from .remote_id import simple
from .remote_id.dronescout import DroneScout
from .remote_id.opendroneid import opendroneid
from .scene import World

TWINS: dict[str, Callable[[World, SiteSection, Sensor], Instrument]] = {
    "ceia-ac": lambda world, _, sensor: Portal(world, sensor.id),
    "contact-io": lambda world, _, sensor: Contacts(world, sensor.id),
    "fence-zone": lambda world, _, sensor: Fence(world, sensor.id, sensor.mounting),
    "phone-energy": lambda world, _, sensor: Phones(world, sensor.id),
    "screening-result": lambda world, _, sensor: Screening(world, sensor.id),
    "sia-dc09": lambda world, _, sensor: Panel(world, sensor.id),
    "asterix": lambda world, _, sensor: AirRadar(world, sensor.id, sensor.mounting),
    "hlk-ld2450": lambda world, _, sensor: HlkLd2450(world, sensor.id, sensor.mounting),
    "ti-mmwave": lambda world, _, sensor: TiMmwave(world, sensor.id, sensor.mounting),
    "radar-cube": lambda world, _, sensor: RawRadar(world, sensor.id, sensor.mounting),
    "dronescout": lambda world, site, sensor: DroneScout(world, sensor.id, sensor.mounting, site),
    "opendroneid": lambda world, site, sensor: opendroneid(world, sensor.id, sensor.mounting, site),
    "antsdr": simple.antsdr_binary,
    "antsdr-text": simple.antsdr_text,
    "droneaware": simple.droneaware_node,
    "mavlink-odid": simple.mavlink_module,
    "mesh-mapper": simple.mesh_mapper_receiver,
    "dragonsync": simple.dragonsync_kit,
    "iq-blocks": lambda world, _, sensor: IqReceiver(world, sensor.id, sensor.mounting),
}
