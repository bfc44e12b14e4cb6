"""`havik log report`: the central log's finds as the tables that headquarters needs."""

from __future__ import annotations

import csv
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO, cast, get_args
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace
from rich.table import Table

from ...config.codes import Code, Language, codes
from ..console.client import check_site
from ..errors import UsageError
from ..log import facts
from ..log.operations import Facts
from ..log.periods import DEFAULT_ZONE, periods, read_years, read_zone
from ..log.reading import LogReader
from ..log.reports import BASES, Basis, Scope, YearReport, year_report
from ..messages import Mode
from .find_commands import print_table
from .operations_commands import read_operations
from .progress import Progress

MOST_SHARES = 5
"""Of each list in the table for people; `--json` and `--csv` give all."""

_BASIS_WORDS = {
    "incidents": "finds, however many things each",
    "item_lines": "item lines of finds",
    "objects": "objects, as the quantities say",
}


@dataclass(frozen=True, kw_only=True)
class ReportOptions:
    """What was asked for on the command line, as it was written."""

    years: str
    basis: str = "item_lines"
    site: str | None = None
    mode: str = "live"
    as_of: str | None = None
    time_zone: str = DEFAULT_ZONE


@dataclass(frozen=True, kw_only=True)
class VmrReport:
    """The four-monthly table of some years, and what it was made from."""

    years: Sequence[YearReport]
    scope: Scope
    zone: ZoneInfo
    log_entries: int

    @property
    def as_of(self) -> str:
        """The moment up to which records count, ISO 8601 with the zone's offset."""
        moment = datetime.fromtimestamp(self.scope.as_of_ns // 10**9, UTC)
        return moment.astimezone(self.zone).isoformat()


def make_vmr(folder: Path, options: ReportOptions) -> VmrReport:
    """Count the four-monthly table of a log.

    Raises
    ------
    UsageError
        If there is no log, or an option is not one.
    """
    years, zone = read_years(options.years), read_zone(options.time_zone)
    scope = Scope(
        basis=_basis(options.basis),
        as_of_ns=_as_of_ns(options.as_of),
        mode=_mode(options.mode),
        site=options.site,
    )
    if options.site is not None:
        check_site(options.site)
    with LogReader.open(folder) as log:
        size = log.size
    try:
        with Progress(size, "counting") as progress:
            db = facts.current(folder, progress.advance)
        with closing(db):
            reports = [year_report(db, year, zone, scope) for year in years]
        told = read_operations(folder, scope.as_of_ns, scope.mode, scope.site)
        reports = [_with_operations(one, told, zone) for one in reports]
    except (sqlite3.Error, msgspec.DecodeError) as error:
        raise UsageError(f"{folder}: it cannot be read ({error}); see `havik log verify`") from None
    return VmrReport(years=reports, scope=scope, zone=zone, log_entries=size)


def _with_operations(report: YearReport, told: Facts, zone: ZoneInfo) -> YearReport:
    """Put the flights of each period, and how far its sensors were in service, beside its finds."""
    spans = periods(report.year, zone)
    counts = tuple(
        replace(
            count,
            drone_incidents=told.drone_incidents(span.start_ns, span.end_ns),
            sensor_availability=told.sensor_availability(span.start_ns, span.end_ns),
        )
        for count, span in zip(report.periods, spans, strict=True)
    )
    return replace(report, periods=counts)


def write_json(report: VmrReport, out: TextIO) -> None:
    """Write one object a year."""
    for year in report.years:
        line = {
            "year": year.year,
            **{f"vmr{one.number}": one.total for one in year.periods},
            "total": year.total,
            "basis": report.scope.basis,
            "by_category": year.by_category,
            "by_place": year.by_place,
            "by_method": year.by_method,
            "as_of": report.as_of,
            "time_zone": report.zone.key,
            "mode": report.scope.mode,
            "site": report.scope.site,
            "log_entries": report.log_entries,
            "drone_incidents": [one.drone_incidents for one in year.periods],
            "sensor_availability": [one.sensor_availability for one in year.periods],
            "periods": year.periods,
        }
        print(msgspec.json.encode(line).decode(), file=out)


def write_csv(report: VmrReport, out: TextIO) -> None:
    """Write one line a figure, for a spreadsheet: what, year, period or code, value."""
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(("year", "figure", "code", "value", "basis", "as_of"))
    for year in report.years:
        rows: list[tuple[str, str, float]] = [
            ("count", f"vmr{one.number}", one.total) for one in year.periods
        ]
        rows.append(("count", "total", year.total))
        for figure, shares in _shares(year):
            rows += [(figure, code, round(share, 6)) for code, share in shares.items()]
        for row in rows:
            lines.writerow((year.year, *row, report.scope.basis, report.as_of))


def write_text(report: VmrReport, out: TextIO, language: Language = "en") -> None:
    """Write the table for people: the years, then the shares of each, then what it was made of."""
    table = Table(box=None, pad_edge=False)
    table.add_column("year")
    for name in ("VMR 1", "VMR 2", "VMR 3", "total"):
        table.add_column(name, justify="right")
    for year in report.years:
        cells = [*(one.total for one in year.periods), year.total]
        table.add_row(str(year.year), *(f"{cell:,.10g}" for cell in cells))
    print_table(table, out)
    for year in report.years:
        print(f"\n{year.year}", file=out)
        for figure, shares in _shares(year):
            words = share_words(shares, figure, language)
            print(f"  {figure.replace('_', ' '):<12} {words or 'nothing'}", file=out)
        for line in (*_beside(year), *_remarks(year)):
            print(f"  {line}", file=out)
    scope = report.scope
    of = scope.site or "all sites of this log"
    print(
        f"\ncounted: {_BASIS_WORDS[scope.basis]} ({scope.basis}); {of}; mode {scope.mode}\n"
        f"as of {report.as_of}, {report.log_entries} log entries; VMR 1 January to April, 2 May to "
        f"August, 3 September to December, {report.zone.key} time",
        file=out,
    )


def draw(report: VmrReport, png: Path) -> None:
    """Draw the table.

    Raises
    ------
    UsageError
        If the file cannot be written.
    """
    from ..offline.report_picture import draw_vmr  # matplotlib takes its time to load

    try:
        draw_vmr(report.years, report.scope.basis, report.as_of, png)
    except (OSError, ValueError) as error:
        raise UsageError(f"--png {png}: it cannot be written ({error})") from None


def share_words(shares: Mapping[str, float], figure: str, language: Language) -> str:
    """Say the largest shares in per cent, and what the rest comes to."""
    labels = _labels(figure)
    shown = list(shares.items())[:MOST_SHARES]
    words = [
        f"{labels[code].label(language) if code in labels else code} {share:.0%}"
        for code, share in shown
    ]
    if len(shares) > len(shown):
        words.append(f"{len(shares) - len(shown)} more")
    return ", ".join(words)


def _shares(year: YearReport) -> tuple[tuple[str, dict[str, float]], ...]:
    return (
        ("by_category", year.by_category),
        ("by_place", year.by_place),
        ("by_method", year.by_method),
    )


def _labels(figure: str) -> Mapping[str, Code]:
    lists = codes()
    tables = {
        "by_category": lists.categories,
        "by_place": lists.places,
        "by_method": lists.methods,
    }
    return tables[figure]


def _beside(year: YearReport) -> list[str]:
    """Tell the drone incidents of each period, and how far the sensors were in service."""
    flights = [_or_unknown(one.drone_incidents, "d") for one in year.periods]
    service = [_or_unknown(one.sensor_availability, ".1%") for one in year.periods]
    return [
        f"{'drone incidents':<20} {', '.join(flights)}",
        f"{'sensors in service':<20} {', '.join(service)}",
    ]


def _or_unknown(value: float | None, form: str) -> str:
    return "unknown" if value is None else format(value, form)


def _remarks(year: YearReport) -> list[str]:
    """Tell what moved a period's total after its end, and how many searches found nothing."""
    lines: list[str] = []
    for one in year.periods:
        parts: list[str] = []
        if one.recorded_after_its_end:
            parts.append(f"{one.recorded_after_its_end} recorded after its end")
        if one.corrected_after_its_end:
            parts.append(f"{one.corrected_after_its_end} corrected after its end")
        if one.negative_searches:
            parts.append(f"{one.negative_searches} searches that found nothing, not counted")
        if parts:
            lines.append(f"VMR {one.number}: {'; '.join(parts)}")
    return lines


def _basis(text: str) -> Basis:
    name = text.replace("-", "_")
    if name not in BASES:
        raise UsageError(f"--basis {text} is none; there are {', '.join(BASES)}")
    return name


def _mode(text: str) -> str:
    if text not in get_args(Mode):
        raise UsageError(f"--mode {text} is none; there are {', '.join(get_args(Mode))}")
    return cast(Mode, text)


def _as_of_ns(text: str | None) -> int:
    if text is None:
        return time.time_ns()
    form = "write it as 2026-11-25T00:00+01:00, with its offset from UTC"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--as-of {text} is no moment; {form}") from None
    if moment.utcoffset() is None:
        raise UsageError(f"--as-of {text} has no offset from UTC; {form}")
    return int(moment.timestamp()) * 10**9
