from __future__ import annotations

import io
import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from havik.bench import catalogue
from havik.bench.catalogue import BENCHES, BenchError, UnknownBench, run
from havik.bench.rows import Row

ROOT = Path(__file__).parents[2]
ROWS = {
    "radio": [
        Row(bench="radio", name="scan", value=2.0, unit="MS/s", floor=8.0, floor_name="FFT"),
        Row(bench="radio", name="found", value=0.5, unit="of 1", simulated=True),
    ],
    "log": [Row(bench="log", name="records", value=1000.0, unit="1/s", floor=0.0)],
}


def job(bench: str) -> Callable[[], list[Row]]:
    return lambda: ROWS[bench]


@pytest.fixture(autouse=True)
def two_benches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Benchmarks that take no time."""
    monkeypatch.setattr(catalogue, "BENCHES", {"radio": "about radio", "log": "about the log"})
    monkeypatch.setattr(catalogue, "_job", job)


def ran(name: str, keep: Path | None = None, *, as_json: bool = True) -> str:
    out = io.StringIO()
    run(name, as_json_lines=as_json, out=out, keep=keep)
    return out.getvalue()


def test_each_figure_is_a_json_line_beside_its_floor() -> None:
    rows = [json.loads(line) for line in ran("radio").splitlines()]
    assert rows[0] == {
        "bench": "radio", "name": "scan", "value": 2.0, "unit": "MS/s", "floor": 8.0,
        "floor_name": "FFT", "simulated": False, "ratio": 0.25,
    }  # fmt: skip
    assert (rows[1]["ratio"], rows[1]["simulated"]) == (None, True)


def test_all_are_run_in_order_and_named_apart_from_the_figures(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = [json.loads(line) for line in ran("all").splitlines()]
    assert [row["bench"] for row in rows] == ["radio", "radio", "log"]
    assert rows[2]["ratio"] is None  # nothing to divide by
    assert capsys.readouterr().err == "radio: about radio\nlog: about the log\n"


def test_a_table_says_what_is_simulated_and_what_it_is_compared_with() -> None:
    table = ran("radio", as_json=False)
    assert "found (simulated)" in table and "FFT: 8" in table and "0.25" in table


def test_the_figures_are_kept_whatever_is_shown(tmp_path: Path) -> None:
    shown = ran("all")
    ran("all", tmp_path / "a/b", as_json=False)
    kept = [(tmp_path / f"a/b/{name}.jsonl").read_text() for name in ("radio", "log")]
    assert "".join(kept) == shown


def test_wrong_use_is_told_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "_job", None)  # is not reached
    with pytest.raises(UnknownBench, match="no benchmark jam; there are all, radio, log"):
        ran("jam")
    (tmp_path / "file").touch()
    with pytest.raises(BenchError, match="file: file exists; name another folder"):
        ran("log", tmp_path / "file")
    with pytest.raises(BenchError, match="file/x: not a directory; name another folder"):
        ran("log", tmp_path / "file/x")


@pytest.mark.parametrize("name", BENCHES)
def test_every_benchmark_has_its_room(name: str) -> None:
    assert callable(import_module(f"havik.bench.{name.replace('-', '_')}").run)


def test_every_room_that_measures_is_in_the_list() -> None:
    others = {"__init__", "catalogue", "rows"}
    measuring = {
        file.stem.replace("_", "-")
        for file in (ROOT / "bench").glob("*.py")
        if "def run(" in file.read_text() and file.stem not in others
    }
    assert measuring == set(BENCHES)
