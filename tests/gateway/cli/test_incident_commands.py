"""The search workflow from the command line: a log to read, and a gateway's desk to ask."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from havik.config.settings import AlarmSection, SiteSection, Zone
from havik.drivers.transport.mqtt import BrokerAddress
from havik.gateway.console import client as console
from havik.gateway.desk import Desk
from havik.gateway.incidents import Incidents, Sighting
from havik.gateway.log.store import CentralLog
from havik.gateway.messages import Find, encode
from havik.gateway.plan import Plan

if TYPE_CHECKING:
    from tests.gateway.conftest import Havik

S = 1_000_000_000
SITE = SiteSection(name="noord", latitude_deg=52.0, longitude_deg=5.0, mode="exercise")
YARD = Zone(id="yard-b", kind="yard", corners_m=((0, 0), (100, 0), (100, 100), (0, 100)))


def flown() -> Incidents:
    """One flight that hovered over the yard and is gone."""
    incidents = Incidents(SITE, AlarmSection(), Plan(SITE, [YARD]))
    place_m = np.array([50.0, 50.0, 30.0])
    incidents.sight(
        Sighting(time_ns=S, sensors=("radar",), confidence=1, place_m=place_m, hovering=True)
    )
    incidents.tick(500 * S)
    return incidents


@contextmanager
def gateway(address: BrokerAddress, incidents: Incidents) -> Generator[list[object], None, None]:
    """A desk that answers at a broker, in a thread: the command line has this one."""
    desk = Desk(SITE, incidents, {})
    recorded: list[object] = []
    ready = threading.Event()
    client = paho.Client(CallbackAPIVersion.VERSION2)

    def answer(_: paho.Client, __: object, message: paho.MQTTMessage) -> None:
        told = desk.take(message.topic.rpartition("/")[2], bytes(message.payload), 1000 * S)
        recorded.extend(told.records)
        assert told.reply is not None
        client.publish(f"havik/noord/replies/{told.reply.command}", encode(told.reply), 1)

    def subscribed(*_: object) -> None:
        ready.set()

    client.on_message = answer
    client.on_subscribe = subscribed
    client.connect(address.host, address.port)
    client.subscribe("havik/noord/commands/+", 1)
    client.loop_start()
    assert ready.wait(20)
    try:
        yield recorded
    finally:
        client.disconnect()
        client.loop_stop()


def test_a_flight_is_led_to_its_end(havik: Havik, address: BrokerAddress) -> None:
    incidents = flown()
    (flight,) = (one.incident for one in incidents.open)
    to = ("--site", "noord", "--broker", f"mqtt://127.0.0.1:{address.port}")
    by = ("--by", "desk-1", *to)
    with gateway(address, incidents) as recorded:
        assert havik("incident", "acknowledge", flight, *by) == (0, "", "")
        assert havik("incident", "note", flight, "patrol is on its way", *by) == (0, "", "")
        refused = "the gateway refuses: yard-b has not been searched; record a find or a negative"
        lead = ("--role", "shift-lead", *by)
        assert refused in havik.refuses("incident", "release", flight, "yard-b", *lead)
        told = havik.refuses("incident", "release", flight, "yard-b", *by)
        assert "role desk-1 may not release; these may: shift-lead, head-of-security" in told
        refused = "the gateway refuses: yard-b on hold; search and release first"
        end = ("incident", "close", flight, "--outcome", "contraband_found")
        assert refused in havik.refuses(*end, *by)
        told = havik.refuses("incident", "close", flight, "--outcome", "contraband", *by)
        assert "outcome: no code `contraband`; did you mean contraband_found?" in told
        assert havik("incident", "dispatch", flight, "patrol-2", *by) == (0, "", "")
        assert havik("incident", "search", flight, "yard-b", *by) == (0, "", "")
        where = ("--place", "yard", "--method", "drone_alarm_search", "--place-ref", "yard-b")
        code, out, _ = havik("find", "add", "--item", "phone", "--incident", flight, *where, *to)
        assert code == 0
        told = havik.refuses("incident", "release", flight, "yard-b", *lead)
        assert "the search of yard-b is open, by desk-1; close it first" in told
        told = havik.refuses("incident", "search-done", flight, "yard-b", *by)
        assert "not looked at yet: ground, facade_windows, roof_net, bins_drains" in told
        items = ("ground", "facade_windows", "roof_net", "bins_drains")
        assert havik("incident", "check", flight, "yard-b", *items, *by) == (0, "", "")
        assert havik("incident", "search-done", flight, "yard-b", *by) == (0, "", "")
        assert havik("incident", "release", flight, "yard-b", *lead) == (0, "", "")
        assert havik(*end, "--text", "secured", *by) == (0, "", "")
        told = havik.refuses("incident", "dispatch", flight, "patrol-2", *by)
        assert f"no open incident {flight}" in told
    assert incidents.open == []
    assert [one.find for one in recorded if isinstance(one, Find)] == [out.strip()]


def test_what_the_gateway_does_not_know_is_refused_in_its_words(
    havik: Havik, address: BrokerAddress
) -> None:
    to = ("--site", "noord", "--broker", f"mqtt://127.0.0.1:{address.port}")
    with gateway(address, flown()):
        told = havik.refuses("incident", "acknowledge", "f9", "--by", "d", *to)
        assert told == "the gateway refuses: no open incident f9; name one that is open"
        told = havik.refuses("find", "add", "--place", "yard", "--method", "dog", *to)
        assert told.startswith("the gateway refuses: items: say what was found")


def test_nobody_there_is_one_line(
    havik: Havik, address: BrokerAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "REPLY_S", 0.05)
    to = ("--by", "d", "--site", "zuid", "--broker", f"mqtt://127.0.0.1:{address.port}")
    told = havik.refuses("incident", "close", "f1", "--outcome", "x", *to)
    assert told.startswith("no gateway of site zuid answers at broker 127.0.0.1:")


END = ("--outcome", "nothing_found")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("acknowledge", "f 1", "--by", "d"), "INCIDENT: at most 64 letters"),
        (("acknowledge", "f1", "--by", "Jan de Vries"), "--by: at most 64 letters"),
        (("note", "f1", "x" * 201, "--by", "d"), "TEXT: at most 200 characters"),
        (("release", "f1", "yard b", "--by", "d"), "ZONE: at most 64 letters"),
        (("close", "f1", *END, "--by", "d", "--text", "\udcff"), "--text: is not text"),
        (
            ("close", "f1", *END, "--by", "d"),
            "nothing listens there; name broker and user with --broker",
        ),
        (
            ("close", "f1", *END, "--by", "d", "--site", "#"),
            "--site # can be no site's name",
        ),
    ],
)
def test_wrong_use_is_one_line(havik: Havik, arguments: tuple[str, ...], told: str) -> None:
    to = ("--site", "noord", "--broker", "mqtt://127.0.0.1:1")
    command, *rest = arguments
    assert told in havik.refuses("incident", command, *to, *rest)


def test_the_incidents_of_a_log_are_listed_and_shown(havik: Havik, tmp_path: Path) -> None:
    (incident,) = flown().open
    with CentralLog(tmp_path / "log") as log:
        log.append([incident])
    where = ("--log", tmp_path / "log")
    code, out, _ = havik("incident", "list", *where)
    assert code == 0
    heading, line = out.splitlines()
    assert heading.split()[:3] == ["incident", "first", "contact"]
    for words in (incident.incident, "1970-01-01 00:00:01Z", "alarm", "yard-b", "exercise"):
        assert words in line
    for command in (("list",), ("show", incident.incident)):
        _, out, _ = havik("incident", *command, *where, "--json")
        assert json.loads(out) == json.loads(encode(incident))
    _, out, _ = havik("incident", "show", incident.incident, *where)
    assert json.loads(out) == json.loads(encode(incident)) and out.count("\n") > 5
    assert "no incident x in" in havik.refuses("incident", "show", "x", *where)
