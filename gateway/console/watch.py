"""`havik watch`: a console in the terminal, live over MQTT.

On a terminal it draws the whole screen; into a pipe or a file it writes a line for each change of
an incident, a find or a sensor's state; with `--json` every message, an object a line.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import msgspec
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from ...drivers.transport.backoff import LinkState
from ...drivers.transport.mqtt import BrokerAddress
from ..finds import in_words
from ..messages import Find, Health, Incident
from ..until import until_signalled
from .client import check_site, listen, reach
from .plain import on_one_line
from .screen import Screen
from .still import watch_still

FRAMES_S = 0.25
MOST_TOLD = 5000
"""Topics whose last line is known; an older one's would be repeated."""

SHOWN_BYTES = 1000
"""Of a payload that is no message."""

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def watch(
    address: BrokerAddress,
    *,
    site: str,
    as_json: bool,
    seconds: float | None,
    out: TextIO,
    picture: Path | None = None,
) -> None:
    """Show what the gateways say until Ctrl-C, or for so many seconds.

    With `picture`, show nothing, but draw the screen of the end into that SVG file.

    Raises
    ------
    UsageError
        If the broker cannot be reached at first; a later loss is waited for.
    """
    if site != "+":
        check_site(site)
    asyncio.run(until_signalled(_watch(address, site, as_json, seconds, out, picture)))


async def _watch(
    address: BrokerAddress,
    site: str,
    as_json: bool,
    seconds: float | None,
    out: TextIO,
    picture: Path | None,
) -> None:
    await reach(address)
    console = Console(file=out)
    job: Awaitable[None]
    if picture is not None:
        job = watch_still(address, picture, site=site)
    elif as_json:
        job = listen(address, JsonLines(out), _Losses(), site)
    elif console.is_terminal:
        job = show(address, console, site=site)
    else:
        job = listen(address, ChangeLines(out), _Losses(), site)
    with suppress(TimeoutError):
        await asyncio.wait_for(job, seconds)


async def show(address: BrokerAddress, console: Console, *, site: str = "+") -> None:
    """Draw a console's screen until cancelled."""
    screen = Screen()
    link = LinkState(up=False, since_ns=0, reason="connecting", reconnections=0)

    def on_state(state: LinkState) -> None:
        nonlocal link
        link = state

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(listen(address, screen.take, on_state, site), name="listen")
        with Live(console=console, screen=True, auto_refresh=False) as live:
            while True:
                lost = [] if link.up else [Text(f"NO BROKER: {link.reason}", "bold white on red")]
                live.update(Group(*lost, screen.draw(time.time_ns())), refresh=True)
                await asyncio.sleep(FRAMES_S)


class JsonLines:
    """Every message as one JSON object a line: its topic, and what it says."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def __call__(self, topic: str, payload: bytes) -> None:
        """Write one message; a cleared topic has a null one."""
        try:
            message: object = msgspec.json.decode(payload) if payload else None
        except UNREADABLE:
            message = {"unreadable": payload[:SHOWN_BYTES].decode("utf-8", "replace")}
        row = msgspec.json.encode({"topic": topic, "message": message})
        print(row.decode(), file=self._out, flush=True)


class ChangeLines:
    """A line for each change that a person wants to read afterwards."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._told: dict[str, str] = {}

    def __call__(self, topic: str, payload: bytes) -> None:
        """Take one message; write a line if it says something new."""
        try:
            line = change(topic, payload)
        except UNREADABLE:
            line = f"unreadable message on {topic}"
        if line and self._told.get(topic) != line:
            self._remember(topic, line)
            now = f"{datetime.now(UTC):%H:%M:%SZ}"
            print(f"{now}  {on_one_line(line)}", file=self._out, flush=True)
        if not payload:
            self._told.pop(topic, None)

    def _remember(self, topic: str, line: str) -> None:
        self._told[topic] = line
        if len(self._told) > MOST_TOLD:
            self._told.pop(next(iter(self._told)))


def change(topic: str, payload: bytes) -> str | None:
    """Say in one line what a message tells; None for what changes all the time.

    Raises
    ------
    msgspec.DecodeError, UnicodeDecodeError, RecursionError
        If it is none of the contract's messages.
    """
    room = topic.split("/")[2:]
    if not payload:
        return None
    if room[-1] == "health":
        health = msgspec.json.decode(payload, type=Health)
        return f"sensor {health.sensor}: {health.state}" + _because(health.reason)
    if room[0] == "incidents":
        return _incident(msgspec.json.decode(payload, type=Incident))
    if room[0] == "finds":
        return f"find: {in_words(msgspec.json.decode(payload, type=Find))}"
    return None


def _incident(incident: Incident) -> str:
    last = incident.steps[-1] if incident.steps else None
    what = ", ".join(incident.labels) or "aircraft"
    hold = f"; hold {', '.join(incident.hold)}" if incident.hold else ""
    step = "" if last is None else f"; {last.step}{f' {last.zone}' if last.zone else ''}"
    return f"incident {incident.incident}: {incident.state}, {what}{step}{hold}"


def _because(reason: str | None) -> str:
    # A silence grows every second: its length is no news.
    return "" if reason is None else f" ({reason.partition(' for ')[0]})"


class _Losses:
    """Says on standard error that the broker is lost; before the first attempt there is none."""

    def __init__(self) -> None:
        self._tried = False

    def __call__(self, state: LinkState) -> None:
        if not state.up and self._tried:
            print(f"{state.reason}; trying again", file=sys.stderr)
        self._tried = True
