"""MQTT 3.1.1 and 5: one thin adapter over aiomqtt, with the gateway's errors and bounds.

aiomqtt acknowledges a message before anybody has seen it. Here the consumer does, when what it
made of it is safe; what was not acknowledged comes again after a reconnection, if the session has
a name by which the broker keeps it.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Literal

import aiomqtt
import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ..errors import LinkLost

Qos = Literal[0, 1]

MOST_WAITING = 1000
"""Messages in hand; at QoS 1 the broker's own window (20 for mosquitto) is reached long before."""

MOST_CALLS = 20
"""Publications on the way at once: aiomqtt looks through all of them at each new one."""

TIMEOUT_S = 10.0
_FIRST_REFUSAL = 0x80  # of the codes with which a broker answers
SESSION_S = 24 * 3600
"""How long an MQTT 5 broker keeps a named session; with 3.1.1 it decides by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerAddress:
    """Which broker, and who we are to it.

    Parameters
    ----------
    tls : bool
        Encrypt, and verify the broker's certificate and name; there is no way to turn that off.
    ca_file : str, optional
        Certificates to trust instead of the system's.
    certificate_file, key_file : str, optional
        Who we are, for a broker that asks.
    """

    host: str
    port: int
    protocol: Literal["3.1.1", "5"] = "3.1.1"
    username: str | None = None
    password: str | None = None
    tls: bool = False
    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    keepalive_s: int = 15

    def __str__(self) -> str:
        """The broker, without who we are."""
        return f"broker {self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message; the broker keeps it until it is acknowledged, where its QoS is 1.

    `acknowledge` belongs into the event loop's thread; once its connection is gone it does nothing.
    """

    topic: str
    payload: bytes
    qos: int
    retained: bool
    acknowledge: Callable[[], None]


class Connection:
    """An open connection; made by `connected`.

    Attributes
    ----------
    dropped : Counter
        Messages let go of because nobody took them in time, by reason.
    """

    def __init__(self, client: aiomqtt.Client, name: str, dropped: Counter[str]) -> None:
        self.dropped = dropped
        self._client = client
        self._name = name
        self._messages = client.messages

    async def subscribe(self, topic: str, qos: Qos = 0) -> None:
        """Ask for messages; `topic` may hold wildcards.

        Raises
        ------
        LinkLost
            If the broker is gone or refuses.
        """
        with _faults(self._name):
            granted = await self._client.subscribe(topic, qos)
        if any(_code(answer) >= _FIRST_REFUSAL for answer in granted):
            raise LinkLost(f"{self._name}: refuses the subscription to {topic}; check its rights")

    async def receive(self) -> Incoming:
        """Wait for the next message.

        Raises
        ------
        LinkLost
            If the broker is gone.
        """
        with _faults(self._name):
            message = await anext(self._messages)
        return Incoming(
            topic=message.topic.value,
            payload=message.payload,
            qos=message.qos,
            retained=message.retain,
            acknowledge=partial(_acknowledge, self._client, message),
        )

    async def publish(
        self, topic: str, payload: bytes, *, qos: Qos = 0, retain: bool = False
    ) -> None:
        """Publish; with QoS 1, wait until the broker has it.

        Raises
        ------
        LinkLost
            If the broker is gone. It may have the message all the same: send it again.
        """
        with _faults(self._name):
            await self._client.publish(topic, payload, qos, retain)


@asynccontextmanager
async def connected(
    address: BrokerAddress,
    *,
    will: aiomqtt.Will | None = None,
    session: str | None = None,
    most_waiting: int = MOST_WAITING,
) -> AsyncGenerator[Connection, None]:
    """Hold a connection.

    Parameters
    ----------
    address : BrokerAddress
        The broker.
    will : aiomqtt.Will, optional
        What the broker publishes when we are gone without a word.
    session : str, optional
        A name for our subscriptions and what is not acknowledged, kept while we are away.
        Without one the broker forgets us.
    most_waiting : int
        Messages that wait for `receive`. Then the oldest of QoS 0 is let go of, else the oldest:
        that one comes again after a reconnection.

    Raises
    ------
    LinkLost
        If the connection cannot be made; which broker, and why.
    """
    name, dropped = str(address), Counter[str]()
    with _faults(name):
        client = _client(address, will, session, _waiting_room(most_waiting, dropped))
        await _enter(client)
    try:
        yield Connection(client, name, dropped)
    finally:
        with _faults(name):
            await client.__aexit__(None, None, None)


