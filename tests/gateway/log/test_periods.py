from __future__ import annotations

from datetime import UTC, datetime

import pytest

from havik.gateway.errors import UsageError
from havik.gateway.log.periods import periods, read_years, read_zone

AMSTERDAM = read_zone("Europe/Amsterdam")


def utc_ns(year: int, month: int, day: int, hour: int) -> int:
    return int(datetime(year, month, day, hour, tzinfo=UTC).timestamp()) * 10**9


def test_a_year_is_three_runs_of_four_months_by_the_clock_on_the_wall() -> None:
    # Amsterdam is an hour ahead of UTC in winter and two in summer (IANA tz, CET/CEST).
    first, second, third = periods(2021, AMSTERDAM)
    assert [one.number for one in (first, second, third)] == [1, 2, 3]
    assert first.start_ns == utc_ns(2020, 12, 31, 23)
    assert second.start_ns == first.end_ns == utc_ns(2021, 4, 30, 22)
    assert third.start_ns == second.end_ns == utc_ns(2021, 8, 31, 22)
    assert third.end_ns == utc_ns(2021, 12, 31, 23)
    assert periods(2022, AMSTERDAM)[0].start_ns == third.end_ns


@pytest.mark.parametrize(
    ("text", "years"),
    [("2021", [2021]), ("2019..2021", [2019, 2020, 2021]), ("2021..2021", [2021])],
)
def test_years_are_one_or_a_run(text: str, years: list[int]) -> None:
    assert list(read_years(text)) == years


@pytest.mark.parametrize("text", ["", "x", "2021..", "..2021", "2021..2019", "99999", "1..2"])
def test_what_is_no_run_of_years_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--year .+[^\n]$"):
        read_years(text)


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../../etc/passwd", "/etc/passwd"])
def test_what_is_no_time_zone_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="--time-zone"):
        read_zone(name)
