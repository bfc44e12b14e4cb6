"""The four-monthly table: its time by the number of finds, beside the bare walk over their rows."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from ..gateway.log import facts
from ..gateway.log.periods import DEFAULT_ZONE, read_zone
from ..gateway.log.reports import Scope, year_report
from ..gateway.log.store import CentralLog
from ..gateway.messages import Find, FindItem, new_id
from .rows import Row, seconds

BENCH = "reports"
SIZES = (10_000, 100_000, 1_000_000)
BATCH = 5_000
YEARS = (2019, 2020, 2021)
FIRST_NS, LAST_NS = 1_546_297_200 * 10**9, 1_640_991_600 * 10**9  # 2019 to 2021 in Amsterdam
CATEGORIES = ("drugs", "phone", "sim", "weapon", "alcohol")
PLACES = ("cell", "intake", "yard", "visit")
METHODS = ("cell_inspection", "import_control", "dog", "xray_baggage")


def run() -> list[Row]:
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="havik-bench-") as name:
        folder = Path(name) / "log"
        finds, made = _finds(), 0
        for size in SIZES:
            print(f"reports: {size} finds", file=sys.stderr)
            with CentralLog(folder) as log:
                while made < size:
                    log.append(list(islice(finds, BATCH)))
                    made += BATCH
            rows += _rows(folder, size)
    return rows


def _rows(folder: Path, size: int) -> list[Row]:
    start_s = time.perf_counter()
    with closing(facts.current(folder)) as db:
        read_s = time.perf_counter() - start_s
        scope = Scope(basis="item_lines", as_of_ns=2**62)
        zone = read_zone(DEFAULT_ZONE)
        report_s = seconds(lambda: [year_report(db, year, zone, scope) for year in YEARS], 3)
        brussels = read_zone("Europe/Brussels")  # for which no counts are kept
        walked_s = seconds(lambda: [year_report(db, year, brussels, scope) for year in YEARS], 3)
        walk = "SELECT sum(quantity), count(DISTINCT place) FROM find_line"
        floor_s = seconds(lambda: db.execute(walk).fetchone(), 3)
    return [
        Row(
            bench=BENCH, name=f"three years of {size} finds", value=report_s, unit="s",
            floor=floor_s, floor_name="one walk over all rows", simulated=True,
        ),
        Row(
            bench=BENCH, name=f"the same by another clock, {size} finds", value=walked_s, unit="s",
            floor=floor_s, floor_name="one walk over all rows", simulated=True,
        ),
        Row(
            bench=BENCH, name=f"rows brought up to {size} finds, once", value=read_s, unit="s",
            simulated=True,
        ),
    ]  # fmt: skip


def _finds() -> Iterator[Find]:
    """Give finds of 24 sites, evenly over three years; every third has two item lines."""
    nth = 0
    while True:
        found_at_ns = FIRST_NS + (nth * 7_919_317_000_000_007) % (LAST_NS - FIRST_NS)
        lines = [CATEGORIES[nth % 5], CATEGORIES[nth % 3]][: 1 + (nth % 3 == 0)]
        yield Find(
            id=new_id(found_at_ns), site=f"pi-{nth % 24:02d}", time_ns=found_at_ns,
            find=f"find-{nth}", found_at_ns=found_at_ns, place=PLACES[nth % 4],
            method=METHODS[nth % 4], items=tuple(FindItem(category=code) for code in lines),
        )  # fmt: skip
        nth += 1
