"""A simulated night of nine hours: three flights, wind in a fence, a busy portal, a bad cable.

All is simulated: it proves the rules, not how often such things come.
"""

from __future__ import annotations

import datetime
import heapq
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from havik.config.loader import load
from havik.config.scenes import Drone, Leg, Scene
from havik.config.settings import AlarmSection, Authorised, Settings
from havik.gateway.alarms import Signal
from havik.gateway.casebook import Casebook
from havik.gateway.desk import Desk
from havik.gateway.detect import Detector, Evidence
from havik.gateway.fusion import Fusion, Told
from havik.gateway.health import State
from havik.gateway.log.reading import LogReader
from havik.gateway.log.store import CentralLog
from havik.gateway.messages import Alarm, Audit, Find, Incident, NotedFlight, Recorded
from havik.gateway.plan import Plan
from havik.gateway.sensor_states import SensorStates
from havik.simulators.radar.ti_mmwave import FRAME_PERIOD_S, TiMmwave
from havik.simulators.remote_id.dronescout import DroneScout
from havik.simulators.scene import World

T0 = 1_793_923_200 * 10**9
HOUR = 3600.0
OURS = "ZZZZCSM0000000001"
NIGHT = datetime.datetime.fromtimestamp(T0 / 1e9, datetime.UTC)
SITE = replace(
    load(Path(__file__).parents[2] / "config/sites/night-drop.toml", Settings),
    alarm=AlarmSection(flight_gap_s=10.0),
    authorised=(
        Authorised(
            serial_number=OURS,
            begins=NIGHT,
            ends=NIGHT + datetime.timedelta(hours=9),
            approved_by="security-7",
        ),
    ),
)
PLAN = Plan(SITE.site, SITE.zones)
RADAR, REMOTE_ID, _ = SITE.sensors
Said = tuple[float, Evidence]


def at(time_s: float) -> int:
    return T0 + round(time_s * 1e9)


def flight(start_s: float, serial: str) -> Iterator[Said]:
    """In from the north-east, 8 s of hover over the yard, and back: past radar and Remote ID."""
    far_m = (110.0, 120.0, 27.0)
    thing = Drone(
        name=serial, serial_number=serial, operator_m=(100.0, 150.0, 1.5), from_m=far_m,
        acceleration_m_s2=6.0,
        legs=(
            Leg(to_m=(40.0, 40.0, 12.0), speed_m_s=12.0, wait_s=8.0, drop_after_s=4.0),
            Leg(to_m=far_m, speed_m_s=12.0),
        ),
    )  # fmt: skip
    scene = World(Scene(name="x", site="x", seed=3, length_s=30.0, things=(thing,)))

    def then(time_s: float) -> int:
        return at(start_s + time_s)

    def by_radar() -> Iterator[Said]:
        radar, detector = (
            TiMmwave(scene, RADAR.id, RADAR.mounting),
            Detector(SITE.site, PLAN, RADAR),
        )
        for number in range(int(30.0 / FRAME_PERIOD_S)):
            time_s = number * FRAME_PERIOD_S
            if scene.at(time_s):
                frame = radar.frame(number, time_s, then(time_s))
                for said in detector.take(frame, then(time_s)):
                    yield start_s + time_s, said

    def by_remote_id() -> Iterator[Said]:
        detector = Detector(SITE.site, PLAN, REMOTE_ID)
        for said in DroneScout(scene, REMOTE_ID.id, REMOTE_ID.mounting, SITE.site).reports(then):
            for one in detector.take(said.what, then(said.time_s)):
                yield start_s + said.time_s, one

    return heapq.merge(by_radar(), by_remote_id(), key=lambda said: said[0])


