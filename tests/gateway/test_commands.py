from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havik.gateway.commands import (
    COMMANDS,
    Acknowledge,
    AnyCommand,
    Check,
    Close,
    CloseSearch,
    CorrectFind,
    Dispatch,
    HandOver,
    Link,
    Note,
    OpenSearch,
    RecordFind,
    Release,
    Shelve,
    Suspect,
    Unshelve,
    command_id,
    read,
)
from havik.gateway.errors import UsageError
from havik.gateway.messages import FindItem

WIRE: dict[str, tuple[dict[str, object], AnyCommand]] = {
    "acknowledge": (
        {"id": "c1", "incident": "i1", "by": "desk-1"},
        Acknowledge(id="c1", incident="i1", by="desk-1"),
    ),
    "note": (
        {"id": "c1", "incident": "i1", "by": "desk-1", "text": "patrol is on its way"},
        Note(id="c1", incident="i1", by="desk-1", text="patrol is on its way"),
    ),
    "release": (
        {"id": "c1", "incident": "i1", "by": "desk-1", "zone": "yard-b", "role": "shift-lead"},
        Release(id="c1", incident="i1", by="desk-1", zone="yard-b", role="shift-lead"),
    ),
    "dispatch": (
        {"id": "c1", "incident": "i1", "by": "desk-1", "unit": "patrol-2", "zone": "yard-b"},
        Dispatch(id="c1", incident="i1", by="desk-1", unit="patrol-2", zone="yard-b"),
    ),
    "suspect": (
        {"id": "c1", "incident": "i1", "by": "desk-1", "zone": "yard-b"},
        Suspect(id="c1", incident="i1", by="desk-1", zone="yard-b"),
    ),
    "search": (
        {"id": "c1", "incident": "i1", "by": "patrol", "zone": "yard-b", "unit": "dog-1"},
        OpenSearch(id="c1", incident="i1", by="patrol", zone="yard-b", unit="dog-1"),
    ),
    "check": (
        {"id": "c1", "incident": "i1", "by": "patrol", "zone": "yard-b", "items": ["ground"]},
        Check(id="c1", incident="i1", by="patrol", zone="yard-b", items=("ground",)),
    ),
    "search-done": (
        {"id": "c1", "incident": "i1", "by": "patrol", "zone": "yard-b"},
        CloseSearch(id="c1", incident="i1", by="patrol", zone="yard-b"),
    ),
    "link": (
        {"id": "c1", "find": "d1", "incident": "i1", "by": "biv-1"},
        Link(id="c1", find="d1", incident="i1", by="biv-1"),
    ),
    "correct": (
        {"id": "c1", "find": "d1", "reason": "misread", "by": "lead", "negative_search": True,
         "clear": ["note"]},
        CorrectFind(
            id="c1", find="d1", reason="misread", by="lead", negative_search=True, clear=("note",)
        ),
    ),
    "handover": (
        {"id": "c1", "find": "d1", "giver": "patrol-7", "receiver": "store-1", "seal": "AA1",
         "item": 1, "seal_intact": False, "handed_at": "2026-11-06T00:20+01:00"},
        HandOver(
            id="c1", find="d1", giver="patrol-7", receiver="store-1", seal="AA1", item=1,
            seal_intact=False, handed_at="2026-11-06T00:20+01:00",
        ),
    ),
    "shelve": (
        {
            "id": "c1", "source": "fence.north", "by": "shift-lead", "reason": "wind",
            "until": "2026-11-06T06:00+01:00",
        },
        Shelve(
            id="c1", source="fence.north", by="shift-lead", reason="wind",
            until="2026-11-06T06:00+01:00",
        ),
    ),
    "unshelve": (
        {"id": "c1", "source": "fence.north", "by": "shift-lead"},
        Unshelve(id="c1", source="fence.north", by="shift-lead"),
    ),
    "close": (
        {"id": "c1", "incident": "i1", "by": "lead", "outcome": "nothing_found"},
        Close(id="c1", incident="i1", by="lead", outcome="nothing_found"),
    ),
    "find": (
        {
            "id": "c1", "place": "yard", "method": "dog", "found_at": "2026-11-05T23:58+01:00",
            "place_ref": "yard-b", "route": "drone", "incident": "i1", "finder_role": "patrol",
            "items": [{"category": "phone", "sub": "mini", "quantity": 2, "seal": "AA1"}],
            "note": "in the net",
        },
        RecordFind(
            id="c1", place="yard", method="dog", found_at="2026-11-05T23:58+01:00",
            place_ref="yard-b", route="drone", incident="i1", finder_role="patrol",
            items=(FindItem(category="phone", sub="mini", quantity=2, seal="AA1"),),
            note="in the net",
        ),
    ),
}  # fmt: skip