def _client(
    address: BrokerAddress,
    will: aiomqtt.Will | None,
    session: str | None,
    waiting_room: type[asyncio.Queue[aiomqtt.Message]],
) -> aiomqtt.Client:
    version_5 = address.protocol == "5"
    client = aiomqtt.Client(
        address.host,
        address.port,
        identifier=session,
        username=address.username,
        password=address.password,
        protocol=aiomqtt.ProtocolVersion.V5 if version_5 else aiomqtt.ProtocolVersion.V311,
        will=will,
        keepalive=address.keepalive_s,
        timeout=TIMEOUT_S,
        tls_context=_tls(address) if address.tls else None,
        clean_session=None if version_5 else session is None,
        clean_start=session is None if version_5 else paho.MQTT_CLEAN_START_FIRST_ONLY,
        properties=_kept() if version_5 and session is not None else None,
        max_concurrent_outgoing_calls=MOST_CALLS,
        queue_type=waiting_room,
    )
    client.pending_calls_threshold = MOST_CALLS  # fewer are no cause for a warning in the log
    _paho(client).manual_ack_set(True)
    return client


def _paho(client: aiomqtt.Client) -> paho.Client:
    # aiomqtt 2.5 has no public way to acknowledge by hand: the one place of private use.
    return client._client  # pyright: ignore[reportPrivateUsage]


def _acknowledge(client: aiomqtt.Client, message: aiomqtt.Message) -> None:
    _paho(client).ack(message.mid, message.qos)


def _kept() -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's gap
    properties.SessionExpiryInterval = SESSION_S
    return properties


def _tls(address: BrokerAddress) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=address.ca_file)
        if address.certificate_file:
            context.load_cert_chain(address.certificate_file, address.key_file)
    except OSError as error:
        files = [address.ca_file, address.certificate_file, address.key_file]
        named = ", ".join(file for file in files if file)
        raise LinkLost(f"{address}: TLS files ({named}): {error.strerror or error}") from None
    return context


def _waiting_room(most: int, dropped: Counter[str]) -> type[asyncio.Queue[aiomqtt.Message]]:
    """Make the queue that aiomqtt fills: where its own would drop the newest, and tell nobody."""

    class WaitingRoom(asyncio.Queue[aiomqtt.Message]):
        _queue: deque[aiomqtt.Message]  # asyncio.Queue's own, for those who derive from it

        def put_nowait(self, item: aiomqtt.Message) -> None:
            if self.qsize() >= most:
                place = next((i for i, waiting in enumerate(self._queue) if waiting.qos == 0), 0)
                dropped[f"QoS {self._queue[place].qos}: the gateway is too slow"] += 1
                del self._queue[place]
            super().put_nowait(item)

    return WaitingRoom


async def _enter(client: aiomqtt.Client) -> None:
    """Connect. aiomqtt connects in a thread: cancelled, it would leave its socket open."""
    entering = asyncio.ensure_future(client.__aenter__())
    try:
        await asyncio.shield(entering)
    except asyncio.CancelledError:
        await asyncio.wait([entering])
        if not entering.exception():
            await client.__aexit__(None, None, None)
        raise


@contextmanager
def _faults(name: str) -> Generator[None, None, None]:
    """Turn every error of the connection into `LinkLost` with the broker's name."""
    try:
        yield
    except aiomqtt.MqttError as error:
        raise LinkLost(f"{name}: {_plain(error)}") from None


_LOGIN_REFUSED = {4, 5, 134, 135}  # MQTT 3.1.1, 3.2.2.3; MQTT 5, 3.2.2.2

_WORDS = (
    ("CERTIFICATE_VERIFY_FAILED", "its TLS certificate is not trusted: check ca_file and the name"),
    ("[SSL", "TLS failed: does this port speak TLS, and does the broker want a certificate of us?"),
    ("Connection refused", "connection refused: nothing listens there"),
    ("Name or service not known", "no such host"),
    ("timed out", "no answer: does this port speak MQTT, with or without TLS?"),
)


def _plain(error: aiomqtt.MqttError) -> str:
    """Say it in words for a person."""
    if isinstance(error, aiomqtt.MqttCodeError) and _code(error.rc) in _LOGIN_REFUSED:
        return "the login is refused: check user and password"
    told = str(error)
    return next((plain for sign, plain in _WORDS if sign in told), told)


def _code(answer: int | ReasonCode | None) -> int:
    if isinstance(answer, ReasonCode):
        return answer.value
    return answer or 0
