"""The four-monthly table of finds, counted from the rows of `facts.py`.

What is counted is said on every table, because it changes every figure:

    incidents    finds, however many things were found
    item_lines   lines of finds: one category each
    objects      the quantities of the lines added up

Negative searches are counted beside, never in. Shares of place and method are on the same basis as
the totals; with `incidents` a find of several categories stands in each, so that those shares add
up to more than one.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Literal

import msgspec

from .periods import DEFAULT_ZONE, Period, periods

Basis = Literal["incidents", "item_lines", "objects"]
BASES: tuple[Basis, ...] = ("incidents", "item_lines", "objects")

# By the rows: any clock, any day. The columns are those of the counts.
_BY_ROWS = """
SELECT place, method, coalesce(category, ''), sum(line = 1 AND NOT negative),
    sum(first_of_category), sum(NOT negative), sum(quantity), sum(negative),
    sum(line = 1 AND version = 1 AND recorded_ns >= :end),
    sum(line = 1 AND version > 1 AND recorded_ns >= :end)
FROM find_line
WHERE found_at_ns >= :start AND found_at_ns < :end AND mode = :mode
    AND recorded_ns <= :as_of AND (superseded_ns IS NULL OR superseded_ns > :as_of)
    AND (:site IS NULL OR site = :site)
GROUP BY place, method, category
"""
_SITES_BY_ROWS = """
SELECT count(DISTINCT site) FROM find_line
WHERE found_at_ns >= :start AND found_at_ns < :end AND mode = :mode
    AND recorded_ns <= :as_of AND (superseded_ns IS NULL OR superseded_ns > :as_of)
    AND (:site IS NULL OR site = :site)
"""
_BY_COUNTS = """
SELECT place, method, category, sum(finds), sum(of_category), sum(lines), sum(objects),
    sum(negative), sum(late), sum(corrected)
FROM find_count
WHERE year = :year AND period = :number AND mode = :mode AND (:site IS NULL OR site = :site)
GROUP BY place, method, category
"""
_SITES_BY_COUNTS = """
SELECT count(DISTINCT site) FROM find_count
WHERE year = :year AND period = :number AND mode = :mode AND (:site IS NULL OR site = :site)
    AND lines + negative > 0
"""
_COUNTED_UNTIL = "SELECT newest_ns FROM read_until"


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What a report is of.

    Parameters
    ----------
    basis : {"incidents", "item_lines", "objects"}
    as_of_ns : int
        Only what was recorded by then, and as it stood then.
    mode : str
        `live`; tests and exercises are never counted among it.
    site : str, optional
        All sites of the log without it.
    """

    basis: Basis
    as_of_ns: int
    mode: str = "live"
    site: str | None = None


class PeriodCount(msgspec.Struct, frozen=True, kw_only=True):
    """One period's count and what a reader must know of it."""

    number: int
    total: float
    negative_searches: int
    sites: int  # that recorded anything
    recorded_after_its_end: int  # finds: why a total moved since an earlier report
    corrected_after_its_end: int
    drone_incidents: int | None = None  # beside the finds; None where the log tells nothing
    sensor_availability: float | None = None  # share of the time, over all sensors


class YearReport(msgspec.Struct, frozen=True, kw_only=True):
    """One year of the table; shares are fractions of `total`, largest first."""

    year: int
    periods: tuple[PeriodCount, ...]
    total: float
    by_category: dict[str, float]
    by_place: dict[str, float]
    by_method: dict[str, float]


def year_report(db: sqlite3.Connection, year: int, zone: tzinfo, scope: Scope) -> YearReport:
    """Count one year.

    Up to now and by the prison service's clock the counts are ready, whatever the number of finds;
    as of an earlier day or by another clock the time is in step with the finds of that year.

    Parameters
    ----------
    db : Connection
        As `facts.current` gives it.
    year : int
    zone : tzinfo
        Whose clock the periods' edges follow.
    scope : Scope
    """
    ((newest_ns,),) = db.execute(_COUNTED_UNTIL)
    by_counts = scope.as_of_ns >= newest_ns and str(zone) == DEFAULT_ZONE
    queries = (_BY_COUNTS, _SITES_BY_COUNTS) if by_counts else (_BY_ROWS, _SITES_BY_ROWS)
    shares = _Shares()
    counts = [_count(db, period, scope, queries, shares) for period in periods(year, zone)]
    total = sum(one.total for one in counts)
    return YearReport(
        year=year,
        periods=tuple(counts),
        total=_whole(total),
        by_category=_shares(shares.categories, total),
        by_place=_shares(shares.places, total),
        by_method=_shares(shares.methods, total),
    )


@dataclass
class _Shares:
    """What the totals are made of, over the periods of a year."""

    categories: Counter[str] = field(default_factory=Counter[str])
    places: Counter[str] = field(default_factory=Counter[str])
    methods: Counter[str] = field(default_factory=Counter[str])


def _count(
    db: sqlite3.Connection,
    period: Period,
    scope: Scope,
    queries: tuple[str, str],
    shares: _Shares,
) -> PeriodCount:
    """Count one period, and add to the shares of its year."""
    groups, sites = queries
    values = _values(period, scope)
    total = 0.0
    beside = [0, 0, 0]
    for row in db.execute(groups, values):
        place, method, category, finds, of_category, lines, objects, *more = row
        amount = {"incidents": finds, "item_lines": lines, "objects": objects}[scope.basis]
        total += amount
        shares.places[place] += amount
        shares.methods[method] += amount
        if category:
            by_basis = of_category if scope.basis == "incidents" else amount
            shares.categories[category] += by_basis
        beside = [sum(pair) for pair in zip(beside, more, strict=True)]
    negative, late, corrected = beside
    ((of_sites,),) = db.execute(sites, values)
    return PeriodCount(
        number=period.number,
        total=_whole(total),
        negative_searches=negative,
        sites=of_sites,
        recorded_after_its_end=late,
        corrected_after_its_end=corrected,
    )


def _values(period: Period, scope: Scope) -> dict[str, object]:
    return {
        "year": period.year,
        "number": period.number,
        "start": period.start_ns,
        "end": period.end_ns,
        "mode": scope.mode,
        "as_of": scope.as_of_ns,
        "site": scope.site,
    }


def _shares(counts: Counter[str], total: float) -> dict[str, float]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return {code: amount / total for code, amount in ordered if amount}


def _whole(amount: float) -> float:
    """Give a count as an integer wherever it is one: 1760, not 1760.0."""
    return int(amount) if amount == int(amount) else amount
