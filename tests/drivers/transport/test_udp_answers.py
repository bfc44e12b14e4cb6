"""A panel that sends datagrams hears its answer from the port it sent to."""

from __future__ import annotations

import asyncio
import socket

from havik.drivers.contraband.sia_dc09 import Decoder
from havik.drivers.transport import udp
from havik.gateway.answering import Peer

FRAME = (
    b'\n73580056"SIA-DCS"0002R1L232#78919[#78919|Nri1/BA012][X012W34.1][Y045N12.2]'
    b"_14:12:04,09-25-2026\r"
)


async def test_a_datagram_is_answered_and_half_of_one_spoils_no_other() -> None:
    heard: list[object] = []
    decoder = Decoder()
    async with udp.opened("127.0.0.1", 0) as port:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as panel:
            panel.setblocking(False)
            for sent in (FRAME[:40], FRAME):
                panel.sendto(sent, ("127.0.0.1", port.port))
                async with asyncio.timeout(5):
                    data, address = await port.receive_from()
                peer = Peer(decoder, lambda _, readings, __: heard.extend(readings), lambda: 0)
                if answer := peer.hear(data):
                    port.send(answer, address)
                peer.end()
            async with asyncio.timeout(5):
                answer = await asyncio.get_running_loop().sock_recv(panel, 1000)
    assert answer.endswith(b'"ACK"0002R1L232#78919[]\r')
    assert len(heard) == 1
    assert decoder.refused == {"cut off at the end": 1}
