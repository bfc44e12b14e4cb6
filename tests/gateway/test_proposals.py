"""What sensors propose, and what persons make of it."""

from __future__ import annotations

import msgspec
import pytest

from havik.config.settings import AlarmSection, MqttSensor, SiteSection, TcpSensor
from havik.drivers.readings import (
    ContactStates,
    FenceEvent,
    PhoneEnergy,
    PortalCount,
    Reading,
    ScreeningResult,
)
from havik.gateway.alarms import Signal
from havik.gateway.desk import Desk
from havik.gateway.detect import Detector
from havik.gateway.incidents import Incidents
from havik.gateway.messages import Find, Proposal
from havik.gateway.plan import Plan
from havik.gateway.proposals import EXPIRE_NS, GATHER_NS, MOST_OPEN, Hint, Proposals, hint, is_kept
from havik.gateway.workflow import RefusedError

S = 10**9
SITE = SiteSection(name="noord", latitude_deg=54.0, longitude_deg=4.0)
PORTAL = PortalCount(time_ns=0, passages=10, alarms=2, alarms_metal=1, new_alarms=1)


def portal(time_ns: int, sensor: str = "portal-1") -> Hint:
    return Hint(sensor, time_ns, "wtmd")


@pytest.mark.parametrize(
    ("reading", "screening", "method", "categories"),
    [
        (PORTAL, False, "wtmd", ()),
        (ScreeningResult(time_ns=0, device="xray_baggage", decision="alarm",
                         threat_classes=("drugs", "phone", "unknown", "drugs")),
         False, "xray_baggage", ("drugs", "phone")),
        (ScreeningResult(time_ns=0, device="dog", decision="suspect"), False, "dog", ()),
        (PhoneEnergy(time_ns=0, band="880-915", peak_dbm=-40, floor_dbm=-90, burst_s=5e-4,
                     bursts=3, window_s=5), False, "phone_detector", ("phone",)),
        (ContactStates(time_ns=0, states=("normal", "alarm"), changed=(1,)), True, "other", ()),
    ],
)  # fmt: skip
def test_an_alarm_at_the_gate_proposes(
    reading: Reading, screening: bool, method: str, categories: tuple[str, ...]
) -> None:
    assert hint("s", reading, 5, screening=screening) == Hint("s", 5, method, categories)


@pytest.mark.parametrize(
    ("reading", "screening"),
    [
        (PortalCount(time_ns=0, passages=10, alarms=2, alarms_metal=1, new_passages=1), False),
        (ScreeningResult(time_ns=0, device="dog", decision="clear"), False),
        (ScreeningResult(time_ns=0, device="dog", decision="refused"), False),
        (FenceEvent(time_ns=0, zone="f1", state="alarm"), True),
        (ContactStates(time_ns=0, states=("normal", "alarm"), changed=(1,)), False),
        (ContactStates(time_ns=0, states=("normal", "alarm"), changed=()), True),
    ],
)  # fmt: skip
def test_nothing_else_does(reading: Reading, screening: bool) -> None:
    assert hint("s", reading, 5, screening=screening) is None


def test_a_reading_gives_its_signal_and_its_proposal() -> None:
    sensor = TcpSensor(id="portal-1", driver="ceia-ac", port=5000)
    told = Detector(SITE, Plan(SITE), sensor).take(PORTAL, 0)
    assert [type(one) for one in told] == [Signal, Signal, Hint]
    fence = MqttSensor(id="fence", driver="fence-zone", topic="f")
    told = Detector(SITE, Plan(SITE), fence).take(FenceEvent(time_ns=0, zone="a", state="alarm"), 0)
    assert Hint not in [type(one) for one in told]


def test_a_busy_gate_is_one_proposal_and_forty_alarms_of_a_night_are_forty() -> None:
    proposals = Proposals(SITE)
    told = [one for nth in range(40) for one in proposals.take(portal(nth * 10 * S))]
    assert len({one.proposal for one in told}) == 1
    assert (told[-1].alarms, told[-1].version, told[-1].last_ns) == (40, 40, 390 * S)
    assert [is_kept(one) for one in told] == [True] + [False] * 39
    spread = Proposals(SITE)
    for nth in range(40):
        spread.take(portal(nth * 600 * S))
    assert len(spread.open) == 40


