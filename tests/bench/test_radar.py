from __future__ import annotations

import pytest

from havik.bench import radar


def test_every_figure_stands_beside_what_it_is_compared_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(radar, "NOISE_SHAPE", (200, 200))
    monkeypatch.setattr(radar, "NOISE_TURNS", 1)
    monkeypatch.setattr(radar, "TRIALS", 3)
    monkeypatch.setattr(radar, "SNR_DB", 25.0)
    monkeypatch.setattr(radar, "SPEED_TURNS", 2)
    rows = radar.run()
    assert all(row.simulated and row.floor and row.bench == "radar" for row in rows)
    # at 77 GHz, 400 MHz and 10 ms, 13 dB: 0.033 m and 0.017 m/s; 12 dB more: a quarter
    bounds = [row.floor for row in rows if row.name.startswith("RMS")]
    assert bounds[:2] == pytest.approx([0.033 / 4, 0.017 / 4], rel=0.02)
    assert all("3 of 3 found" in row.name for row in rows if row.name.startswith("RMS"))
