"""The reporting periods of headquarters: a year's three runs of four months.

The minister's letter of 2022 counts finds by them ("VMR"); it does not name their months. Taken
here: January to April, May to August, September to December, by the clock on the wall.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..errors import UsageError

PERIODS = (1, 2, 3)
MONTHS = 4
DEFAULT_ZONE = "Europe/Amsterdam"
FIRST_YEAR, LAST_YEAR = 1970, 2200


@dataclass(frozen=True, slots=True)
class Period:
    """Four months of a year, from `start_ns` up to but without `end_ns` (UTC since 1970)."""

    year: int
    number: int
    start_ns: int
    end_ns: int


def periods(year: int, zone: tzinfo) -> tuple[Period, ...]:
    """Give the three periods of a year where the clock on the wall is `zone`'s."""
    starts = [datetime(year, 1 + MONTHS * nth, 1, tzinfo=zone) for nth in range(len(PERIODS))]
    edges = [*map(_ns, starts), _ns(datetime(year + 1, 1, 1, tzinfo=zone))]
    return tuple(
        Period(year, number, start, end)
        for number, start, end in zip(PERIODS, edges, edges[1:], strict=False)
    )


def read_years(text: str) -> range:
    """Read `2021` or `2019..2021`.

    Raises
    ------
    UsageError
        If it is neither, or the years run backwards.
    """
    first, dots, last = text.partition("..")
    try:
        years = range(int(first), int(last if dots else first) + 1)
    except ValueError:
        raise UsageError(f"--year {text} is no year; write 2021, or 2019..2021") from None
    if not years:
        raise UsageError(f"--year {text} runs backwards; write the earlier year first")
    if years[0] < FIRST_YEAR or years[-1] > LAST_YEAR:
        raise UsageError(f"--year {text}: years go from {FIRST_YEAR} to {LAST_YEAR}")
    return years


def read_zone(name: str) -> ZoneInfo:
    """Find a time zone of the IANA database.

    Raises
    ------
    UsageError
        If there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(f"--time-zone {name} is none; write it as {DEFAULT_ZONE}") from None


def _ns(moment: datetime) -> int:
    return int(moment.timestamp()) * 10**9
