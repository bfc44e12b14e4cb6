from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from havik.bench import radio
from havik.bench.rows import Row


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundredth of the work: what is measured is not looked at here."""
    monkeypatch.setattr(radio, "CHUNK_S", 0.05)
    monkeypatch.setattr(radio, "RATES_HZ", (10e6,))
    monkeypatch.setattr(radio, "SCENE_RATE_HZ", 30.72e6)
    monkeypatch.setattr(radio, "SCENE_S", 0.02)
    monkeypatch.setattr(radio, "RATIOS_DB", (20,))
    monkeypatch.setattr(radio, "TRIALS", 2)
    monkeypatch.setattr(radio, "NOISE_S", 0.1)
    monkeypatch.setattr(radio, "seconds", once)
    monkeypatch.setattr(radio, "limits", nothing)


def nothing(rng: np.random.Generator) -> list[Row]:
    """The limits have a test of their own."""
    del rng
    return []


def once(job: Callable[[], object], repeats: int) -> float:
    """Do the job, and say that it took half a second."""
    assert repeats > 0
    job()
    return 0.5


def test_without_recordings_all_is_simulated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAVIK_DATA", str(tmp_path))
    rows = radio.run()
    assert all(row.simulated and row.bench == "radio" for row in rows)
    speeds = [row for row in rows if row.unit == "MS/s"]
    assert [row.name for row in speeds] == [
        "noise at 10 MS/s",
        "DroneID and Wi-Fi at 10 MS/s",
        "Wi-Fi, Bluetooth, ELRS and OcuSync at 30.72 MS/s",
    ]
    assert speeds[0].value == speeds[0].floor == pytest.approx(5 * 0.05 * 10 / 0.5)
    (detected,) = [row for row in rows if row.unit == "share"]
    assert detected.value == detected.floor == 1
    drones, boxes = [row for row in rows if row.unit == "1/s"]
    assert drones.value == 0
    assert boxes.floor == pytest.approx(0.5)  # 1e-7 of 5 million cells a second


def test_recordings_are_scanned_and_said_to_be_real(
    recordings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAVIK_DATA", str(recordings))
    monkeypatch.setattr(radio, "RECORDINGS", radio.RECORDINGS[:1])
    real = [row for row in radio.run() if not row.simulated]
    assert [row.unit for row in real] == ["MS/s", "share"]
    assert real[1].value == 1


def test_the_busy_band_has_its_drone() -> None:
    rng = np.random.default_rng(1)
    chunk = radio.busy_chunk(rng, 20e6, drone=True)
    labels = {one.label for one in radio.search([chunk], "ci16", 20e6)}
    assert {"dji-droneid", "wifi"} <= labels