def test_another_sensor_or_a_minute_later_is_another() -> None:
    proposals = Proposals(SITE)
    proposals.take(portal(0))
    proposals.take(portal(0, "portal-2"))
    proposals.take(portal(GATHER_NS))
    proposals.take(portal(2 * GATHER_NS + 1))
    assert [(one.sensor, one.alarms) for one in proposals.open] == [
        ("portal-1", 2),
        ("portal-2", 1),
        ("portal-1", 1),
    ]


def test_what_nobody_confirms_expires_and_is_counted() -> None:
    proposals = Proposals(SITE)
    proposals.take(portal(0))
    assert proposals.tick(EXPIRE_NS - 1) == []
    (ended,) = proposals.tick(EXPIRE_NS)
    assert (ended.state, ended.find, ended.version) == ("expired", None, 2)
    assert is_kept(ended)
    assert (proposals.expired, proposals.open) == (1, ())


def test_there_are_never_more_than_so_many() -> None:
    proposals = Proposals(SITE)
    for nth in range(MOST_OPEN + 2):
        proposals.take(portal(0, f"portal-{nth}"))
    told = proposals.take(portal(0, "one-more"))
    assert [one.state for one in told] == ["expired", "open"]
    assert (len(proposals.open), proposals.expired) == (MOST_OPEN, 3)


def test_a_restart_knows_those_that_wait() -> None:
    before = Proposals(SITE)
    (waiting,) = before.take(portal(0))
    (other,) = before.take(portal(0, "portal-2"))
    after = Proposals(SITE, [waiting, before.confirm(other.proposal, "find-1", 1)])
    assert after.open == (waiting,)


def desk(proposals: Proposals) -> Desk:
    incidents = Incidents(SITE, AlarmSection(), Plan(SITE))
    return Desk(SITE, incidents, {}, proposals=proposals)


def command(**more: object) -> bytes:
    fields = {"id": "c1", "place": "visitor_entrance", "method": "wtmd", "negative_search": True}
    return msgspec.json.encode(fields | more)


def test_a_person_confirms_by_a_find_or_by_a_search_that_found_nothing() -> None:
    proposals = Proposals(SITE)
    (waiting,) = proposals.take(portal(0))
    answer = desk(proposals).take("find", command(proposal=waiting.proposal), 10 * S)
    assert answer.reply is not None
    assert answer.reply.outcome == "accepted"
    find, ended = answer.changes
    assert isinstance(find, Find)
    assert isinstance(ended, Proposal)
    assert (find.proposal, ended.state, ended.find) == (waiting.proposal, "confirmed", find.find)
    assert ended in answer.records
    assert proposals.open == ()


def test_a_proposal_that_does_not_wait_is_refused_and_nothing_is_recorded() -> None:
    proposals = Proposals(SITE)
    answer = desk(proposals).take("find", command(proposal="gone"), 10 * S)
    assert answer.reply is not None
    assert (answer.reply.outcome, answer.records) == ("refused", ())
    assert "proposal gone is not open" in str(answer.reply.reason)
    with pytest.raises(RefusedError):
        proposals.require("gone")


def test_a_confirmation_that_could_not_be_kept_is_taken_back() -> None:
    proposals = Proposals(SITE)
    (waiting,) = proposals.take(portal(0))
    its_desk = desk(proposals)
    answer = its_desk.take("find", command(proposal=waiting.proposal), 10 * S)
    its_desk.take_back(answer, "the disk is full")
    assert [one.proposal for one in proposals.open] == [waiting.proposal]
    again = its_desk.take("find", command(proposal=waiting.proposal), 20 * S)
    assert again.reply is not None
    assert again.reply.outcome == "accepted"