def test_there_is_an_example_of_every_command() -> None:
    assert set(WIRE) == set(COMMANDS)


@pytest.mark.parametrize("name", WIRE)
def test_a_command_is_read(name: str) -> None:
    wire, command = WIRE[name]
    payload = json.dumps(wire).encode()
    assert read(name, payload) == command
    assert command_id(payload) == "c1"


@pytest.mark.parametrize("name", WIRE)
def test_what_a_command_does_not_know_is_refused_by_name(name: str) -> None:
    wire, _ = WIRE[name]
    with pytest.raises(UsageError, match=rf"not a `{name}` command: .*`forec`"):
        read(name, json.dumps(wire | {"forec": 1}).encode())


REQUIRED = [
    (name, key)
    for name, (wire, _) in WIRE.items()
    for key in wire
    if key in ("id", "incident", "by", "place", "method", "zone", "unit", "source", "until")
    and (name, key) not in (("find", "incident"), ("dispatch", "zone"), ("search", "unit"))
]


@pytest.mark.parametrize(("name", "key"), REQUIRED)
def test_what_a_command_needs_is_asked_for_by_name(name: str, key: str) -> None:
    wire, _ = WIRE[name]
    rest = {other: value for other, value in wire.items() if other != key}
    with pytest.raises(UsageError, match=f"missing required field `{key}`"):
        read(name, json.dumps(rest).encode())


def test_a_find_in_an_item_is_held_to_its_limits() -> None:
    wire, _ = WIRE["find"]
    for item in ({"category": "phone", "quantity": 0}, {"category": "drugs", "weight_g": -1}, {}):
        with pytest.raises(UsageError, match=r"items\[0\]"):
            read("find", json.dumps(wire | {"items": [item]}).encode())


IDENTIFIERS = {
    "c1": True,
    "019f0000-aaaa-7bbb-8ccc-000000000000": True,
    "a.b_c-d": True,
    "x" * 64: True,
    "": False,
    "x" * 65: False,
    "a/b": False,  # it becomes a level of the reply's topic
    "a+": False,
    "#": False,
    "a b": False,
    "a\n": False,
    "a\x00": False,
    "é": False,
}


@pytest.mark.parametrize("text", IDENTIFIERS)
def test_an_id_can_stand_in_a_topic(text: str) -> None:
    wire, _ = WIRE["acknowledge"]
    payload = json.dumps(wire | {"id": text}).encode()
    assert command_id(payload) == (text if IDENTIFIERS[text] else None)
    if IDENTIFIERS[text]:
        assert read("acknowledge", payload).id == text
    else:
        with pytest.raises(UsageError):
            read("acknowledge", payload)


def test_a_command_that_is_wrong_elsewhere_still_tells_its_id() -> None:
    assert command_id(b'{"id":"c9","what":{"ever":[1,2]},"by":7}') == "c9"


def test_there_is_no_other_command() -> None:
    with pytest.raises(UsageError, match="no command `jam`; there are acknowledge, note, dis"):
        read("jam", b"{}")


HOSTILE = [
    b"", b"{", b"null", b"[]", b"7", b'"c1"', b"\xff\xfe", b'{"id":7}', b'{"id":null}', b"{}" * 2,
    b"[" * 200_000, b'{"a":' * 200_000, b'{"x":' + b"[" * 200_000, b'{"id":"c1","x":' + b"[" * 9999,
    b'{"id":"c1","incident":"i","by":"\xff"}', b'{"id":"c1","quantity":1e999}',
]  # fmt: skip


@pytest.mark.parametrize("payload", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_payload_is_refused(payload: bytes) -> None:
    for name in COMMANDS:
        with pytest.raises(UsageError) as refusal:
            read(name, payload)
        assert len(str(refusal.value)) < 300
    assert command_id(payload) in (None, "c1")


@given(st.binary(max_size=200), st.sampled_from(sorted(COMMANDS)))
def test_any_bytes_are_read_or_refused(payload: bytes, name: str) -> None:
    command_id(payload)
    with pytest.raises(UsageError):
        read(name, payload)