def signals(source: str, kind: str, start_s: float, every_s: float, count: int) -> Iterator[Said]:
    """Off and back again two seconds later, so many times."""
    for number in range(count):
        for after_s, active in ((0.0, True), (2.0, False)):
            time_s = start_s + number * every_s + after_s
            fields = {"source": source, "kind": kind, "sensor": source.split(".")[0]}
            yield time_s, Signal(**fields, time_ns=at(time_s), active=active)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - kinds come as text here


class Night:
    """What the gateway tells, what is recorded, and a control room that answers."""

    def __init__(self, folder: Path, *streams: Iterator[Said], ends_s: float = 9 * HOUR) -> None:
        self.fusion = Fusion(SITE)
        self.casebook = Casebook()
        self.desk = Desk(SITE.site, self.fusion.incidents, {}, self.casebook, self.fusion.alarms)
        self.states = SensorStates()
        self.told: list[Told] = []
        self.audits: list[Audit] = []
        self.folder = folder
        self.commands = 0
        ticked_s = 0.0
        for time_s, evidence in heapq.merge(*streams, key=lambda said: said[0]):
            while ticked_s + 2.0 <= time_s:
                ticked_s += 2.0
                self._say(self.fusion.tick(at(ticked_s)))
            self._say(self.fusion.take(evidence))
        while ticked_s < ends_s:
            ticked_s += 2.0
            self._say(self.fusion.tick(at(ticked_s)))

    def _say(self, told: list[Told]) -> None:
        self.told += told
        for message in told:
            if isinstance(message, Incident | Find):
                self.casebook.note(message)
        kept: list[Recorded] = [
            one for one in told if isinstance(one, Incident | Find | NotedFlight | Alarm)
        ]
        self._log(kept)

    def _log(self, kept: list[Recorded] | tuple[Recorded, ...]) -> None:
        if kept:
            with CentralLog(self.folder) as log:
                log.append(kept)

    def ask(self, time_s: float, name: str, **fields: object) -> str | None:
        """Do a command at that time; give why it is refused."""
        self.commands += 1
        payload = json.dumps({"id": f"c{self.commands}", **fields}).encode()
        answer = self.desk.take(name, payload, at(time_s))
        self._log(answer.records)
        assert answer.reply is not None
        return answer.reply.reason

    @property
    def incidents(self) -> list[Incident]:
        newest = {one.incident: one for one in self.told if isinstance(one, Incident)}
        return list(newest.values())


def test_a_busy_night_is_three_incidents_and_no_flood(tmp_path: Path) -> None:
    night = Night(
        tmp_path,
        flight(1.0 * HOUR, "ZZZZCSM0000000002"),
        flight(2.5 * HOUR, OURS),
        flight(4.0 * HOUR, "ZZZZCSM0000000003"),
        signals("fence-1.north", "intrusion", 2.0 * HOUR, 45.0, 60),
        signals("portal-1", "screening", 0.5 * HOUR, 60.0, 40),
        signals("radar-yard.link", "fault", 5.0 * HOUR, 10.0, 300),
    )
    kinds = Counter(one.kind for one in night.incidents)
    assert kinds == {"flight": 2, "intrusion": 1}
    (noted,) = {one.approved_by for one in night.told if isinstance(one, NotedFlight)}
    assert noted == "security-7"
    alarms = [one for one in night.told if isinstance(one, Alarm)]
    assert not [one for one in alarms if one.kind == "flood"]
    fence = [one for one in alarms if one.source == "fence-1.north"]
    assert any(one.chattering for one in fence)
    assert fence[-1].activations == 60  # every gust is counted, though few are told
    # Four gusts on and off, the fifth makes it chatter; three reminders in 45 minutes; its end.
    assert len(fence) == 4 * 2 + 1 + 3 + 1
    assert not any(one.needs_person for one in alarms if one.source != "fence-1.north")
    with LogReader.open(tmp_path) as log:
        logged = [entry.message() for entry in log.entries()]
    assert {one.incident for one in logged if isinstance(one, Incident)} == {
        one.incident for one in night.incidents
    }
    assert sum(isinstance(one, Alarm) for one in logged) == len(alarms) <= 40


