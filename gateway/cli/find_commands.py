"""`havik find`: contraband records from the command line, to a running gateway or into a log."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO, get_args

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...config.settings import SiteSection
from ...drivers.transport.mqtt import BrokerAddress
from ..commands import CorrectFind, HandOver, RecordFind
from ..console.client import ask, check_site
from ..console.plain import on_one_line
from ..errors import UsageError
from ..finds import in_words, make_find
from ..log.reading import LogReader
from ..log.recorder import Recorder, RecordLost
from ..messages import Find, Incident, Mode, Recorded

FIND = "havik.find/1"
INCIDENT = "havik.incident/1"


def add_by_gateway(
    address: BrokerAddress, site: str, command: RecordFind | CorrectFind | HandOver
) -> str:
    """Ask the running gateway to record; give the find's name once it is durable.

    Raises
    ------
    UsageError
        If no gateway answers, or it refuses; the reason is its own.
    """
    reply = asyncio.run(ask(address, site, command))
    if reply.outcome == "refused" or reply.subject is None:
        raise UsageError(f"the gateway refuses: {reply.reason}")
    return reply.subject


def add_to_log(folder: Path, site: str, mode: str | None, command: RecordFind) -> Find:
    """Record a find in the log of this machine, without a gateway.

    Parameters
    ----------
    folder : Path
    site : str
        Its name.
    mode : str, optional
        `live`, `test` or `exercise`; without it that of its incident, or `live`.
    command : RecordFind

    Raises
    ------
    UsageError
        If the find is not one, its incident is not in the log or another site's, or the log cannot
        be used.
    """
    incident = None if command.incident is None else find_incident(folder, command.incident)
    if incident is not None and incident.site != site:
        raise UsageError(f"--site {site}: incident {incident.incident} is of {incident.site}")
    of_incident = "live" if incident is None else incident.mode
    find = make_find(named_site(site, mode or of_incident), command, time.time_ns())
    asyncio.run(record(folder, find))
    return find


def named_site(name: str, mode: str) -> SiteSection:
    """A site of which only the name matters, for a record made without its gateway.

    Raises
    ------
    UsageError
        If the name could not be one, or there is no such mode.
    """
    check_site(name)
    try:
        known = msgspec.convert(mode, Mode)
    except msgspec.ValidationError:
        modes = ", ".join(get_args(Mode))
        raise UsageError(f"--mode {mode} is none; there are {modes}") from None
    return SiteSection(name=name, mode=known, latitude_deg=0, longitude_deg=0)


async def record(folder: Path, *records: Recorded) -> None:
    """Record in the log of this machine, all or nothing.

    Raises
    ------
    UsageError
        If the log does not take it.
    """
    try:
        async with Recorder(folder) as recorder:
            await recorder.submit(*records)
    except RecordLost as error:
        raise UsageError(f"{folder}: not recorded, {error}; make room and try again") from None


def known_incidents(folder: Path) -> dict[str, Incident]:
    """The newest version of every incident in a log, by name.

    Raises
    ------
    UsageError
        If there is no log.
    """
    return {one.incident: one for one in recorded(folder, INCIDENT) if isinstance(one, Incident)}


def find_incident(folder: Path, name: str) -> Incident:
    """Find the newest version of one incident of a log.

    Raises
    ------
    UsageError
        If it is not there.
    """
    incident = known_incidents(folder).get(name)
    if incident is None:
        raise UsageError(
            f"no incident {name} in {folder}; `havik incident list` names those there are"
        )
    return incident


def known_finds(folder: Path) -> dict[str, Find]:
    """The newest version of every find in a log, by name.

    Raises
    ------
    UsageError
        If there is no log.
    """
    return {one.find: one for one in recorded(folder, FIND) if isinstance(one, Find)}


def recorded(folder: Path, kind: str) -> Iterator[Recorded]:
    """Read all messages of one kind; one that cannot be read is told, and stops no others."""
    with LogReader.open(folder) as log:
        for entry in log.entries(kinds=[kind]):
            try:
                yield entry.message()
            except msgspec.DecodeError as error:
                print(f"entry {entry.index} is left out: {error}", file=sys.stderr)


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
        add_row(table, find.find, moment(find.found_at_ns), find.site, in_words(find), find.mode)
    print_table(table, out)


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave a reader that has seen enough to the command line."""
        raise BrokenPipeError


def print_table(table: Table, out: TextIO) -> None:
    """Write a table; into a file or a pipe as wide as most tables need."""
    _Console(file=out, width=None if out.isatty() else 160).print(table)


def add_row(table: Table, *cells: str) -> None:
    """Add texts to a table as they are: brackets in them are no markup, and nothing moves."""
    table.add_row(*(Text(on_one_line(cell)) for cell in cells))


def find_find(folder: Path, name: str) -> Find:
    """Find the newest version of one find of a log.

    Raises
    ------
    UsageError
        If it is not there.
    """
    find = known_finds(folder).get(name)
    if find is None:
        raise UsageError(f"no find {name} in {folder}; `havik find list` names those there are")
    return find


def show_find(folder: Path, name: str, *, as_json: bool, out: TextIO) -> None:
    """Write all of one find.

    Raises
    ------
    UsageError
        If there is no such find.
    """
    find = find_find(folder, name)
    print_record(find, as_json=as_json, out=out)


def print_record(record: Find | Incident, *, as_json: bool, out: TextIO) -> None:
    """Write a record whole: as one JSON object, or indented for a person."""
    line = msgspec.json.encode(record)
    print((line if as_json else msgspec.json.format(line, indent=2)).decode(), file=out)


def moment(time_ns: int) -> str:
    """A time of the log for people: UTC, to the second; one that no calendar has, as it is."""
    try:
        return datetime.fromtimestamp(time_ns // 10**9, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return f"{time_ns} ns"
