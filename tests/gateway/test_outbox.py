from __future__ import annotations

import asyncio
from collections import Counter
from typing import Literal, TypedDict

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from havik.gateway import outbox as room
from havik.gateway.messages import Audit, Detection, Find, Health, Incident, Reply, Track, encode
from havik.gateway.outbox import Outbox
from havik.gateway.topics import Publication


class Common(TypedDict):
    id: str
    site: str
    time_ns: int


COMMON: Common = {"id": "i", "site": "noord", "time_ns": 1}
ALARM = "havik/noord/incidents/f1"


def detection(number: int) -> Detection:
    return Detection(**COMMON, sensor="radar", kind="radar-plot", snr_db=number)


def find(name: str) -> Find:
    return Find(**COMMON, find=name, found_at_ns=1, place="yard", method="dog")


def reply(name: str) -> Reply:
    return Reply(**COMMON, command=name, outcome="accepted")


def incident(
    version: int, state: Literal["alarm", "acknowledged", "closed"] = "alarm", name: str = "f1"
) -> Incident:
    return Incident(
        **COMMON, incident=name, version=version, state=state, contact=False, confidence=1,
        first_contact_ns=1, last_contact_ns=2,
    )  # fmt: skip


def track(name: str, state: Literal["alive", "ended"] = "alive", seen_ns: int = 2) -> Track:
    return Track(
        **COMMON, track=name, state=state, aircraft_class="drone", basis="measured",
        first_seen_ns=1, last_seen_ns=seen_ns,
    )  # fmt: skip


def health(readings: int) -> Health:
    return Health(**COMMON, sensor="gateway", state="online", since_ns=1, readings=readings)


def waiting(outbox: Outbox) -> list[Publication]:
    """All that waits, in the order in which it would be carried."""
    taken: list[Publication] = []
    while (publication := take(outbox)) is not None:
        taken.append(publication)
    return taken


def take(outbox: Outbox) -> Publication | None:
    """The next payload, if one is there without waiting."""
    if not outbox:
        return None
    taking = outbox.next()
    with pytest.raises(StopIteration) as taken:
        taking.send(None)
    publication: Publication = taken.value.value
    return publication


def topics(publications: list[Publication]) -> list[str]:
    return [publication.topic.removeprefix("havik/noord/") for publication in publications]


def test_events_keep_their_order_and_states_go_before_them() -> None:
    outbox = Outbox()
    for message in (detection(1), find("d1"), incident(1), reply("c1"), track("t1"), detection(2)):
        outbox.tell(message)
    assert topics(waiting(outbox)) == [
        "incidents/f1", "tracks/t1", "detections/radar", "finds/d1", "replies/c1",
        "detections/radar",
    ]  # fmt: skip


def test_of_a_state_only_the_newest_waits_in_its_first_place() -> None:
    outbox = Outbox()
    for message in (incident(1), track("t1"), incident(2), incident(3, "acknowledged")):
        outbox.tell(message)
    assert [one.payload for one in waiting(outbox)] == [
        encode(incident(3, "acknowledged")),
        encode(track("t1")),
    ]
    assert not outbox.dropped  # a newer state replaces an older one: nothing is lost


def test_a_closed_incident_is_told_and_then_cleared() -> None:
    outbox = Outbox()
    outbox.tell(incident(1))
    outbox.tell(incident(2, "closed"))
    assert waiting(outbox) == [
        Publication(ALARM, encode(incident(2, "closed")), 1, False),
        Publication(ALARM, b"", 1, True),
    ]
    assert outbox.standing == set()


def test_the_clearing_follows_its_last_word_at_once() -> None:
    outbox = Outbox()
    outbox.tell(track("t1", "ended"))
    outbox.tell(incident(1))
    assert topics(waiting(outbox)) == ["tracks/t1", "tracks/t1", "incidents/f1"]


def test_what_stands_is_told_again() -> None:
    outbox = Outbox()
    for message in (health(1), incident(1), track("t1"), track("t1", "ended"), find("d1")):
        outbox.tell(message)
    waiting(outbox)
    outbox.again()
    assert topics(waiting(outbox)) == ["gateway/health", "incidents/f1"]
    assert outbox.standing == {"havik/noord/gateway/health", ALARM}


def test_telling_again_tells_nothing_twice() -> None:
    outbox = Outbox()
    outbox.tell(incident(1))
    outbox.again()
    assert [one.payload for one in waiting(outbox)] == [encode(incident(1))]


