"""Counts of finds, kept as the rows of `facts.py` come and go: a report reads a few hundred rows.

A count is of one site, period, mode, place, method and category, by the clock of the prison
service. A report by another clock, or as of an earlier day, walks over the rows instead.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_right
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple

from .periods import DEFAULT_ZONE, Period, periods, read_zone

TABLE = """
CREATE TABLE IF NOT EXISTS find_count (
    year INTEGER NOT NULL,
    period INTEGER NOT NULL,
    site TEXT NOT NULL,
    mode TEXT NOT NULL,
    place TEXT NOT NULL,
    method TEXT NOT NULL,
    category TEXT NOT NULL,
    finds INTEGER NOT NULL,
    of_category INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    objects REAL NOT NULL,
    negative INTEGER NOT NULL,
    late INTEGER NOT NULL,
    corrected INTEGER NOT NULL,
    PRIMARY KEY (year, period, site, mode, place, method, category)
) STRICT, WITHOUT ROWID
"""
_ADD = """
INSERT INTO find_count VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET
    finds = finds + excluded.finds, of_category = of_category + excluded.of_category,
    lines = lines + excluded.lines, objects = objects + excluded.objects,
    negative = negative + excluded.negative, late = late + excluded.late,
    corrected = corrected + excluded.corrected
"""


class FindLine(NamedTuple):
    """One item line of one version of a find; without a category where nothing was found."""

    found_at_ns: int
    find: str
    version: int
    line: int
    site: str
    mode: str
    recorded_ns: int
    superseded_ns: int | None
    entry_index: int
    negative: int
    place: str
    method: str
    category: str | None
    first_of_category: int
    quantity: float
    incident: str | None


class Tally:
    """Changes to the counts, gathered so that a batch of lines costs few writes."""

    def __init__(self) -> None:
        self._changes: dict[tuple[object, ...], list[float]] = {}

    def count(self, line: FindLine, sign: int) -> None:
        """Note that a line joins (`sign` 1) or leaves (-1) what counts now."""
        period = _period_of(line.found_at_ns)
        key = (
            period.year,
            period.number,
            line.site,
            line.mode,
            line.place,
            line.method,
            line.category or "",
        )
        first, found = int(line.line == 1), int(not line.negative)
        after_its_end = first * int(line.recorded_ns >= period.end_ns)
        amounts = (
            first * found,
            line.first_of_category,
            found,
            line.quantity,
            line.negative,
            after_its_end * int(line.version == 1),
            after_its_end * int(line.version > 1),
        )
        sums = self._changes.setdefault(key, [0.0] * len(amounts))
        for nth, amount in enumerate(amounts):
            sums[nth] += sign * amount

    def write(self, db: sqlite3.Connection) -> None:
        """Add all changes to the counts, within the caller's transaction."""
        db.executemany(_ADD, ((*key, *sums) for key, sums in self._changes.items()))
        self._changes.clear()


def _period_of(time_ns: int) -> Period:
    year = datetime.fromtimestamp(time_ns // 10**9, UTC).year
    starts, found = _around(year)
    return found[bisect_right(starts, time_ns) - 1]


@cache
def _around(year: int) -> tuple[list[int], list[Period]]:
    """Give the periods of a year and its neighbours: local time may be in another than UTC."""
    zone = read_zone(DEFAULT_ZONE)
    found = [one for near in (year - 1, year, year + 1) for one in periods(near, zone)]
    return [one.start_ns for one in found], found
