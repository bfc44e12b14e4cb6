"""`havik log report operations`: alarms, answers and sensors of a span of time."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO, get_args
from zoneinfo import ZoneInfo

import msgspec

from ..console.client import check_site
from ..desk import COMMAND
from ..errors import UsageError
from ..log.entries import schema_of
from ..log.operations import Facts, Operations, operations
from ..log.periods import read_zone
from ..log.reading import LogReader
from ..messages import Audit, Incident, Mode, NotedFlight, Recorded

KINDS = tuple(schema_of(kind) for kind in (Incident, Audit, NotedFlight))
_COMMAND = f'"action":"{COMMAND}"'.encode()
"""Of these entries there may be a million, and no report of operations needs them."""


def read_operations(
    folder: Path, as_of_ns: int, mode: str = "live", site: str | None = None
) -> Facts:
    """Read what a report of operations is counted from.

    Raises
    ------
    UsageError
        If there is no log, or it cannot be read.
    """
    return Facts.read(_records(folder), as_of_ns, mode, site)


def report_operations(
    folder: Path,
    *,
    begins: str,
    ends: str | None,
    site: str | None,
    mode: str,
    time_zone: str,
    as_json: bool,
    out: TextIO,
) -> None:
    """Write the report of a span, for people or as one JSON object.

    Raises
    ------
    UsageError
        If there is no log, or an option is not one.
    """
    zone = read_zone(time_zone)
    now_ns = time.time_ns()
    start_ns = _moment_ns("--from", begins, zone)
    end_ns = now_ns if ends is None else _moment_ns("--to", ends, zone)
    if end_ns <= start_ns:
        raise UsageError(f"--to {ends or 'now'} is not after --from {begins}; exchange the two")
    if mode not in get_args(Mode):
        raise UsageError(f"--mode {mode} is none; there are {', '.join(get_args(Mode))}")
    if site is not None:
        check_site(site)
    facts = read_operations(folder, min(now_ns, end_ns), mode, site)
    report = operations(facts, start_ns, end_ns, zone)
    span = {"from": _text(start_ns, zone), "to": _text(end_ns, zone), "site": site, "mode": mode}
    if as_json:
        line = span | msgspec.to_builtins(report)
        print(msgspec.json.encode(line).decode(), file=out)
        return
    print(f"{span['from']} to {span['to']}; {site or 'all sites of this log'}; {mode}", file=out)
    _write_text(report, out)


def _write_text(report: Operations, out: TextIO) -> None:
    kinds = ", ".join(f"{count} {kind}" for kind, count in report.alarms_by_kind.items())
    ratio = "unknown" if report.false_alarm_ratio is None else f"{report.false_alarm_ratio:.0%}"
    lines = [
        f"alarms          {report.alarms}" + (f" ({kinds})" if kinds else ""),
        f"  a day         {report.alarms_per_day:.2f}; a night {report.alarms_per_night:.2f}",
        f"approved        {report.noted_flights} noted flights, no alarms",
        f"false alarms    {report.false_alarms} of {report.closed} closed ({ratio})",
    ]
    for name, times in report.times.items():
        words = name.replace("_", " ")
        if times.median_s is None or times.p95_s is None:
            lines.append(f"{words:<16}unknown")
        else:
            took = f"median {times.median_s:.0f} s, 95 % within {times.p95_s:.0f} s"
            lines.append(f"{words:<16}{took} ({times.count})")
    for one in report.sensors:
        if one.availability is None:
            lines.append(f"sensor {one.site}/{one.sensor}: unknown")
        else:
            share = f"in service {one.availability:.2%}, out {one.days_out:.2f} days"
            lines.append(f"sensor {one.site}/{one.sensor}: {share}")
    spots = (f"{one.place} at {one.hour:02d} h: {one.flights}" for one in report.hot_spots)
    lines += [f"hot spot {spot}" for spot in spots]
    print("\n".join(lines), file=out)


def _records(folder: Path) -> Iterator[Recorded]:
    with LogReader.open(folder) as log:
        for entry in log.entries(kinds=KINDS):
            if _COMMAND in bytes(entry.envelope.content):
                continue
            try:
                yield entry.message()
            except msgspec.DecodeError as error:
                print(f"entry {entry.index} is left out: {error}", file=sys.stderr)


def _moment_ns(option: str, text: str, zone: ZoneInfo) -> int:
    """A day, which begins at midnight by the zone's clock, or a moment with its offset."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.utcoffset() is None:
            if len(text) > len("2026-11-25"):
                raise UsageError(f"{option} {text} has no offset from UTC; add it, as +01:00")
            moment = moment.replace(tzinfo=zone)
        return int(moment.timestamp()) * 10**9
    except (ValueError, OverflowError):
        raise UsageError(f"{option} {text} is no day; write it as 2026-11-25") from None


def _text(time_ns: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(time_ns // 10**9, UTC).astimezone(zone).isoformat()
