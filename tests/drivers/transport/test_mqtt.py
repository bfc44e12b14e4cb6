"""Against a real mosquitto."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import aiomqtt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from havik.drivers.errors import LinkLost
from havik.drivers.transport import mqtt_client
from havik.drivers.transport.backoff import LinkState, forever
from havik.drivers.transport.mqtt import BrokerAddress, Connection, Incoming, connected

if TYPE_CHECKING:
    from tests.conftest import Mosquitto

PATIENCE_S = 20.0
PROTOCOLS: list[Literal["3.1.1", "5"]] = ["3.1.1", "5"]
StartMosquitto = Callable[[str], "Mosquitto"]


def to(
    broker: Mosquitto,
    protocol: Literal["3.1.1", "5"] = "3.1.1",
    username: str | None = None,
    password: str | None = None,
) -> BrokerAddress:
    return BrokerAddress(
        host=broker.host,
        port=broker.port,
        protocol=protocol,
        username=username,
        password=password,
    )


async def receive(connection: Connection) -> Incoming:
    async with asyncio.timeout(PATIENCE_S):
        return await connection.receive()


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("qos", [0, 1])
async def test_a_message_comes_as_it_was_sent(
    mosquitto: Mosquitto, protocol: Literal["3.1.1", "5"], qos: Literal[0, 1]
) -> None:
    payload = bytes(range(256)) * 1000
    async with connected(to(mosquitto, protocol)) as connection:
        await connection.subscribe("sensor/+", qos)
        await connection.publish("sensor/a", payload, qos=qos)
        message = await receive(connection)
        message.acknowledge()
    assert (message.topic, message.payload) == ("sensor/a", payload)
    assert (message.qos, message.retained) == (qos, False)
    assert not connection.dropped


async def test_a_retained_message_comes_to_a_later_subscriber(mosquitto: Mosquitto) -> None:
    async with connected(to(mosquitto)) as connection:
        await connection.publish("health", b"online", qos=1, retain=True)
        await connection.subscribe("health", 1)
        message = await receive(connection)
    assert (message.payload, message.retained) == (b"online", True)


GATEWAY_THAT_DIES = """
import asyncio, os, sys, aiomqtt
from havik.drivers.transport.backoff import LinkState, forever
from havik.drivers.transport.mqtt import BrokerAddress, connected

async def main():
    address = BrokerAddress(host="127.0.0.1", port=int(sys.argv[1]), protocol=sys.argv[2])
    async with connected(address, will=aiomqtt.Will("health", b"offline", 1)):
        os.abort()

