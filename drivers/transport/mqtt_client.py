"""aiomqtt's client with what the gateway needs beyond it: the one room that knows its insides.

It acknowledges by hand, tells of every message it lets go of, notices a lost connection at once,
and leaves no socket open behind a failed or cancelled attempt.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeVar

import aiomqtt
import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ..errors import LinkLost

Result = TypeVar("Result")

MOST_CALLS = 20
"""Subscriptions on the way at once."""

PACKETS_AT_ONCE = 500
"""Read before anything else has its turn: paho alone reads one and goes through the event loop.
What piles up in a socket, or at the broker behind it, grows old without anybody counting it; in the
waiting room the oldest make way."""

TIMEOUT_S = 10.0
AT_ONCE = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)
"""Small packets do not wait for the acknowledgement of those before: that costs 40 ms at a time."""

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
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    keepalive_s: int = 15

    def __str__(self) -> str:
        """The broker, without who we are."""
        return f"broker {self.host}:{self.port}"


def make_client(
    address: BrokerAddress,
    will: aiomqtt.Will | None,
    session: str | None,
    room: type[asyncio.Queue[aiomqtt.Message]],
) -> aiomqtt.Client:
    """Make a client that acknowledges by hand and fills a queue of type `room`.

    Raises
    ------
    LinkLost
        If a TLS file cannot be used, or no host can have that name.
    """
    _check_host(address)
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
        queue_type=room,
        socket_options=AT_ONCE,
    )
    client.pending_calls_threshold = MOST_CALLS  # fewer are no cause for a warning in the log
    _paho(client).manual_ack_set(True)
    return client


class Publication(NamedTuple):
    """One payload for the broker; an empty retained one clears its topic."""

    topic: str
    payload: bytes
    qos: Literal[0, 1]
    retain: bool


# aiomqtt 2.5 has no public way to acknowledge by hand, to learn of a lost connection while one
# publishes, nor to take many messages at once: these three are the only private use of it.


def _paho(client: aiomqtt.Client) -> paho.Client:
    return client._client  # pyright: ignore[reportPrivateUsage]


def _gone(client: aiomqtt.Client) -> asyncio.Future[None]:
    return client._disconnected  # pyright: ignore[reportPrivateUsage]


def waiting(client: aiomqtt.Client, most: int) -> list[aiomqtt.Message]:
    """Take what has come already, up to `most`."""
    queue = client._queue  # pyright: ignore[reportPrivateUsage]
    return [queue.get_nowait() for _ in range(min(most, queue.qsize()))]


def acknowledge(client: aiomqtt.Client, message: aiomqtt.Message) -> None:
    """Tell the broker that a message is safe; it forgets it then."""
    _paho(client).ack(message.mid, message.qos)


def _check_host(address: BrokerAddress) -> None:
    try:
        address.host.encode("idna")
    except UnicodeError:  # a label that is empty or too long
        raise LinkLost(f"{address}: no host can have that name: check it") from None


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


def waiting_room(
    most: int,
    most_bytes: int,
    dropped: Counter[str],
    let_go: Callable[[aiomqtt.Message], None],
) -> type[asyncio.Queue[aiomqtt.Message]]:
    """Make the queue that aiomqtt fills: where its own would drop the newest, and tell nobody.

    `let_go` is told of each message that had to make room.
    """

    class WaitingRoom(asyncio.Queue[aiomqtt.Message]):
        _queue: deque[aiomqtt.Message]  # asyncio.Queue's own, for those who derive from it

        _load = 0  # bytes of all payloads

        def put_nowait(self, item: aiomqtt.Message) -> None:
            self._load += len(item.payload)
            while self._queue and (self.qsize() >= most or self._load > most_bytes):
                self._make_room()
            super().put_nowait(item)

        def _make_room(self) -> None:
            place = next((i for i, waiting in enumerate(self._queue) if waiting.qos == 0), 0)
            oldest = self._queue[place]
            del self._queue[place]
            self._load -= len(oldest.payload)
            dropped[f"QoS {oldest.qos}: the gateway is too slow"] += 1
            let_go(oldest)

        def _get(self) -> aiomqtt.Message:
            item = self._queue.popleft()
            self._load -= len(item.payload)
            return item

    return WaitingRoom


async def enter(client: aiomqtt.Client) -> None:
    """Connect; whatever goes wrong, leave no socket open."""
    entering = asyncio.create_task(client.__aenter__(), name="connect to a broker")
    gone = _gone(client)
    try:
        await _first(entering, gone)
        if not entering.done():
            raise aiomqtt.MqttError(str(gone.exception()))
        entering.result()
        _read_many(client)
    except BaseException:
        # aiomqtt opens the socket in a thread, which a cancellation has to wait for.
        await _first(entering, gone)
        await _end(entering)
        _paho(client).on_socket_register_write = None  # say goodbye at once
        _paho(client).disconnect()
        raise


def _read_many(client: aiomqtt.Client) -> None:
    """Read a busy socket in runs: a turn of the event loop for each packet costs more than it."""
    pipe = _paho(client)
    loop, sock = asyncio.get_running_loop(), pipe.socket()
    assert isinstance(sock, socket.socket), "connected, and by TCP"

    def read() -> None:
        try:
            for _ in range(PACKETS_AT_ONCE):
                if pipe.loop_read() or not _has_more(sock):
                    break
        except Exception as error:  # as aiomqtt does: whatever it is, the connection is over
            if not _gone(client).done():
                _gone(client).set_exception(error)

    loop.add_reader(sock.fileno(), read)


def _has_more(sock: socket.socket) -> bool:
    """Whether a packet begins behind the last one; TLS holds bytes that no selector sees."""
    if isinstance(sock, ssl.SSLSocket):
        return sock.pending() > 0
    try:
        return bool(sock.recv(1, socket.MSG_PEEK))
    except OSError:  # nothing yet, or closed: the next turn tells
        return False


async def leave(client: aiomqtt.Client) -> None:
    """Disconnect; of a connection that was lost when nobody used it, nobody is told."""
    gone = _gone(client)
    try:
        await client.__aexit__(None, None, None)
    finally:
        if gone.done() and not gone.cancelled():
            gone.exception()


class Sender:
    """Publications of one connection, many in one turn of the event loop.

    aiomqtt publishes one at a time, each in a timer of its own, and waits with `asyncio.wait_for`,
    which loses a cancellation that comes together with what it waits for (Python 3.11). Here nobody
    waits but by `asyncio.wait`, which loses none.
    """

    def __init__(self, client: aiomqtt.Client) -> None:
        self._paho, self._gone = _paho(client), _gone(client)
        self._batches: dict[int, _Batch] = {}
        self._paho.on_publish = self._confirm

    async def send(self, publications: list[Publication]) -> None:
        """Publish in order; wait until the broker has all, at QoS 0 until all is written.

        What it has is taken out of `publications`, whatever goes wrong with the rest.

        Raises
        ------
        aiomqtt.MqttError
            If the broker is gone, or does not confirm in time.
        """
        batch = _Batch({}, asyncio.get_running_loop().create_future())
        handed_over = 0
        try:
            for publication in publications:
                self._hand_over(publication, batch)
                handed_over += 1
            if batch.open:
                either: set[asyncio.Future[None]] = {batch.done, self._gone}
                await asyncio.wait(either, timeout=TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
            if batch.open:
                raise aiomqtt.MqttError(self._why())
        finally:
            for number in batch.open:
                del self._batches[number]
            publications[:] = [*batch.open.values(), *publications[handed_over:]]

    def _hand_over(self, publication: Publication, batch: _Batch) -> None:
        if self._gone.done():
            raise aiomqtt.MqttError(self._why())
        info = self._paho.publish(*publication)
        if info.rc != paho.MQTT_ERR_SUCCESS:
            raise aiomqtt.MqttCodeError(info.rc, "Could not publish message")
        batch.open[info.mid] = publication
        self._batches[info.mid] = batch

    def _confirm(self, _client: object, _data: object, number: int, *_: object) -> None:
        batch = self._batches.pop(number, None)
        if batch is None:  # nobody waits for it any more
            return
        del batch.open[number]
        if not batch.open and not batch.done.done():
            batch.done.set_result(None)

    def _why(self) -> str:
        return str(self._gone.exception()) if self._gone.done() else "Operation timed out"


@dataclass(slots=True)
class _Batch:
    open: dict[int, Publication]  # by the number under which the broker confirms them
    done: asyncio.Future[None]


async def unless_gone(client: aiomqtt.Client, work: Coroutine[None, None, Result]) -> Result:
    """Do `work`, but do not wait for a broker that is gone, as aiomqtt does until its timeout.

    In a task of its own: aiomqtt waits with `asyncio.wait_for`, as told at `Sender`.
    """
    task, gone = asyncio.create_task(work), _gone(client)
    try:
        await _first(task, gone)
        if task.done():
            return task.result()
    finally:
        await _end(task)
    raise aiomqtt.MqttError(str(gone.exception()))


async def _first(task: asyncio.Task[Result], gone: asyncio.Future[None]) -> None:
    either: tuple[asyncio.Future[Result] | asyncio.Future[None], ...] = (task, gone)
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)


async def _end(task: asyncio.Task[Result]) -> None:
    if not task.done():
        task.cancel()
        await asyncio.wait({task})
