from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from havik.config.settings import AlarmSection, SiteSection, Zone
from havik.gateway import desk as room
from havik.gateway.commands import COMMANDS
from havik.gateway.desk import MOST_BYTES, Answer, Desk
from havik.gateway.incidents import Incidents, Sighting
from havik.gateway.log.recorder import Recorder
from havik.gateway.log.restore import answered_commands, open_incidents
from havik.gateway.messages import Audit, Find, Incident, Reply
from havik.gateway.plan import Plan

S = 1_000_000_000
LATER = 1000 * S
SITE = SiteSection(name="noord", latitude_deg=52.0, longitude_deg=5.0, mode="exercise")
YARD = Zone(id="yard-b", kind="yard", corners_m=((0, 0), (100, 0), (100, 100), (0, 100)))
PLAN = Plan(SITE, [YARD])
NEGATIVE: dict[str, object] = {
    "place": "yard",
    "method": "drone_alarm_search",
    "negative_search": True,
}


class Office:
    """A desk, and one flight that hovered over the yard and is gone."""

    def __init__(self, answered: dict[str, str] | None = None) -> None:
        self.incidents = Incidents(SITE, AlarmSection(), PLAN)
        (started,) = self.incidents.sight(
            Sighting(
                time_ns=S,
                sensors=("radar",),
                confidence=1,
                place_m=np.array([50.0, 50.0, 30.0]),
                hovering=True,
            )
        )
        self.flight = started.incident
        self.incidents.tick(500 * S)
        self.desk = Desk(SITE, self.incidents, answered or {})

    def ask(self, name: str, **fields: object) -> Answer:
        payload = {"id": "c1", **fields}
        if name != "find":
            payload = {"incident": self.flight, **payload}
        return self.desk.take(name, json.dumps(payload).encode(), LATER)


def accepted(answer: Answer) -> Reply:
    assert answer.reply is not None
    assert (answer.reply.outcome, answer.reply.reason) == ("accepted", None)
    return answer.reply


def refused(answer: Answer) -> str:
    """Why; a refusal changes and records nothing."""
    assert answer.reply is not None and answer.reply.reason is not None
    assert (answer.reply.outcome, answer.reply.subject) == ("refused", None)
    assert (answer.records, answer.changes) == ((), ())
    assert "\n" not in answer.reply.reason
    return answer.reply.reason


def test_a_command_is_recorded_with_its_id_told_and_answered() -> None:
    office = Office()
    answer = office.ask("acknowledge", by="desk-1")
    reply = accepted(answer)
    assert (reply.command, reply.subject) == ("c1", office.flight)
    incident, audit = answer.records
    assert isinstance(incident, Incident) and isinstance(audit, Audit)
    assert answer.changes == (incident,)
    assert (incident.state, incident.steps[-1].by) == ("acknowledged", "desk-1")
    assert (audit.action, audit.subject, audit.by, audit.text) == (
        "command", office.flight, "desk-1", "c1",
    )  # fmt: skip
    for message in (*answer.records, reply):
        assert (message.site, message.mode) == ("noord", "exercise")
    assert (audit.time_ns, reply.time_ns) == (LATER, LATER)


def test_each_step_of_the_workflow_is_done() -> None:
    office = Office()
    steps = [
        office.ask("acknowledge", id="1", by="desk-1"),
        office.ask("note", id="2", by="desk-1", text="patrol is on its way"),
        office.ask("find", id="3", **NEGATIVE, incident=office.flight, place_ref="yard-b"),
        office.ask("release", id="4", by="shift-lead", zone="yard-b"),
        office.ask("close", id="5", by="shift-lead", outcome="nothing_found", text="nothing there"),
    ]
    assert [accepted(answer).command for answer in steps] == ["1", "2", "3", "4", "5"]
    done = [one.changes[-1] for one in steps]
    assert [cast(Incident, incident).steps[-1].step for incident in done] == [
        "acknowledged", "note", "searched", "released", "closed",
    ]  # fmt: skip
    assert cast(Incident, done[1]).steps[-1].text == "patrol is on its way"
    assert office.incidents.open == []


def test_a_find_is_recorded_and_linked_to_its_incident() -> None:
    office = Office()
    answer = office.ask(
        "find", place="yard", method="dog", incident=office.flight, finder_role="patrol",
        items=[{"category": "phone", "sub": "mini", "quantity": 2}],
    )  # fmt: skip
    find, incident, audit = answer.records
    assert isinstance(find, Find) and isinstance(incident, Incident) and isinstance(audit, Audit)
    assert answer.changes == (find, incident)
    assert incident.finds == (find.find,)
    assert find.incident == office.flight
    assert accepted(answer).subject == audit.subject == find.find
    assert audit.by == "patrol"


