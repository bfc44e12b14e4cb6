"""The report of operations, every figure worked out by hand."""

from __future__ import annotations

from datetime import datetime

import pytest
from msgspec.structs import replace

from havik.gateway.log.operations import Facts, Times, operations
from havik.gateway.log.periods import periods, read_zone
from havik.gateway.messages import Audit, Incident, Mode, NotedFlight, Place, Recorded, Step, new_id

AMSTERDAM = read_zone("Europe/Amsterdam")
S = 10**9
DAY = 86_400 * S


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * S


NOON = ns("2021-03-02T12:00:00+01:00")
FROM, TO = ns("2021-03-01T00:00:00+01:00"), ns("2021-03-11T00:00:00+01:00")


def incident(
    name: str, at: str, outcome: str | None = None, mode: Mode = "live", **times: float
) -> Incident:
    start_ns = ns(at)
    return Incident(
        id=new_id(start_ns), site="noord", time_ns=start_ns, mode=mode, incident=name, version=1,
        state="alarm" if outcome is None else "closed", contact=False, confidence=1,
        first_contact_ns=start_ns, last_contact_ns=start_ns, outcome=outcome,
        search=(Place(zone="yard-b"),), steps=(Step(step="alarm", time_ns=start_ns),),
        times={key.replace("_", "-"): value for key, value in times.items()},
    )  # fmt: skip


def audit(at_ns: int, action: str, sensor: str | None = None) -> Audit:
    return Audit(id=new_id(at_ns), site="noord", time_ns=at_ns, action=action, subject=sensor)


def read(*records: Recorded, until_ns: int = TO, mode: Mode = "live") -> Facts:
    return Facts.read(records, until_ns, mode)


NIGHTS = (
    incident("a", "2021-03-02T22:00:00+01:00", "contraband_found", acknowledged=10, dispatched=30),
    incident("b", "2021-03-03T05:59:59+01:00", "nothing_found", acknowledged=20, dispatched=25),
    incident("c", "2021-03-03T06:00:00+01:00", "authorised", acknowledged=90),
    incident("d", "2021-03-04T21:59:59+01:00", "passed_by"),
    incident("e", "2021-03-05T23:30:00+01:00"),
)


def test_alarms_are_counted_by_day_and_night_and_by_their_end() -> None:
    noted = NotedFlight(
        id="n", site="noord", time_ns=NOON, track="t", claim="c", approved_by="s", basis="claimed"
    )
    exercise = incident("x", "2021-03-05T23:30:00+01:00", mode="exercise")
    report = operations(read(*NIGHTS, noted, exercise), FROM, TO, AMSTERDAM)
    assert (report.alarms, report.night_alarms, report.noted_flights) == (5, 3, 1)
    assert (report.alarms_per_day, report.alarms_per_night) == (0.5, 0.3)
    assert (report.closed, report.false_alarms, report.false_alarm_ratio) == (4, 2, 0.5)
    spots = {(spot.place, spot.hour): spot.flights for spot in report.hot_spots}
    assert spots == {("noord/yard-b", hour): 1 for hour in (22, 5, 6, 21, 23)}


def test_times_are_of_those_that_took_the_step() -> None:
    times = operations(read(*NIGHTS), FROM, TO, AMSTERDAM).times
    assert times["acknowledge"] == Times(count=3, median_s=20, p95_s=90)
    assert times["dispatch"] == Times(count=2, median_s=12.5, p95_s=20)
    assert times["search"] == Times(count=0, median_s=None, p95_s=None)


def test_the_newest_version_counts_once() -> None:
    later = replace(NIGHTS[4], version=2, state="closed", outcome="no_flight")
    report = operations(read(later, *NIGHTS, later), FROM, TO, AMSTERDAM)
    assert (report.alarms, report.by_outcome["no_flight"], report.closed) == (5, 1, 5)


def test_nothing_is_unknown_and_not_zero() -> None:
    report = operations(read(), FROM, TO, AMSTERDAM)
    assert (report.alarms, report.false_alarm_ratio, report.sensors) == (0, None, ())
    assert read().drone_incidents(FROM, TO) is None
    assert read().sensor_availability(FROM, TO) is None


SERVICE: dict[str, tuple[list[tuple[float, str]], float]] = {
    "all the time": ([(0, "sensor-online")], 1.0),
    "half": ([(0, "sensor-online"), (5, "sensor-offline")], 0.5),
    "silent": ([(0, "sensor-online"), (2, "sensor-degraded"), (4, "sensor-online")], 0.8),
    "flapping": ([(0, "sensor-online"), (1, "sensor-flapping"), (2, "sensor-online")], 0.9),
    "never": ([(0, "sensor-offline")], 0.0),
    "stopped": (
        [
            (0, "sensor-online"),
            (3, "gateway-stopped"),
            (4, "gateway-started"),
            (4, "sensor-online"),
        ],
        0.9,
    ),
    "killed": ([(0, "sensor-online"), (4, "gateway-started"), (4, "sensor-online")], 0.6),
}


@pytest.mark.parametrize("case", SERVICE)
def test_a_sensor_is_in_service_while_it_is_online(case: str) -> None:
    """Ten days; the audit entries stand at days since the first."""
    words, share = SERVICE[case]
    entries = [
        audit(FROM + round(day * DAY), action, "radar" if action[0] == "s" else None)
        for day, action in words
    ]
    (sensor,) = operations(read(*entries), FROM, TO, AMSTERDAM).sensors
    assert sensor.availability == pytest.approx(share)
    assert sensor.days_out == pytest.approx(10 * (1 - share))


def test_a_killed_gateway_is_gone_from_its_last_entry_on() -> None:
    entries: list[Recorded] = [
        audit(FROM, "sensor-online", "radar"),
        replace(NIGHTS[0], time_ns=FROM + 2 * DAY),
        audit(FROM + 5 * DAY, "gateway-started"),
        audit(FROM + 5 * DAY, "sensor-online", "radar"),
    ]
    (sensor,) = operations(read(*entries), FROM, TO, AMSTERDAM).sensors
    assert sensor.days_out == pytest.approx(3)


def test_a_period_has_its_flights_and_its_share_in_service() -> None:
    first, second, third = periods(2021, AMSTERDAM)
    facts = read(
        audit(second.start_ns - 10 * DAY, "sensor-online", "radar"),
        audit(second.start_ns + 61 * DAY + 12 * 3600 * S, "sensor-offline", "radar"),
        *(replace(one, first_contact_ns=second.start_ns) for one in NIGHTS),
        until_ns=second.end_ns,
    )
    assert facts.sensor_availability(first.start_ns, first.end_ns) == 1.0  # since it was known
    assert facts.sensor_availability(second.start_ns, second.end_ns) == 0.5  # 61.5 of 123 days
    assert facts.sensor_availability(third.start_ns, third.end_ns) is None
    assert [facts.drone_incidents(p.start_ns, p.end_ns) for p in (first, second, third)] == [
        0, 5, None,
    ]  # fmt: skip


def test_what_came_later_or_elsewhere_is_left_out() -> None:
    assert not Facts.read(NIGHTS, NIGHTS[0].time_ns - 1).incidents
    assert not Facts.read(NIGHTS, TO, site="zuid").incidents