def test_what_was_not_confirmed_comes_next() -> None:
    outbox = Outbox()
    for name in ("d1", "d2"):
        outbox.tell(find(name))
    first = take(outbox)
    assert first is not None
    outbox.put_back(first)
    assert topics(waiting(outbox)) == ["finds/d1", "finds/d2"]


def test_a_state_that_was_not_confirmed_gives_way_to_a_newer_one() -> None:
    outbox = Outbox()
    outbox.tell(incident(1))
    older = take(outbox)
    assert older is not None
    outbox.tell(incident(2))
    outbox.put_back(older)
    assert [one.payload for one in waiting(outbox)] == [encode(incident(2))]


def test_a_last_word_that_was_not_confirmed_stays_before_its_clearing() -> None:
    outbox = Outbox()
    outbox.tell(incident(2, "closed"))
    last_word = take(outbox)
    assert last_word is not None
    outbox.put_back(last_word)
    assert [one.payload for one in waiting(outbox)] == [encode(incident(2, "closed")), b""]


def test_a_clearing_that_was_not_confirmed_comes_again() -> None:
    outbox = Outbox()
    outbox.tell(incident(2, "closed"))
    clearing = Publication(ALARM, b"", 1, True)
    assert waiting(outbox)[-1] == clearing
    outbox.put_back(clearing)
    assert waiting(outbox) == [clearing]


def test_a_last_word_gives_way_where_its_topic_lives_again() -> None:
    outbox = Outbox()
    outbox.tell(track("t1", "ended", 5))
    last_word = take(outbox)
    outbox.tell(track("t1", "alive", 9))
    assert last_word is not None
    outbox.put_back(last_word)
    assert [one.payload for one in waiting(outbox)] == [encode(track("t1", "alive", 9))]


def test_a_detection_that_was_not_confirmed_is_counted() -> None:
    outbox = Outbox()
    outbox.tell(detection(1))
    lost = take(outbox)
    assert lost is not None
    outbox.put_back(lost)
    assert waiting(outbox) == []
    assert outbox.dropped == {"detection": 1}


def test_in_a_full_row_the_oldest_detections_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_EVENTS", 4)
    outbox = Outbox()
    for message in (find("d1"), detection(1), reply("c1"), detection(2), find("d2"), find("d3")):
        outbox.tell(message)
    assert topics(waiting(outbox)) == ["finds/d1", "replies/c1", "finds/d2", "finds/d3"]
    assert outbox.dropped == {"detection": 2}


def test_what_goes_is_counted_by_what_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_EVENTS", 2)
    outbox = Outbox()
    for message in (find("d1"), reply("c1"), reply("c2"), find("d2")):
        outbox.tell(message)
    assert topics(waiting(outbox)) == ["replies/c2", "finds/d2"]
    assert outbox.dropped == {"find": 1, "reply": 1}


def test_in_a_full_row_of_states_tracks_go_before_incidents(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "MOST_STATES", 3)
    outbox = Outbox()
    outbox.tell(incident(1))
    for number in range(5):
        outbox.tell(track(f"t{number}"))
    assert topics(waiting(outbox)) == ["incidents/f1", "tracks/t3", "tracks/t4"]
    assert outbox.dropped == {"state": 3}


def test_what_only_the_log_hears_is_not_told() -> None:
    outbox = Outbox()
    outbox.tell(Audit(**COMMON, action="gateway-started"))
    assert len(outbox) == 0


async def test_a_carrier_that_waits_gets_what_is_told() -> None:
    outbox = Outbox()
    carrier = asyncio.create_task(outbox.next())
    await asyncio.sleep(0)
    assert not carrier.done()
    outbox.tell(incident(1))
    assert (await carrier).topic == ALARM
    carrier = asyncio.create_task(outbox.next())
    await asyncio.sleep(0)
    assert not carrier.done()
    outbox.again()
    assert (await carrier).topic == ALARM


