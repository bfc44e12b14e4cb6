"""Simulated receivers that hand on each report by itself; the wire formats are their drivers'."""

from __future__ import annotations

from ...config.settings import Sensor, SiteSection
from ...drivers.remote_id import antsdr, dragonsync, droneaware, mavlink_odid, mesh_mapper
from ..scene import World
from .receiver import BROADCASTS, Broadcast, Receiver

DRONEID = (Broadcast("dji-droneid", 0, 0.2),)


def droneaware_node(world: World, site: SiteSection, sensor: Sensor) -> Receiver:
    """Give a node that sends a datagram for each advertisement."""
    return Receiver(
        world, sensor.id, sensor.mounting, site, BROADCASTS, lambda one: (droneaware.encode(one),)
    )


def mesh_mapper_receiver(world: World, site: SiteSection, sensor: Sensor) -> Receiver:
    """Give an ESP32 that writes a line for each advertisement."""
    return Receiver(
        world, sensor.id, sensor.mounting, site, BROADCASTS, lambda one: (mesh_mapper.encode(one),)
    )


def dragonsync_kit(world: World, site: SiteSection, sensor: Sensor) -> Receiver:
    """Give a kit that publishes a payload for each advertisement."""
    return Receiver(
        world, sensor.id, sensor.mounting, site, BROADCASTS, lambda one: (dragonsync.encode(one),)
    )


def antsdr_binary(world: World, site: SiteSection, sensor: Sensor) -> Receiver:
    """Give an AntSDR of the older firmware: a frame for each burst that it decoded."""
    return Receiver(
        world, sensor.id, sensor.mounting, site, DRONEID, lambda one: (antsdr.encode(one),)
    )


def antsdr_text(world: World, site: SiteSection, sensor: Sensor) -> Receiver:
    """Give an AntSDR of the newer firmware: a text for each burst that it decoded."""
    return Receiver(
        world, sensor.id, sensor.mounting, site, DRONEID, lambda one: (antsdr.encode_text(one),)
    )


def mavlink_module(world: World, site: SiteSection, sensor: Sensor) -> Receiver:
    """Give a module that tells over MAVLink what each advertisement says."""
    return Receiver(
        world, sensor.id, sensor.mounting, site, BROADCASTS, lambda one: (mavlink_odid.encode(one),)
    )
