"""The limits' rows, with a hundredth of the work."""

from __future__ import annotations

import numpy as np
import pytest

from havik.bench import radio_limits


def test_each_condition_and_each_number_of_emitters_has_a_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(radio_limits, "TRIALS", 1)
    monkeypatch.setattr(radio_limits, "RATIO_DB", 0.0)
    monkeypatch.setattr(radio_limits, "EMITTERS", (0, 3))
    monkeypatch.setattr(radio_limits, "EMITTERS_S", 0.03)
    monkeypatch.setattr(radio_limits, "LONG_S", 0.2)
    rows = list(radio_limits.limits(np.random.default_rng(3)))
    assert all(row.simulated and row.bench == "radio" for row in rows)
    shares = [row for row in rows if row.unit == "share"]
    assert [row.value for row in shares] == [1.0] * 6
    assert len([row for row in rows if row.unit == "MS/s"]) == 2
    more, whole = [row for row in rows if row.unit == "MB"]
    assert 0 <= more.value < whole.value < 300
