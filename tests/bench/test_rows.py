from __future__ import annotations

import time

import pytest

from havik.bench.rows import Row, seconds


def test_the_ratio_is_value_over_floor() -> None:
    assert Row(bench="b", name="n", value=3.0, unit="s", floor=2.0).ratio == 1.5
    assert Row(bench="b", name="n", value=3.0, unit="s").ratio is None


def test_the_time_is_the_median_of_the_runs_after_one_that_warms_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = [0.0]
    lasts_s = iter([100.0, 1.0, 2.0, 9.0])
    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])

    def job() -> None:
        clock[0] += next(lasts_s)

    assert seconds(job, repeats=3) == 2.0
    assert next(lasts_s, None) is None
