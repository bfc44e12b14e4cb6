"""Which flights a find may be of: scores whose reasons can be read."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from havik.gateway import casebook as room
from havik.gateway.casebook import Casebook, suggest
from havik.gateway.messages import Find, FindItem, Incident, Place, Step

S = 10**9
HOUR = 3600 * S
T0 = 1_793_923_200 * S


def flight(
    name: str = "f1", at_ns: int = T0, zone: str = "yard-b", *, drop: bool = True
) -> Incident:
    step = Step(step="drop-suspected", time_ns=at_ns, zone=zone)
    return Incident(
        id=name, site="noord", time_ns=at_ns, incident=name, version=1, state="closed",
        contact=False, confidence=1, first_contact_ns=at_ns, last_contact_ns=at_ns,
        search=(Place(zone=zone),), steps=(step,) if drop else (),
    )  # fmt: skip


FIND = Find(
    id="i", site="noord", time_ns=T0 + HOUR, find="d1", found_at_ns=T0 + HOUR, place="yard",
    method="drone_alarm_search", place_ref="YARD-B", items=(FindItem(category="phone"),),
)  # fmt: skip


def test_a_find_in_the_yard_of_the_drop_is_likely_of_it_and_the_reasons_are_told() -> None:
    (one,) = suggest(FIND, [flight()])
    assert (one.incident, one.basis) == ("f1", "assessment")
    # 0.5 for the place, 0.25 x 11/12 for the time, 0.1 for the method
    assert one.score == pytest.approx(0.5 + 0.25 * 11 / 12 + 0.1, abs=0.006)
    assert one.reasons == (
        "a drop was suspected in YARD-B", "found 1.0 h after", "by the search after a drone alarm",
    )  # fmt: skip


@pytest.mark.parametrize(
    "other",
    [
        flight(at_ns=T0 - 12 * HOUR),  # 13 hours before
        flight(at_ns=T0 + 2 * HOUR),  # after the find
        replace(flight(), site="zuid"),
        replace(flight(), mode="exercise"),
        replace(flight(), kind="spoofer"),
        replace(flight(), kind="intrusion"),
    ],
    ids=["long ago", "later", "elsewhere", "exercise", "spoofer", "fence"],
)
def test_what_cannot_be_is_not_suggested(other: Incident) -> None:
    assert suggest(FIND, [other]) == ()


def test_the_nearer_in_place_and_time_comes_first() -> None:
    found = suggest(
        FIND,
        [
            flight("only over it", drop=False),
            flight("elsewhere", zone="yard-a"),
            flight("hours before", at_ns=T0 - 6 * HOUR),
            flight("just before"),
        ],
    )
    assert found[0].incident == "just before"
    assert {one.incident for one in found[1:]} == {"hours before", "only over it"}
    assert all("3 flights fit this place in these hours" in one.reasons for one in found)
    assert found[0].score < suggest(FIND, [flight()])[0].score  # rivals make each less likely


def test_no_score_is_certain() -> None:
    (one,) = suggest(replace(FIND, route="drone", found_at_ns=T0), [flight()])
    assert one.score == 0.95


def test_the_casebook_is_bounded_and_keeps_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_KEPT", 3)
    book = Casebook(flight(f"f{number}") for number in range(9))
    assert [one.incident for one in book.incidents] == ["f6", "f7", "f8"]
    book.note(replace(flight("f8"), version=3, outcome="no_flight"))
    book.note(replace(flight("f8"), version=2))
    kept = book.incident("f8")
    assert kept is not None and kept.version == 3
    assert book.find("d1") is None
