from __future__ import annotations

import random
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from havik.gateway.log import facts
from havik.gateway.log.periods import read_zone
from havik.gateway.log.reports import BASES, Basis, Scope, YearReport, year_report
from havik.gateway.log.store import CentralLog
from havik.gateway.log.verify import verify
from havik.gateway.messages import Find, FindItem, Mode, new_id

AMSTERDAM = read_zone("Europe/Amsterdam")
NOW_NS = 1_764_000_000 * 10**9  # 2025-11-24
FOREVER = 2**62


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 10**9


def find(
    name: str,
    found_at: str,
    *categories: str,
    place: str = "cell",
    mode: Mode = "live",
    recorded_ns: int = NOW_NS,
    version: int = 1,
    quantity: float = 1,
) -> Find:
    return Find(
        id=new_id(recorded_ns), site="noord", time_ns=recorded_ns, mode=mode, find=name,
        version=version, found_at_ns=ns(found_at), place=place, method="dog",
        negative_search=not categories,
        items=tuple(FindItem(category=code, quantity=quantity) for code in categories),
    )  # fmt: skip


def report(
    folder: Path, year: int, basis: Basis = "item_lines", as_of_ns: int = FOREVER
) -> YearReport:
    with closing(facts.current(folder)) as db:
        return year_report(db, year, AMSTERDAM, Scope(basis=basis, as_of_ns=as_of_ns))


def totals(of: YearReport) -> list[float]:
    return [one.total for one in of.periods]


def log_of(folder: Path, *finds: Find) -> Path:
    with CentralLog(folder / "log") as log:
        assert None not in log.append(finds)
    return folder / "log"


@pytest.mark.parametrize(
    ("found_at", "year", "period"),
    [
        ("2021-12-31T23:59:59+01:00", 2021, 3),
        ("2022-01-01T00:00:00+01:00", 2022, 1),
        ("2021-12-31T23:00:00+00:00", 2022, 1),  # the same moment, told in UTC
        ("2021-04-30T23:59:59+02:00", 2021, 1),
        ("2021-05-01T00:00:00+02:00", 2021, 2),
        ("2021-03-28T02:59:59+02:00", 2021, 1),  # an hour that Amsterdam's clocks left out
        ("2021-10-31T02:30:00+02:00", 2021, 3),  # and the one that they showed twice
        ("2021-10-31T02:30:00+01:00", 2021, 3),
        ("2021-08-31T21:59:59+00:00", 2021, 2),
        ("2021-08-31T22:00:00+00:00", 2021, 3),
    ],
)
def test_a_find_counts_where_the_clock_on_the_wall_stood(
    tmp_path: Path, found_at: str, year: int, period: int
) -> None:
    folder = log_of(tmp_path, find("a", found_at, "phone"))
    right = [0.0, 0.0, 0.0]
    right[period - 1] = 1
    assert totals(report(folder, year)) == right
    for other in {2021, 2022} - {year}:
        assert totals(report(folder, other)) == [0, 0, 0]


def test_the_basis_says_what_is_counted(tmp_path: Path) -> None:
    folder = log_of(
        tmp_path,
        find("a", "2021-01-02T10:00:00+01:00", "drugs", "drugs", "phone", quantity=3),
        find("b", "2021-01-03T10:00:00+01:00", "phone", place="yard"),
        find("c", "2021-01-04T10:00:00+01:00"),
    )
    lines, finds, objects = (
        report(folder, 2021, basis) for basis in ("item_lines", "incidents", "objects")
    )
    assert (lines.total, finds.total, objects.total) == (4, 2, 10)
    assert lines.by_category == {"drugs": 0.5, "phone": 0.5}
    assert finds.by_category == {"drugs": 0.5, "phone": 1.0}  # a find of both stands in each
    assert objects.by_category == {"drugs": 0.6, "phone": 0.4}
    assert lines.by_place == {"cell": 0.75, "yard": 0.25}
    assert finds.by_place == {"cell": 0.5, "yard": 0.5}
    assert lines.periods[0].negative_searches == 1


def test_tests_and_exercises_are_not_counted_among_what_is_live(tmp_path: Path) -> None:
    folder = log_of(
        tmp_path,
        find("a", "2021-01-02T10:00:00+01:00", "drugs", mode="exercise"),
        find("b", "2021-01-02T10:00:00+01:00", "drugs", mode="test"),
        find("c", "2021-01-02T10:00:00+01:00", "drugs"),
    )
    assert report(folder, 2021).total == 1


def test_a_correction_after_the_period_moves_the_total_and_says_so(tmp_path: Path) -> None:
    then, now = ns("2021-02-01T00:00:00+01:00"), ns("2021-09-01T00:00:00+02:00")
    first = find("a", "2021-01-02T10:00:00+01:00", "drugs", "phone", recorded_ns=then)
    folder = log_of(tmp_path, first)
    assert totals(report(folder, 2021)) == [2, 0, 0]
    corrected = find("a", "2021-01-02T10:00:00+01:00", "drugs", recorded_ns=now, version=2)
    late = find("b", "2021-01-03T10:00:00+01:00", "drugs", "sim", recorded_ns=now)
    with CentralLog(folder) as log:
        log.append([corrected, late])
    after = report(folder, 2021)
    assert totals(after) == [3, 0, 0]
    assert after.periods[0].corrected_after_its_end == 1
    assert after.periods[0].recorded_after_its_end == 1
    as_it_stood = report(folder, 2021, as_of_ns=now - 1)
    assert totals(as_it_stood) == [2, 0, 0]
    assert as_it_stood.periods[0].corrected_after_its_end == 0
    assert verify(folder).ok