class Carried(RuleBasedStateMachine):
    """An outbox and a broker that confirms, or not, and that may forget what it kept.

    `seen_ns` of every state and the names of events tell them apart. The model knows what was
    told; at the end the broker must know the same.
    """

    def __init__(self) -> None:
        super().__init__()
        self.outbox = Outbox()
        self.told: dict[str, int] = {}  # by topic, the number of its newest state
        self.alive: dict[str, bytes] = {}
        self.finds: list[str] = []
        self.heard_finds: list[str] = []
        self.heard: Counter[str] = Counter()  # by topic, the number of the newest state heard
        self.kept: dict[str, bytes] = {}
        self.number = 0
        self.in_hand: Publication | None = None

    @rule(name=st.sampled_from(["t1", "t2", "t3"]), ends=st.booleans())
    def tell_state(self, name: str, ends: bool) -> None:
        self.number += 1
        message = track(name, "ended" if ends else "alive", self.number)
        topic = f"havik/noord/tracks/{name}"
        self.outbox.tell(message)
        self.told[topic] = self.number
        self.alive.pop(topic, None)
        if not ends:
            self.alive[topic] = encode(message)

    @rule()
    def tell_find(self) -> None:
        self.number += 1
        self.finds.append(f"d{self.number}")
        self.outbox.tell(find(self.finds[-1]))

    @rule()
    def tell_detection(self) -> None:
        self.outbox.tell(detection(0))

    @precondition(lambda self: self.in_hand is None)
    @rule()
    def carry(self) -> None:
        self.in_hand = take(self.outbox)

    @precondition(lambda self: self.in_hand is not None)
    @rule()
    def confirm(self) -> None:
        assert self.in_hand is not None
        self.hear(self.in_hand)
        self.in_hand = None

    @precondition(lambda self: self.in_hand is not None)
    @rule(arrived=st.booleans(), forgotten=st.booleans())
    def lose_the_link(self, arrived: bool, forgotten: bool) -> None:
        """The broker goes, with or without what is on the way and with or without its memory."""
        assert self.in_hand is not None
        if arrived:
            self.hear(self.in_hand)
        self.outbox.put_back(self.in_hand)
        self.in_hand = None
        if forgotten:
            self.kept.clear()
        self.outbox.again()

    def hear(self, publication: Publication) -> None:
        topic, payload, _, retain = publication
        if retain and payload:
            self.kept[topic] = payload
        elif retain:
            self.kept.pop(topic, None)
        if "/finds/" in topic:
            self.heard_finds.append(topic.rpartition("/")[2])
        elif "/tracks/" in topic and payload:
            number = msgspec.json.decode(payload, type=Track).last_seen_ns
            assert number >= self.heard[topic], "an older state after a newer one"
            self.heard[topic] = number

    @invariant()
    def what_stands_is_what_lives(self) -> None:
        assert self.outbox.standing == set(self.alive)

    def teardown(self) -> None:
        if self.in_hand is not None:
            self.outbox.put_back(self.in_hand)
        for publication in waiting(self.outbox):
            self.hear(publication)
        assert self.kept == self.alive
        assert self.heard == self.told
        assert list(dict.fromkeys(self.heard_finds)) == self.finds
        assert set(self.outbox.dropped) <= {"detection"}


Carried.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestCarried = Carried.TestCase


def test_what_rests_on_claims_alone_waits_behind_the_rest() -> None:
    outbox = Outbox()
    claimed = Track(
        **COMMON, track="c", state="alive", aircraft_class="drone", basis="claimed",
        first_seen_ns=1, last_seen_ns=1,
    )  # fmt: skip
    for number in range(3000):
        outbox.tell(msgspec.structs.replace(claimed, track=f"c{number}"))
        outbox.tell(Detection(**COMMON, sensor="rid", kind="remote-id"))
    outbox.tell(Detection(**COMMON, sensor="radar", kind="radar-plot"))
    outbox.tell(msgspec.structs.replace(claimed, track="m", basis="measured"))
    rooms = [one.topic for one in waiting(outbox)]
    assert rooms[:3] == [
        "havik/noord/tracks/m",
        "havik/noord/detections/radar",
        "havik/noord/tracks/c0",
    ]


def test_a_claim_that_was_measured_is_told_once_and_as_measured() -> None:
    outbox = Outbox()
    claimed = Track(
        **COMMON, track="c", state="alive", aircraft_class="drone",
        basis="claimed", first_seen_ns=1, last_seen_ns=1,
    )  # fmt: skip
    outbox.tell(claimed)
    outbox.tell(msgspec.structs.replace(claimed, basis="both"))
    (told,) = waiting(outbox)
    assert b'"both"' in told.payload
    assert outbox.standing == {"havik/noord/tracks/c"}
