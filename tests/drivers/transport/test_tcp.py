"""Over real sockets on loopback."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from havik.drivers.contraband.sia_dc09 import Decoder
from havik.drivers.errors import LinkLost
from havik.drivers.transport import tcp
from havik.gateway.answering import Peer

FRAME = (
    b'\n73580056"SIA-DCS"0002R1L232#78919[#78919|Nri1/BA012][X012W34.1][Y045N12.2]'
    b"_14:12:04,09-25-2026\r"
)
ACK = b'"ACK"0002R1L232#78919[]\r'


async def test_each_panel_is_answered_on_its_own_connection() -> None:
    heard: list[object] = []
    decoder = Decoder()

    def peer() -> Peer:
        return Peer(decoder, lambda _, readings, __: heard.extend(readings), lambda: 0)

    async with tcp.opened("127.0.0.1", 0, peer) as port:
        _, bad = await asyncio.open_connection("127.0.0.1", port.port)
        bad.write(bytes(100_000) + b"\n7358")
        reader, panel = await asyncio.open_connection("127.0.0.1", port.port)
        panel.write(FRAME[:30])
        await panel.drain()
        panel.write(FRAME[30:])
        async with asyncio.timeout(5):
            assert (await reader.readuntil(b"\r")).endswith(ACK)
        assert len(heard) == 1 and port.peers == 2
        for one in (bad, panel):
            one.close()
            await one.wait_closed()
    assert port.peers == 0


async def test_connections_are_bounded_and_the_silent_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tcp, "MOST_PEERS", 1)
    dropped: Counter[str] = Counter()
    decoder = Decoder()

    def peer() -> Peer:
        return Peer(decoder, lambda _, __, ___: None, lambda: 0)

    opening = tcp.opened("127.0.0.1", 0, peer, dropped=dropped, silent_s=0.5)
    async with opening as port, asyncio.timeout(10):
        reader, first = await asyncio.open_connection("127.0.0.1", port.port)
        other, second = await asyncio.open_connection("127.0.0.1", port.port)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await other.readexactly(1)
        assert await reader.read(1) == b""  # it said nothing for too long
        for one in (first, second):
            one.close()
    assert dropped == {tcp.TURNED_AWAY: 1, tcp.FELL_SILENT: 1}


async def test_another_sender_is_turned_away() -> None:
    dropped: Counter[str] = Counter()
    decoder = Decoder()

    def peer() -> Peer:
        return Peer(decoder, lambda _, __, ___: None, lambda: 0)

    opening = tcp.opened("127.0.0.1", 0, peer, sender="192.0.2.7", dropped=dropped)
    async with opening as port, asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", port.port)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
        writer.close()
    assert dropped == {tcp.FROM_ANOTHER: 1}


@pytest.mark.parametrize("host", ["192.0.2.7", "panel.example"])
async def test_a_port_that_cannot_be_opened_is_named(host: str) -> None:
    with pytest.raises(LinkLost, match=f"tcp {host}"):
        async with tcp.opened(host, 0, lambda: Peer(Decoder(), lambda _, __, ___: None, int)):
            pass