asyncio.run(main())
"""


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_the_will_is_told_of_a_gateway_that_dies(
    mosquitto: Mosquitto, protocol: Literal["3.1.1", "5"]
) -> None:
    async with connected(to(mosquitto)) as console:
        await console.subscribe("health", 1)
        command = [sys.executable, "-c", GATEWAY_THAT_DIES, str(mosquitto.port), protocol]
        await (await asyncio.create_subprocess_exec(*command)).wait()
        assert (await receive(console)).payload == b"offline"


async def test_leaving_properly_tells_no_will(mosquitto: Mosquitto) -> None:
    async with connected(to(mosquitto)) as console:
        await console.subscribe("health", 1)
        async with connected(to(mosquitto), will=aiomqtt.Will("health", b"offline", 1)) as sensor:
            pass
        async with connected(to(mosquitto)) as sensor:
            await sensor.publish("health", b"afterwards", qos=1)
        assert (await receive(console)).payload == b"afterwards"


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_what_was_not_acknowledged_comes_again(
    mosquitto: Mosquitto, protocol: Literal["3.1.1", "5"]
) -> None:
    address = to(mosquitto, protocol)
    async with connected(address, session="gateway") as gateway:
        await gateway.subscribe("finds", 1)
        async with connected(address) as console:
            for number in range(3):
                await console.publish("finds", b"%d" % number, qos=1)
        seen = [await receive(gateway) for _ in range(3)]
        seen[0].acknowledge()
        await gateway.publish("other", b"", qos=1)  # the acknowledgement went out before this
    assert [message.payload for message in seen] == [b"0", b"1", b"2"]
    async with connected(address, session="gateway") as gateway:
        again = [await receive(gateway) for _ in range(2)]
        for message in again:
            message.acknowledge()
        await gateway.publish("finds", b"next", qos=1)
        following = await receive(gateway)
    assert [message.payload for message in again] == [b"1", b"2"]
    assert following.payload == b"next"


async def test_without_a_session_nothing_is_kept(mosquitto: Mosquitto) -> None:
    async with connected(to(mosquitto)) as gateway:
        await gateway.subscribe("finds", 1)
        await gateway.publish("finds", b"lost", qos=1)
        assert (await receive(gateway)).payload == b"lost"
    async with connected(to(mosquitto)) as gateway:
        await gateway.subscribe("finds", 1)
        await gateway.publish("finds", b"next", qos=1)
        assert (await receive(gateway)).payload == b"next"


async def test_a_slow_consumer_loses_the_oldest_of_qos_0_and_it_is_counted(
    mosquitto: Mosquitto,
) -> None:
    async with connected(to(mosquitto), most_waiting=4) as gateway:
        await gateway.subscribe("iq", 0)
        await gateway.subscribe("finds", 1)
        async with connected(to(mosquitto)) as sensor:
            await sensor.publish("finds", b"find", qos=1)
            for number in range(6):
                await sensor.publish("iq", b"%d" % number)
            await sensor.publish("finds", b"last", qos=1)
        await gateway.publish("over", b"", qos=1)  # behind its answer nothing is on the way
        kept = [(await receive(gateway)).payload for _ in range(4)]
    assert kept == [b"find", b"4", b"5", b"last"]
    assert gateway.dropped == {"QoS 0: the gateway is too slow": 4}


async def test_what_made_room_does_not_stop_the_stream(mosquitto: Mosquitto) -> None:
    window = 20  # mosquitto.conf(5): max_inflight_messages
    async with connected(to(mosquitto), most_waiting=4) as gateway:
        await gateway.subscribe("finds", 1)
        async with connected(to(mosquitto)) as sensor:
            for number in range(3 * window):
                await sensor.publish("finds", b"%d" % number, qos=1)
            last = b""
            while last != b"%d" % (3 * window - 1):
                message = await receive(gateway)
                message.acknowledge()
                last = message.payload


async def test_a_broker_that_stops_is_a_lost_link(mosquitto: Mosquitto) -> None:
    with pytest.raises(LinkLost, match=rf"^broker 127.0.0.1:{mosquitto.port}: "):
        async with connected(to(mosquitto)) as gateway:
            waiting = asyncio.create_task(receive(gateway))
            await asyncio.sleep(0)
            mosquitto.stop()
            await waiting
    with pytest.raises(LinkLost, match="nothing listens there"):
        async with connected(to(mosquitto)):
            pass


async def test_publishing_to_a_broker_that_stopped_is_a_lost_link(mosquitto: Mosquitto) -> None:
    with pytest.raises(LinkLost):
        async with connected(to(mosquitto)) as gateway:
            mosquitto.stop()
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    await gateway.publish("health", b"online", qos=1)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("password", ["wrong", None])
async def test_a_wrong_login_is_said_plainly(
    start_mosquitto: StartMosquitto,
    tmp_path: Path,
    protocol: Literal["3.1.1", "5"],
    password: str | None,
) -> None:
    users = tmp_path / "users"
    broker = start_mosquitto(f"allow_anonymous false\npassword_file {users_file(users)}")
    async with connected(to(broker, protocol, "havik", "right")):
        pass
    with pytest.raises(LinkLost, match="the login is refused: check user and password"):
        async with connected(to(broker, protocol, password and "havik", password)):
            pass


def users_file(file: Path) -> Path:
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(file), "havik", "right"], check=True)
    return file


@asynccontextmanager
async def answering(*answers: bytes) -> AsyncGenerator[BrokerAddress, None]:
    """Answer each packet of one client by the next of `answers`."""
    ended = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.read(1000)
            writer.write(answer)
        while await reader.read(1000):
            pass
        writer.close()
        ended.set()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        yield BrokerAddress(host="127.0.0.1", port=server.sockets[0].getsockname()[1])
        async with asyncio.timeout(PATIENCE_S):
            await ended.wait()


async def test_a_subscription_without_the_right_to_it_is_said_plainly() -> None:
    connack, suback = bytes.fromhex("20020000"), bytes.fromhex("9003000180")  # MQTT 3.1.1, 3.9.3
    async with answering(connack, suback) as address:
        with pytest.raises(LinkLost, match="refuses the subscription to secret/#; check its right"):
            async with connected(address) as gateway:
                await gateway.subscribe("secret/#", 1)


@pytest.mark.parametrize("answer", [b"", b"220 mail.example ESMTP\r\n"], ids=["mute", "mail"])
async def test_what_does_not_speak_mqtt_is_a_lost_link(
    monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    monkeypatch.setattr(mqtt_client, "TIMEOUT_S", 0.3)
    async with answering(answer) as address:
        with pytest.raises(LinkLost, match="no answer: does it speak MQTT"):
            async with connected(address):
                pass


async def hold(address: BrokerAddress) -> None:
    async with connected(address):
        await asyncio.Event().wait()


async def test_a_cancelled_connection_leaves_nothing_open(mosquitto: Mosquitto) -> None:
    for turns in range(12):
        task = asyncio.create_task(hold(to(mosquitto)))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def authority(folder: Path, name: str) -> Path:
    """Make a test authority, and a certificate of the broker for `localhost` alone."""
    now = datetime.now(UTC)
    key, broker_key = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

    def certificate(of: ec.EllipticCurvePrivateKey, common: str, *, ca: bool) -> bytes:
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)]))
            .issuer_name(subject)
            .public_key(of.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        )
        return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    folder.mkdir()
    (folder / "ca.pem").write_bytes(certificate(key, name, ca=True))
    (folder / "broker.pem").write_bytes(certificate(broker_key, "localhost", ca=False))
    (folder / "key.pem").write_bytes(
        broker_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder


def over_tls(broker: Mosquitto, ca: Path, host: str = "localhost") -> BrokerAddress:
    return BrokerAddress(host=host, port=broker.port, tls=True, ca_file=str(ca / "ca.pem"))


@pytest.fixture
def ca(tmp_path: Path) -> Path:
    return authority(tmp_path / "ca", "test authority")


def tls_settings(ca: Path) -> str:
    return f"allow_anonymous true\ncertfile {ca}/broker.pem\nkeyfile {ca}/key.pem\n"


async def test_tls_with_the_sites_own_authority(start_mosquitto: StartMosquitto, ca: Path) -> None:
    broker = start_mosquitto(tls_settings(ca))
    async with connected(over_tls(broker, ca)) as gateway:
        await gateway.subscribe("a", 1)
        await gateway.publish("a", b"sealed", qos=1)
        assert (await receive(gateway)).payload == b"sealed"


# paho leaves the socket of a failed handshake to the garbage collector
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_broker_that_is_not_trusted_is_refused(
    start_mosquitto: StartMosquitto, ca: Path, tmp_path: Path
) -> None:
    broker = start_mosquitto(tls_settings(ca))
    strangers = authority(tmp_path / "stranger", "another authority")
    for address in (over_tls(broker, strangers), over_tls(broker, ca, host="127.0.0.1")):
        with pytest.raises(
            LinkLost, match="certificate is not trusted: check ca_file and the name"
        ):
            async with connected(address):
                pass


async def test_a_client_certificate_opens_the_door(
    start_mosquitto: StartMosquitto, ca: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = f"{tls_settings(ca)}cafile {ca}/ca.pem\nrequire_certificate true\n"
    broker = start_mosquitto(settings)
    bare = over_tls(broker, ca)
    known = replace(bare, certificate_file=f"{ca}/broker.pem", key_file=f"{ca}/key.pem")
    async with connected(known) as gateway:
        await gateway.publish("a", b"", qos=1)
    monkeypatch.setattr(mqtt_client, "TIMEOUT_S", 0.5)
    with pytest.raises(LinkLost, match="want a certificate of us"):
        async with connected(bare):
            pass


async def test_files_for_tls_that_are_not_there_are_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "ca.pem")
    address = BrokerAddress(host="localhost", port=8883, tls=True, ca_file=missing)
    with pytest.raises(LinkLost, match=r"TLS files \(.*ca.pem\): No such file"):
        async with connected(address):
            pass


async def test_a_stopped_broker_heals_and_the_subscription_with_it(mosquitto: Mosquitto) -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    states: asyncio.Queue[LinkState] = asyncio.Queue()

    async def use(connection: Connection) -> None:
        await connection.subscribe("sensor", 1)
        await connection.publish("sensor", b"again", qos=1)
        while True:
            message = await connection.receive()
            message.acknowledge()
            heard.put_nowait(message.payload)

    link = asyncio.create_task(
        forever(
            partial(connected, to(mosquitto)),
            use,
            states.put_nowait,
            pauses=lambda: itertools.repeat(0.02),
        )
    )
    async with asyncio.timeout(PATIENCE_S):
        assert await heard.get() == b"again"
        mosquitto.stop()
        seen = [await states.get() for _ in range(4)]
        assert [state.up for state in seen] == [False, True, False, False]
        assert seen[3].reason is not None and seen[3].reason.endswith("nothing listens there")
        assert seen[3].since_ns == seen[2].since_ns
        mosquitto.start()
        assert await heard.get() == b"again"
    while not (last := states.get_nowait()).up:
        pass
    assert last.reconnections == 1
    link.cancel()
    with pytest.raises(asyncio.CancelledError):
        await link
