"""Simulated air of Remote ID; the wire format is drivers/remote_id/opendroneid.py's.

Each drone broadcasts over Wi-Fi beacon and NAN, and over Bluetooth legacy and coded PHY. A sniffer
hears it all: packets with radiotap headers, and with those of an nRF sniffer.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...config.settings import Mounting, SiteSection
from ...drivers.packets import unwrap
from ...drivers.remote_id.opendroneid import encode
from ...drivers.transport.pcap import header, record
from ..instrument import Instrument, Stamp
from ..scene import World
from .receiver import Broadcast, Receiver

BROADCASTS = (
    Broadcast("wifi-beacon", 6, 0.1),
    Broadcast("ble-legacy", 37, 0.3),
    Broadcast("wifi-nan", 6, 0.6),
    Broadcast("ble-long-range", 10, 0.8),
)


def opendroneid(world: World, sensor: str, mounting: Mounting, site: SiteSection) -> Receiver:
    """Give the sniffer of one mounting in one world."""
    return Receiver(world, sensor, mounting, site, BROADCASTS, encode)


def capture(sniffer: Instrument, stamp: Stamp, link_type: int) -> Iterator[bytes]:
    """Give a capture file (pcap) of the packets of one link type, in pieces."""
    yield header(link_type)
    for sent in sniffer.observe(stamp):
        packet = unwrap(sent.what)
        if packet is not None and packet[0] == link_type:
            yield record(stamp(sent.time_s), packet[1])