def test_a_correction_that_moves_the_find_moves_its_count(tmp_path: Path) -> None:
    folder = log_of(
        tmp_path,
        find("a", "2021-01-02T10:00:00+01:00", "drugs"),
        find("a", "2020-01-02T10:00:00+01:00", "drugs", version=2, recorded_ns=NOW_NS + 1),
    )
    assert (report(folder, 2021).total, report(folder, 2020).total) == (0, 1)


def test_versions_may_reach_the_log_in_any_order(tmp_path: Path) -> None:
    one = find("a", "2021-01-02T10:00:00+01:00", "drugs")
    three = find("a", "2021-01-02T10:00:00+01:00", "sim", version=3, recorded_ns=NOW_NS + 2)
    two = find("a", "2021-01-02T10:00:00+01:00", "phone", version=2, recorded_ns=NOW_NS + 1)
    folder = log_of(tmp_path, three, one, two)
    assert report(folder, 2021).by_category == {"sim": 1}


def test_the_counts_that_are_kept_are_those_of_a_walk_over_the_rows(tmp_path: Path) -> None:
    chance = random.Random(2022)
    codes = ("drugs", "phone", "sim")
    written: list[Find] = []
    for _ in range(400):
        name = f"f{chance.randrange(150)}"
        version = 1 + sum(one.find == name for one in written)
        day = (
            f"202{chance.randrange(3)}-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}"
        )
        items = [chance.choice(codes) for _ in range(chance.randrange(4))]
        recorded_ns = ns(f"{day}T12:00:00+00:00") + chance.randrange(3 * 10**16)
        written.append(
            find(name, f"{day}T11:00:00+00:00", *items, version=version, recorded_ns=recorded_ns)
        )
    chance.shuffle(written)
    folder = log_of(tmp_path, *written)
    # Brussels keeps Amsterdam's time; the counts are kept for Amsterdam's name alone.
    brussels = read_zone("Europe/Brussels")
    with closing(facts.current(folder)) as db:
        for basis in BASES:
            scope = Scope(basis=basis, as_of_ns=FOREVER)
            for year in (2020, 2021, 2022):
                kept = year_report(db, year, AMSTERDAM, scope)
                assert kept == year_report(db, year, brussels, scope)
                assert kept.total > 0
    assert verify(folder).ok


def test_counts_that_somebody_changed_are_found(tmp_path: Path) -> None:
    folder = log_of(tmp_path, find("a", "2021-01-02T10:00:00+01:00", "drugs"))
    with closing(facts.current(folder)) as db:
        db.execute("UPDATE find_count SET lines = 0")
    assert "reports.db" in str(verify(folder).reason)


def test_rows_that_somebody_changed_are_found(tmp_path: Path) -> None:
    folder = log_of(
        tmp_path, *(find(name, "2021-01-02T10:00:00+01:00", "drugs", "sim") for name in "abc")
    )
    with closing(facts.current(folder)) as db:
        db.execute("UPDATE find_line SET place = 'yard' WHERE find = 'b' AND line = 2")
    verdict = verify(folder)
    assert not verdict.ok
    assert "entry 1 " in str(verdict.reason)
    assert "reports.db" in str(verdict.reason)
    with closing(facts.current(folder)) as db:
        db.execute("UPDATE find_line SET place = 'cell'")
        db.execute("DELETE FROM find_line WHERE find = 'c'")
    assert "entry 2 " in str(verify(folder).reason)


@pytest.mark.parametrize("damage", [b"", b"no database at all" * 100])
def test_rows_that_are_damaged_are_made_anew(tmp_path: Path, damage: bytes) -> None:
    folder = log_of(tmp_path, find("a", "2021-01-02T10:00:00+01:00", "drugs"))
    assert report(folder, 2021).total == 1
    (folder / facts.REPORTS).write_bytes(damage)
    assert report(folder, 2021).total == 1
    assert verify(folder).ok


def test_an_item_list_longer_than_a_batch_is_read_once(tmp_path: Path) -> None:
    base = find("a", "2021-01-02T10:00:00+01:00", "drugs")
    many = [replace(base, id=new_id(NOW_NS), find=f"f{nth}") for nth in range(facts.BATCH + 7)]
    folder = log_of(tmp_path, *many)
    done: list[int] = []
    with closing(facts.current(folder, done.append)) as db:
        assert db.execute("SELECT count(*) FROM find_line").fetchone() == (len(many),)
    assert done == [facts.BATCH, 7]
    with closing(facts.current(folder, done.append)):
        assert len(done) == 2
