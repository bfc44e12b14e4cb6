"""The report of operations from the command line, and its figures beside the table of finds."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from havik.gateway.log.store import CentralLog
from havik.gateway.messages import Audit, Incident, Step

if TYPE_CHECKING:
    from tests.gateway.conftest import Havik

S = 10**9


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * S


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A sensor that came in February 2021 and went on 1 March, and one flight that night."""
    flown_ns = ns("2021-02-10T23:30:00+01:00")
    flight = Incident(
        id="i1", site="noord", time_ns=flown_ns, incident="f1", version=1, state="closed",
        contact=False, confidence=1, first_contact_ns=flown_ns, last_contact_ns=flown_ns,
        steps=(Step(step="alarm", time_ns=flown_ns),), times={"acknowledged": 12.0},
        outcome="no_flight",
    )  # fmt: skip
    words = (
        ("2021-02-01T00:00:00+01:00", "sensor-online"),
        ("2021-03-01T00:00:00+01:00", "sensor-offline"),
    )
    audits = [
        Audit(id=f"a{n}", site="noord", time_ns=ns(at), action=action, subject="radar")
        for n, (at, action) in enumerate(words)
    ]
    command = Audit(id="c", site="noord", time_ns=flown_ns, action="command", subject="f1")
    with CentralLog(tmp_path / "log") as central:
        central.append([audits[0], flight, command, audits[1]])
    return tmp_path / "log"


def test_a_span_is_told_in_words_and_as_json(havik: Havik, log: Path) -> None:
    span = ("log", "report", "operations", "--from", "2021-02-01", "--to", "2021-03-29")
    code, out, _ = havik(*span, "--log", log, "--json")
    report = json.loads(out)
    assert code == 0
    assert (report["from"], report["to"]) == (
        "2021-02-01T00:00:00+01:00", "2021-03-29T00:00:00+02:00",
    )  # fmt: skip
    assert (report["alarms"], report["night_alarms"], report["false_alarm_ratio"]) == (1, 1, 1.0)
    assert report["times"]["acknowledge"] == {"count": 1, "median_s": 12.0, "p95_s": 12.0}
    assert report["times"]["search"]["median_s"] is None
    (sensor,) = report["sensors"]
    assert sensor["days_out"] == pytest.approx(28 - 1 / 24, abs=1e-3)  # an hour was left out
    _, out, _ = havik(*span, "--log", log)
    for words in (
        "alarms          1 (1 flight)",
        "1 of 1 closed (100%)",
        "search          unknown",
    ):
        assert words in out
    assert "hot spot noord/unknown at 23 h: 1" in out


def test_the_table_of_finds_shows_flights_and_service_beside_it(havik: Havik, log: Path) -> None:
    _, out, _ = havik("log", "report", "vmr", "--year", "2020..2021", "--log", log, "--json")
    before, year = (json.loads(line) for line in out.splitlines())
    assert before["drone_incidents"] == [None, None, None]  # nothing was known then
    assert before["sensor_availability"] == [None, None, None]
    assert year["drone_incidents"] == [1, 0, 0]
    first, second, _ = year["sensor_availability"]
    hours = 89 * 24 - 1  # 1 February to 30 April, over the change of the clocks
    assert first == pytest.approx(28 * 24 / hours, abs=1e-5)
    assert second == 0.0
    _, out, _ = havik("log", "report", "vmr", "--year", "2020..2021", "--log", log)
    assert "drone incidents      unknown, unknown, unknown" in out
    assert "drone incidents      1, 0, 0" in out
    assert "sensors in service   31.5%, 0.0%, 0.0%" in out


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--from", "spring"), "--from spring is no day; write it as 2026-11-25"),
        (("--from", "2021-02-01", "--to", "2021-01-01"), "is not after --from 2021-02-01"),
        (("--from", "2021-02-01T00:00:00"), "has no offset from UTC; add it"),
        (("--from", "2021-02-01", "--mode", "fun"), "--mode fun is none; there are live"),
        (("--from", "2021-02-01", "--site", "a/b"), "--site a/b can be no site's name"),
        (("--from", "2021-02-01", "--time-zone", "Moon"), "--time-zone Moon is none"),
    ],
)
def test_wrong_use_is_one_line(
    havik: Havik, log: Path, options: tuple[str, ...], told: str
) -> None:
    assert told in havik.refuses("log", "report", "operations", *options, "--log", log)
