"""The one list of devices."""

from __future__ import annotations

from .driver import Driver
from .radar import ti_mmwave
from .radio import iq_blocks
from .remote_id import dronescout, opendroneid

DRIVERS: dict[str, Driver] = {
    driver.name: driver
    for driver in (dronescout.DRIVER, iq_blocks.DRIVER, opendroneid.DRIVER, ti_mmwave.DRIVER)
}
