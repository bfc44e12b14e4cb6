"""Corrections and handovers over both ways in: the log of this machine, and a running gateway."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from havik.config.settings import BrokerSection, Settings, SiteSection
from havik.drivers.transport.mqtt import BrokerAddress, connected
from havik.gateway.commands import AnyCommand, CorrectFind, HandOver, RecordFind
from havik.gateway.console.client import ask, make
from havik.gateway.log.reading import LogReader
from havik.gateway.log.verify import verify
from havik.gateway.messages import Custody, Find, FindItem, Recorded, Reply
from havik.gateway.pipeline import run

if TYPE_CHECKING:
    from tests.conftest import Mosquitto
    from tests.gateway.conftest import Havik

SITE = SiteSection(name="noord", latitude_deg=52.0, longitude_deg=5.0, mode="test")
ADD = (
    "find", "add", "--place", "yard", "--method", "dog", "--site", "noord",
    "--at", "2026-01-05T23:58+01:00", "--item", "phone:2#AA1", "--item", "drugs:1package:48.5g#AA2",
)  # fmt: skip


def logged(folder: Path) -> list[Recorded]:
    with LogReader.open(folder) as log:
        return [entry.message() for entry in log.entries()]


def added(havik: Havik, folder: Path) -> str:
    code, out, told = havik(*ADD, "--log", folder)
    assert (code, told) == (0, "")
    return out.strip()


def test_a_correction_is_the_next_version_and_the_first_stays(havik: Havik, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    name = added(havik, folder)
    code, out, _ = havik(
        "find", "correct", name, "--reason", "scale misread", "--by", "lead", "--log", folder,
        "--item", "phone:2#AA1", "--item", "drugs:1package:50g#AA2",
    )  # fmt: skip
    assert (code, out.strip()) == (0, name)
    first, second = (one for one in logged(folder) if isinstance(one, Find))
    assert (first.version, second.version, second.supersedes) == (1, 2, first.id)
    assert [find.items[1].weight_g for find in (first, second)] == [48.5, 50.0]
    assert (second.reason, second.corrected_by) == ("scale misread", "lead")
    shown = json.loads(havik("find", "show", name, "--log", folder, "--json")[1])
    assert (shown["version"], shown["reason"]) == (2, "scale misread")
    assert verify(folder).ok


def test_a_chain_is_shown_with_its_gaps(havik: Havik, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    name = added(havik, folder)
    hand = ("find", "handover", name, "--item", "1", "--log", folder)
    code, out, _ = havik("find", "custody", name, "--log", folder)
    assert code == 0 and "no handover is recorded" in out
    first = (*hand, "--from", "patrol-7", "--to", "store-1", "--seal", "AA1")
    assert havik(*first, "--at", "2026-01-06T00:20+01:00")[0] == 0
    code, out, _ = havik("find", "custody", name, "--log", folder)
    assert code == 0 and "2026-01-05 23:20:00Z" in out and "GAP" not in out
    second = (*hand, "--from", "store-2", "--to", "police-3", "--seal", "AA9")
    assert havik(*second, "--at", "2026-01-07T09:00+01:00", "--broken")[0] == 0
    code, out, _ = havik("find", "custody", name, "--log", folder)
    assert code == 1
    assert "GAP at handover 2, line 1: given by store-2, but store-1 had it" in out
    assert "GAP at handover 2, line 1: the seal was broken" in out
    assert "the seal is AA9, it was AA1, and no reason is told" in out
    code, out, _ = havik("find", "custody", name, "--log", folder, "--json")
    one, two = map(json.loads, out.splitlines())
    assert (code, one["schema"], one["gaps"]) == (1, "havik.custody/1", [])
    assert [gap["kind"] for gap in two["gaps"]] == ["giver", "broken", "seal"]
    assert "patrol-7 to store-1; seal AA1" in havik("log", "list", "--log", folder)[1]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("handover", "--from", "a", "--to", "b", "--at", "2026-01-05T23:19Z"), "not backdated"),
        (("handover", "--from", "a", "--to", "b", "--at", "2026-01-05T22:00Z"), "before the find"),
        (("handover", "--from", "Jan Jansen", "--to", "b"), "--from: at most 64 letters"),
        (("handover", "--from", "a", "--to", "P. de Wit"), "--to: at most 64 letters"),
        (("handover", "--from", "a", "--to", "b", "--seal", "AA 1"), "--seal: at most 64 letters"),
        (("handover", "--from", "a", "--to", "b", "--broker", "mqtt://x"), "name one with --site"),
        (("correct", "--by", "a", "--reason", "x", "--item", "fone"), "no code `fone`"),
        (("correct", "--by", "a", "--reason", "x", "--item", "drugs:-3"), "is no quantity"),
        (("correct", "--by", "a", "--reason", "x", "--item", "drugs:48.5"), "a weight has"),
        (("correct", "--by", "a", "--reason", ""), "--reason: it is empty"),
        (("correct", "--by", "a", "--reason", "x", "--clear", "place"), "--clear"),
        (("correct", "--by", "a", "--reason", "x"), "says so already"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_nothing_is_recorded(
    havik: Havik, tmp_path: Path, more: tuple[str, ...], told: str
) -> None:
    folder = tmp_path / "log"
    name = added(havik, folder)
    havik(
        "find", "handover", name, "--from", "a", "--to", "b", "--log", folder,
        "--at", "2026-01-06T00:20+01:00",
    )  # fmt: skip
    before = logged(folder)
    assert told in havik.refuses("find", more[0], name, *more[1:], "--log", folder)
    assert logged(folder) == before
    other = havik.refuses("find", "custody", "none", "--log", folder)
    assert "no find none" in other


async def until_online(address: BrokerAddress) -> None:
    """Wait until the gateway listens to commands."""
    async with connected(address) as console, asyncio.timeout(20):
        await console.subscribe("havik/noord/gateway/health", 1)
        while True:
            message = await console.receive()
            message.acknowledge()
            if b'"online"' in message.payload:
                return


@asynccontextmanager
async def running(mosquitto: Mosquitto, log: Path) -> AsyncGenerator[BrokerAddress, None]:
    broker = BrokerSection(host=mosquitto.host, port=mosquitto.port)
    gateway = asyncio.create_task(run(Settings(site=SITE, broker=broker), log))
    try:
        address = BrokerAddress(host=mosquitto.host, port=mosquitto.port)
        await until_online(address)
        yield address
    finally:
        gateway.cancel()
        await asyncio.wait({gateway})


async def test_a_running_gateway_does_the_same_and_keeps_it_over_a_restart(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    log = tmp_path / "log"

    async def done(address: BrokerAddress, command: AnyCommand) -> Reply:
        reply = await ask(address, "noord", command)
        assert reply.outcome == "accepted", reply.reason
        return reply

    async with running(mosquitto, log) as address:
        items = (FindItem(category="phone", seal="AA1"),)
        found = make(RecordFind, place="yard", method="dog", items=items)
        name = (await done(address, found)).subject or ""
        await done(address, make(CorrectFind, find=name, reason="x", by="lead", place="cell"))
        given = make(HandOver, find=name, giver="patrol", receiver="store", seal="AA1")
        await done(address, given)
        await done(address, given)  # asked again: done once
    async with running(mosquitto, log) as address:
        back = make(
            HandOver, find=name, giver="store", receiver="police", handed_at="2026-01-01T00:00Z"
        )
        reply = await ask(address, "noord", back)
        assert reply.outcome == "refused" and "before the find" in (reply.reason or "")
        on = make(HandOver, find=name, giver="store", receiver="police", seal="AA1")
        await done(address, on)
        none = make(CorrectFind, find="none", reason="x", by="lead", place="cell")
        assert "no find none" in ((await ask(address, "noord", none)).reason or "")
    records = logged(log)
    finds = [one for one in records if isinstance(one, Find)]
    assert [(one.version, one.place) for one in finds] == [(1, "yard"), (2, "cell")]
    steps = [one for one in records if isinstance(one, Custody)]
    assert [(one.giver, one.receiver) for one in steps] == [
        ("patrol", "store"),
        ("store", "police"),
    ]
    assert {one.mode for one in steps} == {"test"}
    assert verify(log).ok
