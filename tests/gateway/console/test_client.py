"""A console's side, at real brokers; the gateway's side is played by a few lines."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from havik.drivers.transport.backoff import LinkState
from havik.drivers.transport.mqtt import BrokerAddress, connected
from havik.gateway.commands import COMMANDS, Acknowledge, AnyCommand, Close, Note, RecordFind
from havik.gateway.console import client as console
from havik.gateway.console.client import ask, check_site, listen, make, reach
from havik.gateway.errors import UsageError
from havik.gateway.messages import Reply

if TYPE_CHECKING:
    from tests.conftest import Mosquitto

PATIENCE_S = 20.0
NOTE = make(Note, incident="f1", by="desk-1", text="patrol is on its way")
StartMosquitto = Callable[[str], "Mosquitto"]


def reply(command: str, outcome: str = "accepted") -> bytes:
    message = Reply(id="i", site="noord", time_ns=1, command=command, outcome="accepted")
    return msgspec.json.encode(msgspec.structs.replace(message, outcome=outcome, subject="f1"))


@asynccontextmanager
async def gateway(address: BrokerAddress, *answers: bytes) -> AsyncGenerator[list[bytes], None]:
    """Gives `answers`, in this order, to each command; what was asked is given."""
    asked: list[bytes] = []

    async def serve(ready: asyncio.Event) -> None:
        async with connected(address) as link:
            await link.subscribe("havik/noord/commands/+", 1)
            ready.set()
            while True:
                message = await link.receive()
                asked.append(message.payload)
                topic = f"havik/noord/replies/{json.loads(message.payload)['id']}"
                for answer in answers:
                    await link.publish(topic, answer, qos=1)

    ready = asyncio.Event()
    task = asyncio.create_task(serve(ready))
    await ready.wait()
    try:
        yield asked
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_a_command_gets_its_reply(either_broker: BrokerAddress) -> None:
    async with gateway(either_broker, reply(NOTE.id)) as asked:
        answer = await ask(either_broker, "noord", NOTE)
    assert (answer.outcome, answer.subject) == ("accepted", "f1")
    assert asked == [msgspec.json.encode(NOTE)]


async def test_what_is_no_reply_is_no_answer(address: BrokerAddress) -> None:
    others = (b"", b"{", b"\xff", b"[" * 1_000_000, reply("another"), b'{"command":"c1"}')
    async with gateway(address, *others, reply(NOTE.id, "refused")):
        assert (await ask(address, "noord", NOTE)).outcome == "refused"


async def test_a_gateway_that_is_not_there_is_one_clear_line(
    address: BrokerAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "REPLY_S", 0.05)
    with pytest.raises(UsageError) as caught:
        await ask(address, "noord", NOTE)
    assert str(caught.value) == (
        f"no gateway of site noord answers at broker 127.0.0.1:{address.port} within 0.05 s; "
        "is it running, and is the site's name right? The command may still be done later"
    )


async def test_what_is_no_reply_does_not_prolong_the_wait(
    address: BrokerAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "REPLY_S", 0.2)
    async with gateway(address, *[reply("another")] * 100):
        with pytest.raises(UsageError, match=r"within 0\.2 s"):
            await ask(address, "noord", NOTE)


async def test_a_broker_that_is_not_there_is_one_clear_line() -> None:
    nobody = BrokerAddress(host="127.0.0.1", port=1)
    for attempt in (ask(nobody, "noord", NOTE), reach(nobody)):
        with pytest.raises(UsageError) as caught:
            await attempt
        assert str(caught.value) == (
            "broker 127.0.0.1:1: connection refused: nothing listens there; "
            "name broker and user with --broker, the password in HAVIK_MQTT_PASSWORD"
        )


async def test_a_refused_login_is_one_clear_line_without_the_password(
    start_mosquitto: StartMosquitto, tmp_path: Path
) -> None:
    users = tmp_path / "users"
    command = ["mosquitto_passwd", "-b", "-c", str(users), "desk", "right"]
    assert await (await asyncio.create_subprocess_exec(*command)).wait() == 0
    broker = start_mosquitto(f"allow_anonymous false\npassword_file {users}")
    wrong = BrokerAddress(host=broker.host, port=broker.port, username="desk", password="s3cr3t")
    for attempt in (ask(wrong, "noord", NOTE), reach(wrong)):
        with pytest.raises(UsageError, match=r"login is refused: .* password in HAV") as caught:
            await attempt
        assert "\n" not in str(caught.value)
        assert "s3cr3t" not in repr(caught.value) + repr(wrong)


async def test_a_console_hears_its_site_through_a_restart(mosquitto: Mosquitto) -> None:
    address = BrokerAddress(host=mosquitto.host, port=mosquitto.port)
    heard: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
    states: asyncio.Queue[LinkState] = asyncio.Queue()

    def take(topic: str, payload: bytes) -> None:
        heard.put_nowait((topic, payload))

    async def tell() -> list[tuple[str, bytes]]:
        """Leave a message in every room, for two sites; give what the console hears."""
        rooms = ("radar/health", "detections/radar", "tracks/t", "incidents/f", "finds/d")
        others = ("replies/c", "commands/note")
        async with asyncio.timeout(PATIENCE_S), connected(address) as link:
            for site in ("zuid", "noord"):
                for room in (*others, *rooms):
                    await link.publish(f"havik/{site}/{room}", b"x", qos=1, retain=True)
            return [await heard.get() for _ in rooms]

    listening = asyncio.create_task(listen(address, take, states.put_nowait, "noord"))
    expected = {
        ("havik/noord/radar/health", b"x"),
        ("havik/noord/detections/radar", b"x"),
        ("havik/noord/tracks/t", b"x"),
        ("havik/noord/incidents/f", b"x"),
        ("havik/noord/finds/d", b"x"),
    }
    assert set(await tell()) == expected
    mosquitto.restart()
    while (await states.get()).reconnections < 1:
        pass
    while not heard.empty():
        heard.get_nowait()
    assert set(await tell()) == expected
    listening.cancel()
    await asyncio.wait({listening})


def test_a_command_of_the_command_line_is_one_that_a_gateway_takes() -> None:
    command = make(
        RecordFind, place="yard", method="dog", items=(), negative_search=True, note="é",
        incident=None, finder_role="patrol",
    )  # fmt: skip
    assert msgspec.json.decode(msgspec.json.encode(command), type=RecordFind) == command
    other = make(Close, incident="f1", by="d", outcome="nothing_found")
    assert command.id != other.id
    assert COMMANDS["close"] is type(other)


LONG = "x" * 201
FIND: dict[str, object] = {"place": "yard", "method": "dog"}
ENDED: dict[str, object] = {"incident": "f", "by": "d", "outcome": "nothing_found"}
WRONG: list[tuple[type[AnyCommand], dict[str, object], str]] = [
    (Acknowledge, {"incident": "f1", "by": "Jan de Vries"}, "--by: at most 64 letters, digits"),
    (Acknowledge, {"incident": "f 1", "by": "d"}, "INCIDENT: at most 64 letters"),
    (Acknowledge, {"incident": "f/#", "by": "d"}, "INCIDENT: at most 64 letters"),
    (Acknowledge, {"incident": "\udcff", "by": "d"}, "INCIDENT: is not text; write it in UTF-8"),
    (Note, {"incident": "f", "by": "d", "text": LONG}, "TEXT: at most 200 characters"),
    (Close, ENDED | {"text": LONG}, "--text: at most 200 characters"),
    (Close, ENDED | {"text": "\udcff"}, "--text: is not text"),
    (RecordFind, FIND | {"note": LONG}, "--note: at most 200 characters"),
    (RecordFind, FIND | {"place_ref": "cell 12"}, "--place-ref: at most 64 letters"),
    (RecordFind, FIND | {"finder_role": "Jan de Vries"}, "--finder-role: at most 64 letters"),
    (RecordFind, FIND | {"incident": "a b"}, "--incident: at most 64 letters"),
    (RecordFind, FIND | {"found_at": "\udcff"}, "--at: is not text"),
    (RecordFind, FIND | {"place": "\udcff"}, "--place: is not text"),
]


@pytest.mark.parametrize(("kind", "given", "told"), WRONG)
def test_what_no_gateway_takes_names_its_option(
    kind: type[AnyCommand], given: dict[str, object], told: str
) -> None:
    with pytest.raises(UsageError) as caught:
        make(kind, **given)
    assert str(caught.value).startswith(told)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "+", "#", "a/b", "a b", "noord\n", "\udcff", "x" * 65])
async def test_a_site_that_can_be_none_is_refused(address: BrokerAddress, name: str) -> None:
    with pytest.raises(UsageError, match=r"^--site .*can be no site's name: at most 64 letters"):
        check_site(name)
    with pytest.raises(UsageError, match="--site"):
        await ask(address, name, NOTE)
