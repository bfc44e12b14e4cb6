"""`havik incident`: the search workflow from the command line."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TextIO

import msgspec
from rich.table import Table

from ...drivers.transport.mqtt import BrokerAddress
from ..casebook import suggest
from ..commands import AnyCommand
from ..console.client import ask
from ..console.plain import on_one_line
from ..errors import UsageError
from .find_commands import (
    add_row,
    find_find,
    find_incident,
    known_incidents,
    moment,
    print_record,
    print_table,
)


def list_incidents(folder: Path, *, as_json: bool, out: TextIO) -> None:
    """Write the incidents of a log, a line each, the newest last.

    Raises
    ------
    UsageError
        If there is no log.
    """
    incidents = known_incidents(folder)
    if as_json:
        for incident in incidents.values():
            print(msgspec.json.encode(incident).decode(), file=out)
        return
    table = Table(box=None, pad_edge=False)
    for name in ("incident", "first contact", "site", "state", "hold", "finds", "what", "mode"):
        table.add_column(name, no_wrap=True)
    for incident in incidents.values():
        add_row(
            table,
            incident.incident,
            moment(incident.first_contact_ns),
            incident.site,
            incident.state,
            ", ".join(incident.hold) or "-",
            str(len(incident.finds)),
            ", ".join(incident.labels) or "aircraft",
            incident.mode,
        )
    print_table(table, out)


def show_incident(folder: Path, name: str, *, as_json: bool, out: TextIO) -> None:
    """Write all of one incident.

    Raises
    ------
    UsageError
        If there is no such incident.
    """
    print_record(find_incident(folder, name), as_json=as_json, out=out)


def suggest_links(folder: Path, name: str, *, as_json: bool, out: TextIO) -> None:
    """Write the flights that a find may be of, the likeliest first.

    Raises
    ------
    UsageError
        If there is no such find.
    """
    find = find_find(folder, name)
    suggested = suggest(find, list(known_incidents(folder).values()))
    if as_json:
        for one in suggested:
            print(msgspec.json.encode(one).decode(), file=out)
        return
    for one in suggested:
        print(on_one_line(f"{one.score:.2f}  {one.incident}  {'; '.join(one.reasons)}"), file=out)
    print(
        "an assessment by rules, no fact; `havik find link` makes a link"
        if suggested
        else "no flight of this log fits",
        file=out,
    )


def command(address: BrokerAddress, site: str, what: AnyCommand) -> None:
    """Ask the running gateway for one step of the workflow.

    Raises
    ------
    UsageError
        If no gateway answers, or it refuses; the reason is its own.
    """
    reply = asyncio.run(ask(address, site, what))
    if reply.outcome == "refused":
        raise UsageError(f"the gateway refuses: {reply.reason}")
