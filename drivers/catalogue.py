"""The one list of devices."""

from __future__ import annotations

from .driver import Driver
from .radar import hlk_ld2450, radar_cube, ti_mmwave
from .radio import iq_blocks
from .remote_id import antsdr, dragonsync, droneaware, dronescout, mesh_mapper, opendroneid

DRIVERS: dict[str, Driver] = {
    driver.name: driver
    for driver in (
        antsdr.DRIVER,
        antsdr.TEXT_DRIVER,
        dragonsync.DRIVER,
        droneaware.DRIVER,
        dronescout.DRIVER,
        hlk_ld2450.DRIVER,
        mesh_mapper.DRIVER,
        iq_blocks.DRIVER,
        opendroneid.DRIVER,
        radar_cube.DRIVER,
        ti_mmwave.DRIVER,
    )
}
