from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.console import Console

from havik.drivers.transport.mqtt import BrokerAddress, connected
from havik.gateway.console import watch as room
from havik.gateway.console.watch import ChangeLines, JsonLines, show, watch
from havik.gateway.errors import UsageError
from havik.gateway.messages import AnyMessage, Find, FindItem, Health, Incident, Step, Track, encode

if TYPE_CHECKING:
    from tests.conftest import Mosquitto


class Common(TypedDict):
    id: str
    site: str
    time_ns: int


COMMON: Common = {"id": "i", "site": "noord", "time_ns": 1}
ALARM = Incident(
    **COMMON, incident="f1", version=1, state="alarm", contact=True, confidence=1,
    labels=("dji-droneid",), first_contact_ns=1, last_contact_ns=2,
    steps=(Step(step="alarm", time_ns=1),),
)  # fmt: skip
HELD = replace(
    ALARM, hold=("yard-b",), steps=(Step(step="drop-suspected", time_ns=2, zone="yard-b"),)
)
FIND = Find(
    **COMMON, find="d1", found_at_ns=1, place="yard", method="dog",
    items=(FindItem(category="phone"),),
)  # fmt: skip
TRACK = Track(
    **COMMON, track="t1", state="alive", aircraft_class="drone", basis="measured",
    first_seen_ns=1, last_seen_ns=2,
)  # fmt: skip


def health(state: Literal["online", "degraded", "offline"], reason: str | None = None) -> Health:
    return Health(**COMMON, sensor="radar", state=state, since_ns=1, reason=reason)


TOPICS: dict[type[AnyMessage], str] = {
    Incident: "havik/noord/incidents/f1",
    Find: "havik/noord/finds/d1",
    Health: "havik/noord/radar/health",
    Track: "havik/noord/tracks/t1",
}


def changes(*told: AnyMessage | tuple[str, bytes]) -> list[str]:
    """The lines for what is told, without the time before each."""
    out = io.StringIO()
    lines = ChangeLines(out)
    for one in told:
        topic, payload = one if isinstance(one, tuple) else (TOPICS[type(one)], encode(one))
        lines(topic, payload)
    assert all(line[8:11] == "Z  " for line in out.getvalue().splitlines())
    return [line[11:] for line in out.getvalue().splitlines()]


def test_a_change_is_a_line() -> None:
    assert changes(health("offline", "not there"), health("online"), ALARM, HELD, FIND) == [
        "sensor radar: offline (not there)",
        "sensor radar: online",
        "incident f1: alarm, dji-droneid; alarm",
        "incident f1: alarm, dji-droneid; drop-suspected yard-b; hold yard-b",
        "find: 1 phone; yard; dog",
    ]


def test_what_says_nothing_new_is_no_line() -> None:
    silent = [health("degraded", f"connected, but silent for {seconds} s") for seconds in (21, 23)]
    assert changes(*silent) == ["sensor radar: degraded (connected, but silent)"]
    assert changes(ALARM, replace(ALARM, version=2, confidence=0.5), TRACK) == [
        "incident f1: alarm, dji-droneid; alarm"
    ]


def test_a_topic_that_was_cleared_begins_anew() -> None:
    cleared = (TOPICS[Incident], b"")
    assert len(changes(ALARM, cleared, ALARM)) == 2


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_TOLD", 3)
    strangers = [(f"havik/noord/incidents/{number}", encode(ALARM)) for number in range(3)]
    assert len(changes(ALARM, ALARM, *strangers, ALARM)) == 5


HOSTILE = [
    b"{", b"null", b"\xff\xfe", b"[" * 1_000_000, encode(TRACK),
    b'{"schema":"havik.incident/1","x":' + b"[" * 9999,
    b'{"schema":"havik.incident/1","version":NaN}',
]  # fmt: skip


