"""The one list of devices."""

from __future__ import annotations

from .contraband import (
    ceia_ac,
    contact_io,
    fence_zone,
    phone_energy,
    screening_result,
    sia_dc09,
)
from .driver import Driver
from .radar import asterix, hlk_ld2450, radar_cube, ti_mmwave
from .radio import iq_blocks
from .remote_id import (
    antsdr,
    dragonsync,
    droneaware,
    dronescout,
    mavlink_odid,
    mesh_mapper,
    opendroneid,
)

DRIVERS: dict[str, Driver] = {
    driver.name: driver
    for driver in sorted(
        (
            antsdr.DRIVER,
            antsdr.TEXT_DRIVER,
            ceia_ac.DRIVER,
            contact_io.DRIVER,
            asterix.DRIVER,
            dragonsync.DRIVER,
            droneaware.DRIVER,
            dronescout.DRIVER,
            fence_zone.DRIVER,
            hlk_ld2450.DRIVER,
            mavlink_odid.DRIVER,
            mesh_mapper.DRIVER,
            iq_blocks.DRIVER,
            opendroneid.DRIVER,
            radar_cube.DRIVER,
            phone_energy.DRIVER,
            screening_result.DRIVER,
            sia_dc09.DRIVER,
            ti_mmwave.DRIVER,
        ),
        key=lambda one: one.name,
    )
}
