from __future__ import annotations

import re
from typing import Literal, TypedDict

import pytest

from havik.gateway.commands import COMMANDS as KINDS
from havik.gateway.contract import CHANNELS
from havik.gateway.messages import (
    Alarm,
    AnyMessage,
    Audit,
    Custody,
    Detection,
    Find,
    Health,
    Incident,
    NotedFlight,
    Proposal,
    Reply,
    Track,
    encode,
)
from havik.gateway.topics import COMMANDS, ROOMS, ROOT, Publication, publications, reply_topic


class Common(TypedDict):
    id: str
    site: str
    time_ns: int


COMMON: Common = {"id": "i", "site": "noord", "time_ns": 1}


def track(state: Literal["alive", "ended"]) -> Track:
    return Track(
        **COMMON, track="t1", state=state, aircraft_class="drone", basis="measured",
        first_seen_ns=1, last_seen_ns=2,
    )  # fmt: skip


def incident(state: Literal["alarm", "acknowledged", "closed"]) -> Incident:
    return Incident(
        **COMMON, incident="f1", version=1, state=state, contact=False, confidence=1,
        first_contact_ns=1, last_contact_ns=2,
    )  # fmt: skip


HEALTH = Health(**COMMON, sensor="radar", state="online", since_ns=1)
DETECTION = Detection(**COMMON, sensor="radar", kind="radar-plot")
FIND = Find(**COMMON, find="d1", found_at_ns=1, place="yard", method="dog")
CUSTODY = Custody(**COMMON, find="d1", giver="patrol", receiver="store", handed_at_ns=2)
REPLY = Reply(**COMMON, command="c1", outcome="accepted")

# DESIGN, "MQTT: the contract with consoles": topic, QoS, retained.
CONTRACT: list[tuple[AnyMessage, str, int, bool]] = [
    (HEALTH, "havik/noord/radar/health", 1, True),
    (DETECTION, "havik/noord/detections/radar", 0, False),
    (track("alive"), "havik/noord/tracks/t1", 1, True),
    (incident("alarm"), "havik/noord/incidents/f1", 1, True),
    (incident("acknowledged"), "havik/noord/incidents/f1", 1, True),
    (FIND, "havik/noord/finds/d1", 1, False),
    (CUSTODY, "havik/noord/custody/d1", 1, False),
    (REPLY, "havik/noord/replies/c1", 1, False),
]


@pytest.mark.parametrize(("message", "topic", "qos", "retain"), CONTRACT)
def test_a_message_goes_where_the_contract_says(
    message: AnyMessage, topic: str, qos: int, retain: bool
) -> None:
    assert publications(message) == ((topic, encode(message), qos, retain),)


@pytest.mark.parametrize("message", [track("ended"), incident("closed")])
def test_the_last_word_is_told_and_then_the_topic_cleared(message: Track | Incident) -> None:
    alive = track("alive") if isinstance(message, Track) else incident("alarm")
    ((topic, *_),) = publications(alive)
    assert publications(message) == (
        Publication(topic, encode(message), 1, False),
        Publication(topic, b"", 1, True),
    )


def test_what_only_the_log_hears_is_not_published() -> None:
    assert publications(Audit(**COMMON, action="gateway-started")) == ()


def test_a_number_that_json_lacks_is_not_published() -> None:
    message = Detection(**COMMON, sensor="radar", kind="radar-plot", snr_db=float("nan"))
    with pytest.raises(ValueError, match="snr_db is not a finite number"):
        publications(message)


EXAMPLES: list[AnyMessage] = [
    HEALTH, DETECTION, track("alive"), track("ended"), incident("alarm"), incident("closed"),
    FIND, CUSTODY, REPLY,
    NotedFlight(
        id="i", site="noord", time_ns=1, track="t1", claim="serial:S", approved_by="p",
        basis="claimed",
    ),
    Alarm(
        id="i", site="noord", time_ns=1, source="fence.north", kind="intrusion", active=True,
        needs_person=True, since_ns=1,
    ),
    Proposal(
        id="i", site="noord", time_ns=1, proposal="p1", state="open", sensor="portal",
        method="wtmd", first_ns=1, last_ns=1, until_ns=2,
    ),
]  # fmt: skip


def filled(address: str) -> re.Pattern[str]:
    """A channel's address with one level of a topic for each of its variables."""
    return re.compile(re.sub(r"\{\w+\}", "[^/+#]+", address))


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda m: type(m).__name__)
def test_the_published_description_says_the_same(message: AnyMessage) -> None:
    (channel,) = (one for one in CHANNELS if one.payload is type(message))
    assert channel.action == "send"
    for publication in publications(message):
        assert filled(channel.address).fullmatch(publication.topic)
        assert publication.qos == channel.qos
        assert channel.retained != "no" or not publication.retain
    if channel.retained == "yes":
        assert all(publication.retain for publication in publications(message))


def test_the_description_holds_every_message_and_every_command() -> None:
    sent = [one.payload for one in CHANNELS if one.action == "send"]
    assert sorted(kind.__name__ for kind in sent) == sorted(
        {type(message).__name__ for message in EXAMPLES}
    )
    received = {one.address: one.payload for one in CHANNELS if one.action == "receive"}
    assert received == {f"{ROOT}/{{site}}/{COMMANDS}/{name}": kind for name, kind in KINDS.items()}


def test_the_rooms_are_those_of_the_contract() -> None:
    addresses = [channel.address.split("/") for channel in CHANNELS if channel.name != "health"]
    assert {address[0] for address in addresses} == {ROOT}
    assert {address[2] for address in addresses} == set(ROOMS)


def test_a_reply_is_awaited_where_it_is_sent() -> None:
    assert reply_topic("noord", "c1") == "havik/noord/replies/c1"