@pytest.mark.parametrize("payload", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_no_message_is_told_once_and_stops_nothing(payload: bytes) -> None:
    topic = "havik/noord/incidents/f9"
    assert changes((topic, payload), (topic, payload), ALARM) == [
        "unreadable message on havik/noord/incidents/f9",
        "incident f1: alarm, dji-droneid; alarm",
    ]


def test_nothing_that_others_wrote_moves_the_cursor() -> None:
    trick = replace(ALARM, labels=("\x1b[2J\rall is well\n",), hold=("\u202e",))
    (line,) = changes(trick)
    assert line.isprintable()
    (line,) = changes(("havik/noord/incidents/\u2028", b"{"))
    assert line.isprintable()


def json_lines(*told: tuple[str, bytes]) -> list[dict[str, object]]:
    out = io.StringIO()
    lines = JsonLines(out)
    for topic, payload in told:
        lines(topic, payload)
    return [json.loads(line) for line in out.getvalue().split("\n")[:-1]]


def test_json_gives_every_message_as_it_came() -> None:
    told = [(TOPICS[type(one)], encode(one)) for one in (ALARM, ALARM, TRACK)]
    rows = json_lines(*told, (TOPICS[Track], b""))
    assert rows == [
        *({"topic": topic, "message": json.loads(payload)} for topic, payload in told),
        {"topic": TOPICS[Track], "message": None},
    ]


@pytest.mark.parametrize("payload", [b"{", b"\xff\n\xfe", b"[" * 1_000_000, b"NaN", b"1e999"])
def test_json_stays_json_whatever_comes(payload: bytes) -> None:
    rows = json_lines(("havik/noord/finds/x", payload), (TOPICS[Find], encode(FIND)))
    told = rows[0]["message"]
    assert told == {"unreadable": payload[:1000].decode("utf-8", "replace")}
    assert rows[1]["message"] == json.loads(encode(FIND))


@given(st.binary(max_size=60), st.text(max_size=20))
def test_any_payload_is_one_line(payload: bytes, topic: str) -> None:
    assert len(json_lines((f"havik/noord/finds/{topic}", payload))) == 1
    assert len(changes((f"havik/noord/finds/{topic}", payload))) <= 1


class Reader(io.StringIO):
    """A reader of our output that goes away when it has seen enough, as `head` does."""

    def __init__(
        self, enough: Callable[[str], bool], gone: type[Exception] = BrokenPipeError
    ) -> None:
        super().__init__()
        self._enough = enough
        self._gone = gone

    def write(self, text: str, /) -> int:
        if self._enough(self.getvalue()):
            raise self._gone
        return super().write(text)


async def leave(address: BrokerAddress, *messages: AnyMessage) -> None:
    async with connected(address) as link:
        for one in messages:
            await link.publish(TOPICS[type(one)], encode(one), qos=1, retain=True)


def test_a_pipe_gets_lines_until_its_reader_has_seen_enough(mosquitto: Mosquitto) -> None:
    address = BrokerAddress(host=mosquitto.host, port=mosquitto.port)
    asyncio.run(leave(address, ALARM, health("online")))
    reader = Reader(lambda text: text.count("\n") == 1)
    with pytest.raises(BrokenPipeError):
        watch(address, site="noord", as_json=False, seconds=None, out=reader)
    assert reader.getvalue().count("\n") == 1


def test_json_lines_come_from_the_broker(mosquitto: Mosquitto) -> None:
    address = BrokerAddress(host=mosquitto.host, port=mosquitto.port)
    asyncio.run(leave(address, ALARM, TRACK))
    reader = Reader(lambda text: text.count("\n") == 2)
    asyncio.run(leave(address, health("online")))
    with pytest.raises(BrokenPipeError):
        watch(address, site="+", as_json=True, seconds=None, out=reader)
    rows = [json.loads(line) for line in reader.getvalue().splitlines()]
    assert {row["message"]["schema"] for row in rows} <= {
        "havik.incident/1", "havik.track/1", "havik.health/1",
    }  # fmt: skip
    assert len(rows) == 2


def test_it_ends_after_its_seconds(mosquitto: Mosquitto) -> None:
    address = BrokerAddress(host=mosquitto.host, port=mosquitto.port)
    watch(address, site="+", as_json=True, seconds=0.01, out=io.StringIO())


def test_a_broker_that_goes_is_told_and_waited_for(
    mosquitto: Mosquitto, capsys: pytest.CaptureFixture[str]
) -> None:
    address = BrokerAddress(host=mosquitto.host, port=mosquitto.port)
    asyncio.run(leave(address, ALARM))

    after: list[asyncio.Task[None]] = []

    def enough(text: str) -> bool:
        if "incident" in text and not after:
            mosquitto.restart()  # with nothing of what it kept
            after.append(asyncio.get_running_loop().create_task(leave(address, FIND)))
        return "find: " in text

    reader = Reader(enough)
    with pytest.raises(BrokenPipeError):
        watch(address, site="+", as_json=False, seconds=None, out=reader)
    told = capsys.readouterr().err.splitlines()
    assert told and all(line.endswith("; trying again") for line in told)


def test_a_broker_that_is_not_there_is_one_clear_line() -> None:
    nobody = BrokerAddress(host="127.0.0.1", port=1)
    with pytest.raises(UsageError, match="nothing listens there; name broker and user with"):
        watch(nobody, site="+", as_json=False, seconds=None, out=io.StringIO())


def test_a_site_that_can_be_none_is_refused_before_anything() -> None:
    nobody = BrokerAddress(host="127.0.0.1", port=1)
    with pytest.raises(UsageError, match="--site # can be no site's name"):
        watch(nobody, site="#", as_json=False, seconds=None, out=io.StringIO())


async def shown_until(address: BrokerAddress, enough: Callable[[str], bool]) -> str:
    """What a terminal got from the console's screen until it was enough."""
    terminal = Reader(enough, LookupError)
    console = Console(file=terminal, force_terminal=True, width=100, height=40)
    with pytest.raises(ExceptionGroup) as ended:
        async with asyncio.timeout(20):
            await show(address, console)
    assert ended.group_contains(LookupError)
    return terminal.getvalue()


async def test_a_terminal_shows_the_alarm(address: BrokerAddress) -> None:
    await leave(address, ALARM)
    text = await shown_until(address, lambda text: "dji-droneid" in text)
    assert "ALARM" in text.upper()


async def test_a_terminal_says_that_the_broker_is_away() -> None:
    nobody = BrokerAddress(host="127.0.0.1", port=1)
    text = await shown_until(nobody, lambda text: "nothing listens" in text)
    assert "NO BROKER" in text
