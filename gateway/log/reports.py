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
from collections.abc import Iterable
from datetime import tzinfo
from typing import Literal

import msgspec

from .periods import Period, periods

Basis = Literal["incidents", "item_lines", "objects"]
BASES: tuple[Basis, ...] = ("incidents", "item_lines", "objects")

_OF_PERIOD = """
FROM find_line
WHERE found_at_ns >= :start AND found_at_ns < :end AND mode = :mode
    AND recorded_ns <= :as_of AND (superseded_ns IS NULL OR superseded_ns > :as_of)
    AND (:site IS NULL OR site = :site)
"""
_COUNT = f"""
SELECT place, method, category, sum(line = 1), sum(first_of_category), count(*), sum(quantity)
{_OF_PERIOD} AND negative = 0 GROUP BY place, method, category
"""
_BESIDE = f"""
SELECT coalesce(sum(negative), 0), count(DISTINCT site),
    coalesce(sum(line = 1 AND version > 1 AND recorded_ns >= :end), 0),
    coalesce(sum(line = 1 AND version = 1 AND recorded_ns >= :end), 0)
{_OF_PERIOD}
"""


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


class YearReport(msgspec.Struct, frozen=True, kw_only=True):
    """One year of the table; shares are fractions of `total`, largest first."""

    year: int
    periods: tuple[PeriodCount, ...]
    total: float
    by_category: dict[str, float]
    by_place: dict[str, float]
    by_method: dict[str, float]


def year_report(db: sqlite3.Connection, year: int, zone: tzinfo, scope: Scope) -> YearReport:
    """Count one year; time in step with the finds of that year.

    Parameters
    ----------
    db : Connection
        As `facts.current` gives it.
    year : int
    zone : tzinfo
        Whose clock the periods' edges follow.
    scope : Scope
    """
    counts: list[PeriodCount] = []
    categories: Counter[str] = Counter()
    places: Counter[str] = Counter()
    methods: Counter[str] = Counter()
    for period in periods(year, zone):
        values = _values(period, scope)
        total = 0.0
        for place, method, category, finds, of_category, lines, objects in db.execute(
            _COUNT, values
        ):
            amount = {"incidents": finds, "item_lines": lines, "objects": objects}[scope.basis]
            total += amount
            places[place] += amount
            methods[method] += amount
            categories[category] += of_category if scope.basis == "incidents" else amount
        ((negative, sites, corrected, late),) = db.execute(_BESIDE, values)
        counts.append(
            PeriodCount(
                number=period.number,
                total=_whole(total),
                negative_searches=negative,
                sites=sites,
                recorded_after_its_end=late,
                corrected_after_its_end=corrected,
            )
        )
    total = sum(one.total for one in counts)
    return YearReport(
        year=year,
        periods=tuple(counts),
        total=_whole(total),
        by_category=_shares(categories.items(), total),
        by_place=_shares(places.items(), total),
        by_method=_shares(methods.items(), total),
    )


def _values(period: Period, scope: Scope) -> dict[str, object]:
    return {
        "start": period.start_ns,
        "end": period.end_ns,
        "mode": scope.mode,
        "as_of": scope.as_of_ns,
        "site": scope.site,
    }


def _shares(counts: Iterable[tuple[str, float]], total: float) -> dict[str, float]:
    ordered = sorted(counts, key=lambda item: (-item[1], item[0]))
    return {code: amount / total for code, amount in ordered if amount}


def _whole(amount: float) -> float:
    """Give a count as an integer wherever it is one: 1760, not 1760.0."""
    return int(amount) if amount == int(amount) else amount