def test_a_find_may_be_of_no_incident() -> None:
    answer = Office().ask("find", **NEGATIVE)
    find, audit = answer.records
    assert isinstance(find, Find) and isinstance(audit, Audit)
    assert answer.changes == (find,)


POSITIVE = NEGATIVE | {"negative_search": False}
REFUSED: dict[str, tuple[str, dict[str, object], str]] = {
    "no such incident": ("acknowledge", {"incident": "f9", "by": "d"}, "no open incident f9; name"),
    "not held": ("release", {"zone": "yard-a", "by": "shift-lead"}, "yard-a is not on hold"),
    "not searched": (
        "release",
        {"zone": "yard-b", "by": "shift-lead"},
        "record a find or a negative",
    ),
    "on hold": (
        "close",
        {"by": "d", "outcome": "nothing_found"},
        "yard-b on hold; search and release first",
    ),
    "no code": ("find", NEGATIVE | {"place": "moon"}, "place: no code `moon`"),
    "both": ("find", NEGATIVE | {"items": [{"category": "phone"}]}, "a negative search found"),
    "neither": ("find", NEGATIVE | {"negative_search": False}, "say what was found"),
    "of no flight": ("find", NEGATIVE | {"incident": "f9"}, "no open incident f9"),
    "no time": ("find", NEGATIVE | {"found_at": "now"}, "found_at: `now` is no moment"),
    "unknown category": (
        "find",
        POSITIVE | {"items": [{"category": "fone"}]},
        "no code `fone`; did you mean phone",
    ),
    "negative quantity": (
        "find",
        POSITIVE | {"items": [{"category": "phone", "quantity": -2}]},
        "items[0].quantity: it is not above 0",
    ),
    "a weight without a unit": (
        "find",
        POSITIVE | {"items": [{"category": "drugs", "weight": 48.5}]},
        "a weight has a unit; give weight_g, in grams",
    ),
    "a weight for a count": (
        "find",
        POSITIVE | {"items": [{"category": "drugs", "quantity": 48.5}]},
        "a weight has its unit, as 48.5g",
    ),
    "a name for a role": (
        "find",
        NEGATIVE | {"finder_role": "Jan de Vries"},
        "finder_role: at most 64 letters, digits and . _ : - are allowed, never a name",
    ),
    "a name": ("note", {"by": "Jan de Vries", "text": "x"}, "by: at most 64 letters, digits and"),
    "too long": (
        "note",
        {"by": "d", "text": "x" * 201},
        "text: at most 200 characters are allowed",
    ),
    "unknown": ("jam", {}, "no command `jam`; there are acknowledge, note, dispatch"),
    "a wrong key": ("note", {"by": "d", "text": "x", "force": True}, "unknown field `force`"),
    "not finite": ("find", NEGATIVE | {"items": [{"quantity": float("nan")}]}, "not a `find`"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_done_is_refused_with_the_reason(case: str) -> None:
    name, fields, reason = REFUSED[case]
    office = Office()
    before = office.incidents.open
    answer = office.ask(name, **fields)
    if case == "not finite":  # JSON has no NaN: nothing in it can be read, nor its id
        assert answer == Answer()
    else:
        assert reason in refused(answer)
        assert answer.reply is not None and answer.reply.command == "c1"
    assert office.incidents.open == before


def test_a_refused_command_may_be_sent_again_when_it_can_be_done() -> None:
    office = Office()
    refused(office.ask("close", id="c9", by="d", outcome="nothing_found"))
    office.ask("find", id="c2", **NEGATIVE, incident=office.flight, place_ref="yard-b")
    office.ask("release", id="c3", zone="yard-b", by="shift-lead")
    accepted(office.ask("close", id="c9", by="d", outcome="nothing_found"))


def test_the_same_command_is_done_once_and_answered_twice() -> None:
    office = Office()
    first = accepted(office.ask("find", **NEGATIVE))
    again = office.ask("find", **NEGATIVE)
    assert (again.records, again.changes) == ((), ())
    assert accepted(again).subject == first.subject
    assert accepted(again).id != first.id  # another message


def test_a_command_whose_record_was_lost_is_refused_and_may_be_sent_again() -> None:
    office = Office()
    answer = office.ask("find", **NEGATIVE)
    taken_back = office.desk.take_back(answer, "the disk is full")
    assert taken_back is not None and answer.reply is not None
    assert (taken_back.command, taken_back.outcome) == ("c1", "refused")
    assert (taken_back.reason, taken_back.subject) == ("the disk is full", None)
    again = office.ask("find", **NEGATIVE)
    assert accepted(again).subject != answer.reply.subject
    assert len(again.records) == 2
    assert office.desk.take_back(Answer(), "the disk is full") is None


async def test_a_command_of_an_earlier_run_is_answered_and_not_done_again(tmp_path: Path) -> None:
    office = Office()
    answer = office.ask("find", **NEGATIVE, incident=office.flight)
    async with Recorder(tmp_path) as recorder:
        await recorder.submit(*answer.records)
    restored = Incidents(SITE, AlarmSection(), PLAN, open_incidents(tmp_path))
    desk = Desk(SITE, restored, answered_commands(tmp_path))
    payload = json.dumps({"id": "c1", **NEGATIVE, "incident": office.flight}).encode()
    again = desk.take("find", payload, LATER)
    assert (again.records, again.changes) == ((), ())
    assert accepted(again).subject == accepted(answer).subject
    assert restored.get(office.flight).finds == (accepted(answer).subject,)


def test_what_is_remembered_is_bounded_and_the_newest_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_REMEMBERED", 3)
    office = Office({f"old-{number}": "f0" for number in range(9)})
    for number in range(3):
        office.ask("note", id=f"new-{number}", by="d", text="x")
    for number in range(3):
        assert office.ask("note", id=f"new-{number}", by="d", text="x").records == ()
    assert office.ask("note", id="old-8", by="d", text="x").records != ()


@pytest.mark.parametrize(
    ("payload", "asked"),
    [
        (b'{"id":"c7","by":7}', "c7"),
        (b'{"id":"c7"}', "c7"),
        (b'{"id":"c7","x":' + b"9" * 5000 + b"}", "c7"),
        (b'{"id":"c7","text":"' + b"x" * 1_000_000 + b'"}', "c7"),
        (b'{"id":"c/7"}', None),
        (b"", None),
        (b"\xff\xfe\x00", None),
        (b'{"id":"c7","by":"\xff"}', "c7"),
        (b"[" * 1_000_000, None),
        (b'{"id":"c7","x":' + b"[" * 1_000_000, None),
        (b'{"id":"c7","x":NaN}', None),
        (b'{"id":"c7","by":"\\ud800"}', None),
    ],
    ids=range(12),
)
def test_a_malformed_command_is_refused_where_its_id_can_be_read(
    payload: bytes, asked: str | None
) -> None:
    office = Office()
    for name in COMMANDS:
        answer = office.desk.take(name, payload, LATER)
        if asked is None:
            assert answer == Answer()
        else:
            assert len(refused(answer)) < 300
            assert answer.reply is not None and answer.reply.command == asked


def test_a_command_of_any_size_that_nobody_needs_is_not_read() -> None:
    office = Office()
    fields = {"id": "c1", "incident": office.flight, "by": "d", "text": "x"}
    payload = json.dumps(fields).encode()
    long = payload + b" " * (MOST_BYTES + 1 - len(payload))
    assert f"{MOST_BYTES + 1} bytes are no command" in refused(
        office.desk.take("note", long, LATER)
    )
    accepted(office.desk.take("note", long[:-1], LATER))


def test_the_largest_find_is_a_command() -> None:
    item = {
        "category": "weapon_other", "quantity": 123456789.125, "unit": "u" * 16,
        "weight_g": 123456789.125, "weight_basis": "gross_with_packaging", "seal": "s" * 64,
    }  # fmt: skip
    fields = {
        "id": "i" * 64, "place": "p" * 40, "method": "m" * 40, "route": "r" * 40,
        "place_ref": "p" * 64, "finder_role": "f" * 64, "note": "é" * 200, "items": [item] * 100,
    }  # fmt: skip
    assert len(json.dumps(fields).encode()) < MOST_BYTES


@given(st.sampled_from(sorted([*COMMANDS, "", "jam"])), st.binary(max_size=100))
def test_any_bytes_change_nothing(name: str, payload: bytes) -> None:
    office = Office()
    answer = office.desk.take(name, payload, LATER)
    assert (answer.records, answer.changes) == ((), ())


FOUND: dict[str, object] = {
    "place": "yard",
    "method": "drone_alarm_search",
    "place_ref": "yard-b",
    "items": [{"category": "phone"}],
}
ITEMS = ["ground", "facade_windows", "roof_net", "bins_drains"]


def closed_office() -> Office:
    """The flight's yard was searched for nothing and released, and it is closed."""
    office = Office()
    office.ask("find", id="c2", **NEGATIVE, incident=office.flight, place_ref="yard-b")
    office.ask("release", id="c3", zone="yard-b", by="shift-lead")
    accepted(office.ask("close", id="c4", by="shift-lead", outcome="nothing_found"))
    return office


def test_a_find_is_linked_to_a_closed_incident_by_command_alone() -> None:
    office = closed_office()
    found = office.ask("find", id="c5", **FOUND)
    (find, _) = found.records
    assert isinstance(find, Find) and find.incident is None
    (suggested,) = find.suggested
    assert (suggested.incident, suggested.basis) == (office.flight, "assessment")
    linked = office.ask("link", id="c6", find=find.find, by="biv-1")
    version, incident, audit = linked.records
    assert isinstance(version, Find) and isinstance(incident, Incident)
    assert (version.version, version.incident) == (2, office.flight)
    assert (incident.state, incident.steps[-1].step) == ("closed", "find-linked")
    assert find.find in incident.finds
    assert isinstance(audit, Audit) and audit.by == "biv-1"
    assert office.incidents.open == []
    again = refused(office.ask("link", id="c7", find=find.find, by="biv-1"))
    assert again == f"{find.find} is linked to {office.flight} already"


def test_a_find_may_name_a_closed_incident_and_opens_nothing() -> None:
    office = closed_office()
    before, after, _ = office.ask("find", id="c5", **FOUND, incident=office.flight).records
    assert isinstance(before, Find) and isinstance(after, Incident)
    assert after.state == "closed" and before.find in after.finds
    assert office.incidents.open == []


def test_a_search_is_led_by_its_list_and_a_yard_is_not_released_before_its_end() -> None:
    office = Office()
    yard = {"zone": "yard-b", "by": "patrol"}
    assert "no search of yard-b is open" in refused(office.ask("check", **yard, items=["ground"]))
    accepted(office.ask("search", id="s1", **yard, unit="dog-1"))
    assert "a search of yard-b is open" in refused(office.ask("search", id="s2", **yard))
    assert "`moon` is not on" in refused(office.ask("check", id="s3", **yard, items=["moon"]))
    accepted(office.ask("find", id="s4", **FOUND, incident=office.flight))
    lead = {"zone": "yard-b", "by": "shift-lead"}
    assert "search of yard-b is open" in refused(office.ask("release", id="s5", **lead))
    assert "not looked at yet: ground" in refused(office.ask("search-done", id="s6", **yard))
    accepted(office.ask("check", id="s7", **yard, items=ITEMS))
    done = office.ask("search-done", id="s8", **yard)
    accepted(done)
    incident = done.changes[0]
    assert isinstance(incident, Incident)
    (search,) = incident.searches
    assert [one.item for one in search.checklist if one.by == "patrol"] == ITEMS
    assert search.closed_ns == LATER
    accepted(office.ask("release", id="s9", **lead))


def test_a_person_may_hold_a_yard() -> None:
    office = closed_office()
    office.incidents.sight(Sighting(time_ns=900 * S, sensors=("r",), confidence=1, label="x"))
    (flight,) = office.incidents.open
    held = office.ask("suspect", id="h1", incident=flight.incident, zone="YARD-B", by="desk-1")
    incident = held.changes[0]
    assert isinstance(incident, Incident) and incident.hold == ("yard-b",)
    again = office.ask("suspect", id="h2", incident=flight.incident, zone="yard-b", by="desk-1")
    assert refused(again) == "yard-b is on hold already; search it"
    elsewhere = office.ask("suspect", id="h3", incident=flight.incident, zone="moon", by="desk-1")
    assert refused(elsewhere) == "no zone moon; there are yard-b"


WORKFLOW_REFUSED: dict[str, tuple[str, dict[str, object], str]] = {
    "no role": ("release", {"zone": "yard-b", "by": "d", "role": "cook"}, "role cook may not"),
    "no outcome": ("close", {"by": "d", "outcome": "fine"}, "outcome: no code `fine`"),
    "no find": ("link", {"find": "x", "by": "d"}, "no find x among the newest"),
    "no source": (
        "shelve",
        {"source": "x", "reason": "wind", "until": "2026-01-01T00:00Z", "by": "d"},
        "no alarm source x has spoken",
    ),
    "no end": (
        "shelve",
        {"source": "x", "reason": "wind", "until": "tomorrow", "by": "d"},
        "until: `tomorrow` is no moment; write it as",
    ),
}


@pytest.mark.parametrize("case", WORKFLOW_REFUSED)
def test_a_step_that_cannot_be_is_refused_and_nothing_is_lost(case: str) -> None:
    name, fields, reason = WORKFLOW_REFUSED[case]
    office = Office()
    before = office.incidents.open
    if name == "shelve":
        payload = json.dumps({"id": "c1", **fields}).encode()
        answer = office.desk.take(name, payload, LATER)
    else:
        answer = office.ask(name, **fields)
    assert reason in refused(answer)
    assert office.incidents.open == before