def test_the_time_of_every_step_of_a_flight_is_in_the_log(tmp_path: Path) -> None:
    start_s = 0.1 * HOUR
    night = Night(tmp_path, flight(start_s, "ZZZZCSM0000000002"), ends_s=start_s + 60)
    (incident,) = night.incidents
    name, t = incident.incident, (incident.steps[0].time_ns - T0) / 1e9
    about: dict[str, object] = {"incident": name, "by": "desk-1"}
    yard = about | {"zone": "yard-b"}
    assert night.ask(t + 9, "acknowledge", **about) is None
    assert night.ask(t + 21, "dispatch", **yard, unit="patrol-2") is None
    assert night.ask(t + 240, "search", **yard, unit="patrol-2") is None
    assert "role desk-1 may not" in (night.ask(t + 250, "release", **yard) or "")
    early = night.ask(t + 250, "release", **yard, role="shift-lead")
    assert early == "the search of yard-b is open, by desk-1; close it first"
    assert "nothing_foun" in (night.ask(t, "close", **about, outcome="nothing_foun") or "")
    items = ["ground", "facade_windows", "roof_net", "bins_drains"]
    assert night.ask(t + 900, "check", **yard, items=items) is None
    assert "record a find" in (night.ask(t + 901, "search-done", **yard) or "")
    find: dict[str, object] = {
        "place": "yard", "method": "drone_alarm_search", "place_ref": "yard-b",
        "incident": name, "items": [{"category": "phone"}], "finder_role": "patrol",
    }  # fmt: skip
    assert night.ask(t + 910, "find", **find) is None
    assert night.ask(t + 920, "search-done", **yard) is None
    assert night.ask(t + 930, "release", **yard, role="shift-lead") is None
    assert night.ask(t + 940, "close", **about, outcome="contraband_found") is None
    assert "no open incident" in (night.ask(t + 950, "dispatch", **about, unit="p") or "")
    with LogReader.open(tmp_path) as log:
        logged = [entry.message() for entry in log.entries()]
    last = [one for one in logged if isinstance(one, Incident)][-1]
    assert (last.state, last.outcome) == ("closed", "contraband_found")
    times = {step: seconds for step, seconds in last.times.items() if seconds > 60}
    assert times == {
        "search-opened": 240, "searched": 910, "search-closed": 920, "released": 930, "closed": 940,
    }  # fmt: skip
    assert (last.times["acknowledged"], last.times["dispatched"]) == (9, 21)
    assert 0 < last.times["drop-suspected"] < last.times["contact-lost"] < 60
    assert [one.unit for one in last.steps if one.step == "dispatched"] == ["patrol-2"]
    assert [one.role for one in last.steps if one.step == "released"] == ["shift-lead"]


def test_a_sensor_that_flaps_fills_no_log() -> None:
    states = SensorStates()
    told: list[str] = []
    for number in range(1000):
        state: State = "offline" if number % 2 else "online"
        change = states.take("radar", state, "cable", number * 20 * 10**9)
        told += [] if change is None else [change.action]
    assert told == [*["sensor-online", "sensor-offline"] * 2, "sensor-online", "sensor-flapping"]
    quiet_ns = 999 * 20 * 10**9 + 600 * 10**9
    assert states.take("radar", "offline", None, quiet_ns - 1) is None
    after = states.take("radar", "offline", None, quiet_ns)
    assert after == ("sensor-offline", "radar", "after 1000 changes")
    assert states.take("radar", "offline", None, quiet_ns + 1) is None


@pytest.mark.parametrize("gap_s", [200, 3600])
def test_a_sensor_that_fails_now_and_then_is_told_each_time(gap_s: int) -> None:
    states = SensorStates()
    for number in range(20):
        state: State = "offline" if number % 2 else "online"
        assert states.take("radar", state, None, number * gap_s * 10**9) is not None
