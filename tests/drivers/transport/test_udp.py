"""Over real sockets of loopback."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter

import pytest

from havik.drivers.errors import LinkLost
from havik.drivers.transport import udp
from havik.drivers.transport.udp import MOST_WAITING, opened


def send(port: int, *datagrams: bytes, to: str = "127.0.0.1") -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        for data in datagrams:
            wire.sendto(data, (to, port))


async def test_each_datagram_is_a_message_in_order() -> None:
    async with opened("127.0.0.1", 0) as link:
        sent = [b"", b"one", bytes(60_000), b"last"]
        send(link.port, *sent)
        assert [await asyncio.wait_for(link.receive(), 5) for _ in sent] == sent
        assert not link.dropped and link.waiting == 0


async def test_one_that_is_waited_for_comes() -> None:
    async with opened("127.0.0.1", 0) as link:
        waiting = asyncio.create_task(link.receive(), name="waiting")
        await asyncio.sleep(0)
        send(link.port, b"late")
        assert await asyncio.wait_for(waiting, 5) == b"late"


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::1"])
async def test_it_closes_and_opens_again(host: str) -> None:
    async with opened(host, 0) as link:
        port = link.port
    async with opened(host, port) as again:
        assert again.port == port


async def test_of_too_many_the_oldest_go_and_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(udp, "MOST_WAITING", 5)
    dropped = Counter[str]()
    async with opened("127.0.0.1", 0, dropped=dropped) as link:
        send(link.port, *(bytes([n]) for n in range(20)))
        link.take()
        assert [await link.receive() for _ in range(5)] == [bytes([n]) for n in range(15, 20)]
    assert dropped == {"datagram let go of": 15}
    assert MOST_WAITING == 10_000


async def test_so_do_too_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(udp, "MOST_WAITING_BYTES", 1000)
    async with opened("127.0.0.1", 0) as link:
        send(link.port, *[bytes(400)] * 5)
        link.take()
        assert link.waiting == 2


async def test_what_the_kernel_lost_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(udp, "KERNEL_BYTES", 4096)
    async with opened("127.0.0.1", 0) as link:
        send(link.port, *[bytes(500)] * 200)  # nobody reads meanwhile
        await asyncio.wait_for(link.receive(), 5)
        while link.waiting:
            await link.receive()
        send(link.port, b"the next one tells")
        while await asyncio.wait_for(link.receive(), 5) != b"the next one tells":
            pass
        assert link.dropped["datagram lost in the kernel"] > 100


async def test_only_the_named_sender_is_heard() -> None:
    async with opened("127.0.0.1", 0, sender="127.0.0.2") as link:
        send(link.port, b"not from there")
        link.take()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
            wire.bind(("127.0.0.2", 0))
            wire.sendto(b"from there", ("127.0.0.1", link.port))
        assert await asyncio.wait_for(link.receive(), 5) == b"from there"
    assert link.dropped == {"datagram from another sender": 1}


async def test_a_group_is_joined() -> None:
    async with opened("127.0.0.1", 0, group="239.2.3.1") as link:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
            own = socket.inet_aton("127.0.0.1")
            wire.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, own)
            wire.sendto(b"to all", ("239.2.3.1", link.port))
        assert await asyncio.wait_for(link.receive(), 5) == b"to all"


@pytest.mark.parametrize(
    ("host", "group", "told"),
    [
        ("192.0.2.7", None, "no address of this computer"),
        ("localhost", None, "localhost"),
        ("127.0.0.1", "10.0.0.1", "no IPv4 multicast group"),
    ],
)
async def test_what_cannot_be_opened_says_why(host: str, group: str | None, told: str) -> None:
    with pytest.raises(LinkLost, match=told):
        async with opened(host, 0, group=group):
            pass


async def test_a_port_in_use_says_so() -> None:
    async with opened("127.0.0.1", 0) as link:
        with pytest.raises(LinkLost, match="in use by another program"):
            async with opened("127.0.0.1", link.port):
                pass
