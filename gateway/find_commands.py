"""`havik find`: contraband records from the command line, to a running gateway or into a log."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import msgspec
from rich.console import Console
from rich.table import Table

from ..config.settings import SiteSection
from ..drivers.transport.mqtt import BrokerAddress
from .commands import RecordFind
from .console import ask
from .errors import UsageError
from .finds import in_words, make_find
from .log.reading import LogReader
from .log.recorder import Recorder
from .messages import Find, Incident, Recorded

FIND = "havik.find/1"
INCIDENT = "havik.incident/1"


def add_by_gateway(address: BrokerAddress, site: str, command: RecordFind) -> str:
    """Ask the running gateway to record a find; give its name once it is durable.

    Raises
    ------
    UsageError
        If no gateway answers, or it refuses; the reason is its own.
    """
    reply = asyncio.run(ask(address, site, command))
    if reply.outcome == "refused" or reply.subject is None:
        raise UsageError(f"the gateway refuses: {reply.reason}")
    return reply.subject


def add_to_log(folder: Path, site: SiteSection, command: RecordFind) -> Find:
    """Record a find in the log of this machine, without a gateway.

    Raises
    ------
    UsageError
        If the find is not one, its incident is not in the log, or the log cannot be used.
    """
    find = make_find(site, command, time.time_ns())
    if find.incident is not None and find.incident not in known_incidents(folder):
        raise UsageError(
            f"no incident {find.incident} in {folder}; `havik incident list` names those there are"
        )
    asyncio.run(_record(folder, find))
    return find


def named_site(name: str, mode: str) -> SiteSection:
    """A site of which only the name matters, for a record made without its gateway.

    Raises
    ------
    UsageError
        If the name could not be one, or there is no such mode.
    """
    try:
        return msgspec.convert(
            {"name": name, "mode": mode, "latitude_deg": 0, "longitude_deg": 0}, SiteSection
        )
    except msgspec.ValidationError as error:
        raise UsageError(f"--site {name}, --mode {mode}: {error}") from None


async def _record(folder: Path, record: Recorded) -> None:
    async with Recorder(folder) as recorder:
        await recorder.submit(record)


def known_incidents(folder: Path) -> dict[str, Incident]:
    """The newest version of every incident in a log, by name.

    Raises
    ------
    UsageError
        If there is no log.
    """
    with LogReader.open(folder) as log:
        messages = (entry.message() for entry in log.entries(kinds=[INCIDENT]))
        return {one.incident: one for one in messages if isinstance(one, Incident)}


def known_finds(folder: Path) -> dict[str, Find]:
    """The newest version of every find in a log, by name.

    Raises
    ------
    UsageError
        If there is no log.
    """
    with LogReader.open(folder) as log:
        messages = (entry.message() for entry in log.entries(kinds=[FIND]))
        return {one.find: one for one in messages if isinstance(one, Find)}


def list_finds(folder: Path, *, as_json: bool, out: TextIO) -> None:
    """Write the finds of a log, a line each.

    Raises
    ------
    UsageError
        If there is no log.
    """
    finds = known_finds(folder)
    if as_json:
        for find in finds.values():
            print(msgspec.json.encode(find).decode(), file=out)
        return
    table = Table(box=None, pad_edge=False)
    for name in ("find", "found at", "site", "what", "mode"):
        table.add_column(name, no_wrap=name != "what")
    for find in finds.values():
        table.add_row(find.find, moment(find.found_at_ns), find.site, in_words(find), find.mode)
    Console(file=out, width=None if out.isatty() else 160).print(table)


def show_find(folder: Path, name: str, *, as_json: bool, out: TextIO) -> None:
    """Write all of one find.

    Raises
    ------
    UsageError
        If there is no such find.
    """
    find = known_finds(folder).get(name)
    if find is None:
        raise UsageError(f"no find {name} in {folder}; `havik find list` names those there are")
    print_record(find, as_json=as_json, out=out)


def print_record(record: Find | Incident, *, as_json: bool, out: TextIO) -> None:
    """Write a record whole: as one JSON object, or indented for a person."""
    line = msgspec.json.encode(record)
    print((line if as_json else msgspec.json.format(line, indent=2)).decode(), file=out)


def moment(time_ns: int) -> str:
    """A time of the log for people: UTC, to the second."""
    return datetime.fromtimestamp(time_ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
