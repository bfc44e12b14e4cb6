from __future__ import annotations

import asyncio
import os
import shutil
import socket
import stat
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import aiomqtt
import pytest

from havik.simulators.embedded import BrokerFailed, EmbeddedBroker, embedded_broker

PATIENCE_S = 20.0


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[EmbeddedBroker]:
    async with embedded_broker(tmp_path) as broker:
        yield broker


def client(
    broker: EmbeddedBroker, password: str | None = None, will: aiomqtt.Will | None = None
) -> aiomqtt.Client:
    right = broker.password_file.read_text().strip()
    return aiomqtt.Client(
        broker.host,
        broker.port,
        username=broker.username,
        password=right if password is None else password,
        will=will,
        timeout=PATIENCE_S,
    )


async def first(subscriber: aiomqtt.Client) -> aiomqtt.Message:
    async with asyncio.timeout(PATIENCE_S):
        async for message in subscriber.messages:
            return message
    raise AssertionError("the connection ended without a message")


async def test_the_right_login_works(broker: EmbeddedBroker) -> None:
    payload = os.urandom(100_000)
    async with client(broker) as console:
        await console.subscribe("havik/#", qos=1)
        await console.publish("havik/test", payload, qos=1)
        message = await first(console)
    assert (message.topic.value, message.payload) == ("havik/test", payload)


@pytest.mark.parametrize("password", ["", "wrong"])
async def test_a_wrong_password_is_refused(broker: EmbeddedBroker, password: str) -> None:
    with pytest.raises(aiomqtt.MqttError):
        async with client(broker, password):
            pass


async def test_anonymous_is_refused(broker: EmbeddedBroker) -> None:
    with pytest.raises(aiomqtt.MqttError):
        async with aiomqtt.Client(broker.host, broker.port, timeout=PATIENCE_S):
            pass


async def test_it_keeps_retained_messages(broker: EmbeddedBroker) -> None:
    async with client(broker) as sensor:
        await sensor.publish("havik/health", b"online", qos=1, retain=True)
    async with client(broker) as console:
        await console.subscribe("havik/health", qos=1)
        message = await first(console)
    assert (message.payload, message.retain) == (b"online", True)


async def test_it_tells_the_last_will(broker: EmbeddedBroker) -> None:
    password = broker.password_file.read_text().strip()
    async with client(broker) as console:
        await console.subscribe("havik/health", qos=1)
        reader, writer = await asyncio.open_connection(broker.host, broker.port)
        writer.write(_connect_with_will(broker.username, password))
        async with asyncio.timeout(PATIENCE_S):
            assert await reader.readexactly(4) == b"\x20\x02\x00\x00"  # accepted
        writer.close()  # without a DISCONNECT
        await writer.wait_closed()
        message = await first(console)
    assert message.payload == b"offline"


def _connect_with_will(username: str, password: str) -> bytes:
    """MQTT 3.1.1, section 3.1: clean session, a will of QoS 1, user and password."""
    texts = ["sensor", "havik/health", "offline", username, password]
    body = b"\x00\x04MQTT\x04\xce\x00\x3c"
    body += b"".join(len(text).to_bytes(2, "big") + text.encode() for text in texts)
    assert len(body) < 128
    return b"\x10" + bytes([len(body)]) + body


@pytest.mark.skipif(not shutil.which("mosquitto_sub"), reason="mosquitto's clients are not here")
async def test_a_foreign_client_understands_it(broker: EmbeddedBroker) -> None:
    async with client(broker) as sensor:
        await sensor.publish("havik/health", b"online", qos=1, retain=True)
    options = ["-h", broker.host, "-p", str(broker.port), "-u", broker.username]
    secret = ["-P", broker.password_file.read_text().strip()]
    heard = await asyncio.to_thread(
        subprocess.run,
        ["mosquitto_sub", *options, *secret, "-t", "havik/#", "-C", "1", "-W", "20"],
        capture_output=True,
        check=True,
    )
    assert heard.stdout == b"online\n"


def modes(folder: Path) -> dict[str, int]:
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


async def test_the_login_is_private_and_goes_with_the_broker(tmp_path: Path) -> None:
    async with embedded_broker(tmp_path) as broker:
        password = broker.password_file.read_text().strip()
        assert len(password) >= 32
        assert set(modes(tmp_path).values()) == {0o600}
        assert password not in command_line(broker)
    assert broker.process.returncode == 0
    assert modes(tmp_path) == {}


def command_line(broker: EmbeddedBroker) -> str:
    return Path(f"/proc/{broker.process.pid}/cmdline").read_text()


async def test_it_listens_on_loopback_only(broker: EmbeddedBroker) -> None:
    assert listening(broker.port) == {"0100007F"}


def listening(port: int) -> set[str]:
    """The addresses, as the kernel writes them, on which somebody listens at `port`."""
    rows = [
        row.split()[1].split(":")
        for table in ("tcp", "tcp6")
        for row in Path("/proc/net", table).read_text().splitlines()[1:]
        if row.split()[3] == "0A"
    ]
    return {address for address, number in rows if int(number, 16) == port}


async def test_each_start_makes_another_password(tmp_path: Path) -> None:
    passwords: set[str] = set()
    for _ in range(2):
        async with embedded_broker(tmp_path) as broker:
            passwords.add(broker.password_file.read_text())
    assert len(passwords) == 2


async def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BrokerFailed, match=f"port {port}.*in use"):
            async with embedded_broker(tmp_path, port):
                pass
    assert modes(tmp_path) == {}


@pytest.mark.parametrize("end", ["terminate", "input closes"])
async def test_it_ends_when_told_or_alone(broker: EmbeddedBroker, end: str) -> None:
    async with client(broker):
        if end == "terminate":
            broker.process.terminate()
        else:
            assert broker.process.stdin is not None
            broker.process.stdin.close()
        async with asyncio.timeout(PATIENCE_S):
            assert await broker.process.wait() == 0
