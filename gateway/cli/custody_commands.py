"""`havik find correct`, `handover` and `custody`: what becomes of a find after it is recorded."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TextIO

import msgspec
from rich.table import Table

from ..broker import from_url
from ..commands import CorrectFind, HandOver
from ..corrections import corrected
from ..custody import Gap, gaps, make_custody
from ..errors import UsageError
from ..log.entries import schema_of
from ..messages import Custody
from .find_commands import (
    add_by_gateway,
    add_row,
    find_find,
    moment,
    print_table,
    record,
    recorded,
)


def correct_find(folder: Path, broker: str | None, site: str | None, command: CorrectFind) -> str:
    """Record the next version of a find, by a running gateway or in the log; give its name.

    Raises
    ------
    UsageError
        If there is no such find, or its correction cannot be.
    """
    if broker is not None:
        return add_by_gateway(from_url(broker), _named(site), command)
    find = corrected(find_find(folder, command.find), command, time.time_ns())
    asyncio.run(record(folder, find))
    return find.find


def record_handover(folder: Path, broker: str | None, site: str | None, command: HandOver) -> str:
    """Record a handover, by a running gateway or in the log; give the find's name.

    Raises
    ------
    UsageError
        If there is no such find, or the handover cannot be.
    """
    if broker is not None:
        return add_by_gateway(from_url(broker), _named(site), command)
    find = find_find(folder, command.find)
    step = make_custody(find, handovers(folder, find.find), command, time.time_ns())
    asyncio.run(record(folder, step))
    return step.find


def handovers(folder: Path, name: str) -> list[Custody]:
    """The handovers of one find of a log, in the order of their records."""
    steps = (one for one in recorded(folder, schema_of(Custody)) if isinstance(one, Custody))
    return [one for one in steps if one.find == name]


def show_custody(folder: Path, name: str, *, as_json: bool, out: TextIO) -> bool:
    """Write a find's chain of custody, its gaps behind the handovers; tell whether it has none.

    Raises
    ------
    UsageError
        If there is no such find.
    """
    find = find_find(folder, name)
    steps = handovers(folder, name)
    broken = gaps(find, steps)
    if as_json:
        for number, step in enumerate(steps, 1):
            told = msgspec.to_builtins(step)
            told["gaps"] = [msgspec.to_builtins(gap) for gap in broken if gap.handover == number]
            print(msgspec.json.encode(told).decode(), file=out)
        return not broken
    table = Table(box=None, pad_edge=False)
    for column in ("", "handed over", "line", "from", "to", "seal", "condition"):
        table.add_column(column, no_wrap=column != "condition")
    for number, step in enumerate(steps, 1):
        seal = "none noted" if step.seal is None else step.seal
        add_row(
            table,
            str(number),
            moment(step.handed_at_ns),
            "all" if step.item is None else str(step.item),
            step.giver,
            step.receiver,
            seal if step.seal_intact else f"{seal}, broken",
            " ".join(filter(None, (step.condition, step.reason and f"({step.reason})"))),
        )
    print_table(table, out)
    for gap in broken:
        print(in_words(gap), file=out)
    if not steps:
        print("no handover is recorded", file=out)
    return not broken


def in_words(gap: Gap) -> str:
    """One line about a gap."""
    return f"GAP at handover {gap.handover}, line {gap.item}: {gap.text}"


def _named(site: str | None) -> str:
    if site is None:
        raise UsageError("--broker serves many sites; name one with --site")
    return site
