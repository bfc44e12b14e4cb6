"""One measured figure, and how a run of them is shown."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import msgspec
from rich.console import Console
from rich.table import Table


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of one benchmark.

    `floor` is what the same run measured for the bare building blocks (or a peer's figure), in the
    same unit; `ratio` is value over floor. `simulated` says that the input came from a simulator.
    """

    bench: str
    name: str
    value: float
    unit: str
    floor: float | None = None
    floor_name: str | None = None
    simulated: bool = False

    @property
    def ratio(self) -> float | None:
        """Value over floor."""
        return None if not self.floor else self.value / self.floor


def seconds(job: Callable[[], object], repeats: int = 5) -> float:
    """Give the median wall time of `job` over `repeats` runs after one warm-up, in seconds."""
    return _median(job, repeats, time.perf_counter)


def processor_seconds(job: Callable[[], object], repeats: int = 5) -> float:
    """The same in the process's own processor time, which other work lengthens less."""
    return _median(job, repeats, time.process_time)


def _median(job: Callable[[], object], repeats: int, clock: Callable[[], float]) -> float:
    job()
    times: list[float] = []
    for _ in range(repeats):
        start = clock()
        job()
        times.append(clock() - start)
    return statistics.median(times)


def as_json(row: Row) -> bytes:
    """Give one row as a JSON object."""
    return msgspec.json.encode({**msgspec.to_builtins(row), "ratio": row.ratio})


def show(rows: list[Row], console: Console) -> None:
    """Print `rows` as a table."""
    table = Table("bench", "figure", "value", "unit", "ratio", "compared with")
    for row in rows:
        name = f"{row.name} (simulated)" if row.simulated else row.name
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        against = "" if row.floor is None else f"{row.floor_name}: {row.floor:,.4g}"
        table.add_row(row.bench, name, f"{row.value:,.4g}", row.unit, ratio, against)
    console.print(table)
