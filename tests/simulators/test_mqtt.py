from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import aiomqtt
import pytest

from havik.drivers.errors import LinkLost
from havik.drivers.transport.mqtt import BrokerAddress
from havik.simulators.embedded import embedded_broker
from havik.simulators.mqtt import connection


async def test_a_device_publishes_with_its_login(tmp_path: Path) -> None:
    async with embedded_broker(tmp_path) as broker:
        user, password = broker.username, broker.password_file.read_text().strip()
        address = BrokerAddress(
            host=broker.host, port=broker.port, username=user, password=password
        )
        client = aiomqtt.Client(broker.host, broker.port, username=user, password=password)
        async with client as console, connection(address) as device:
            await console.subscribe("sensor/#")
            await device.publish("sensor/a", b"reading")
            async with asyncio.timeout(20):
                message = await anext(aiter(console.messages))
    assert message.payload == b"reading"


async def test_a_refused_login_and_an_absent_broker_say_which(tmp_path: Path) -> None:
    async with embedded_broker(tmp_path) as broker:
        wrong = BrokerAddress(host=broker.host, port=broker.port, username="x", password="y")
        with pytest.raises(LinkLost, match=rf"^broker 127\.0\.0\.1:{broker.port}: "):
            async with connection(wrong):
                pass
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(LinkLost, match=rf"^broker 127\.0\.0\.1:{port}: .*refused"):
        async with connection(BrokerAddress(host="127.0.0.1", port=port)):
            pass


async def test_certificates_that_are_not_there_are_told(tmp_path: Path) -> None:
    missing = str(tmp_path / "ca.pem")
    address = BrokerAddress(host="127.0.0.1", port=8883, tls=True, ca_file=missing)
    with pytest.raises(LinkLost, match=r"TLS files: .*No such file"):
        async with connection(address):
            pass
