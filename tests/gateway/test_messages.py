from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any, TypedDict

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from havik.drivers.readings import Position
from havik.gateway.messages import (
    AnyMessage,
    Audit,
    Detection,
    Find,
    FindItem,
    Health,
    Incident,
    Place,
    Recorded,
    Step,
    Track,
    decode_recorded,
    encode,
    new_id,
)

TIMES_NS = st.integers(0, 4_102_444_800 * 10**9)  # to the year 2100


# Identities: RFC 9562, 5.7.


def test_the_layout_is_that_of_the_rfcs_own_example() -> None:
    """Appendix A.6: 2022-02-22T19:22:22Z is the 48 bits 017F22E279B0, in milliseconds."""
    made = new_id(1_645_557_742_000 * 10**6)
    assert made.startswith("017f22e2-79b0-7")
    assert made[19] in "89ab"  # the variant, bits 64 and 65: 10
    assert str(uuid.UUID(made)) == made


@given(TIMES_NS)
def test_an_identity_holds_its_millisecond(time_ns: int) -> None:
    made = uuid.UUID(new_id(time_ns))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == time_ns // 1_000_000


@given(TIMES_NS, TIMES_NS)
def test_identities_sort_by_their_milliseconds(one_ns: int, other_ns: int) -> None:
    one, other = new_id(one_ns), new_id(other_ns)
    if one_ns // 1_000_000 != other_ns // 1_000_000:
        assert (one < other) == (one_ns < other_ns)


def test_identities_of_one_moment_differ_in_all_their_random_bits() -> None:
    made = [uuid.UUID(new_id(0)).int for _ in range(400)]
    assert len(set(made)) == 400
    either = changed = made[0]
    for value in made:
        either, changed = either & value, changed | value
    random_bits = (1 << 76) - (1 << 64) | (1 << 62) - 1  # 12 and 62 of them
    assert changed & ~either == random_bits


# What is sent.


class Common(TypedDict):
    id: str
    site: str
    time_ns: int


COMMON: Common = {"id": "i", "site": "noord", "time_ns": 1}
NAN, INFINITE = float("nan"), float("inf")


def place(number: float) -> Position:
    return Position(latitude_deg=number, longitude_deg=4.0)


def incident(**values: object) -> Incident:
    plain = Incident(
        **COMMON, incident="x", version=1, state="alarm", contact=True, confidence=1.0,
        first_contact_ns=1, last_contact_ns=1,
    )  # fmt: skip
    return replace(plain, **values)


def track(number: float) -> Track:
    return Track(
        **COMMON, track="t", state="alive", aircraft_class="bird", basis="measured",
        first_seen_ns=1, last_seen_ns=1, position=place(number),
    )  # fmt: skip


def detection(**values: object) -> Detection:
    return replace(Detection(**COMMON, sensor="s", kind="remote-id"), **values)


def health(number: float) -> Health:
    details: dict[str, float | str] = {"a": "x", "b": number}
    return Health(**COMMON, sensor="s", state="online", since_ns=1, details=details)


def find(number: float) -> Find:
    items = (FindItem(category="drugs", weight_g=number),)
    return Find(**COMMON, find="f", found_at_ns=1, place="yard", method="dog", items=items)


EVERYWHERE: dict[str, tuple[Callable[[float], AnyMessage], str]] = {
    "a field": (lambda n: detection(level_dbm=n), "level_dbm"),
    "a position": (track, "position.latitude_deg"),
    "a position in a place": (
        lambda n: incident(drop=Place(position=place(n))),
        "drop.position.latitude_deg",
    ),
    "a place in a list": (
        lambda n: incident(search=(Place(), Place(position=place(n)))),
        "search[1].position.latitude_deg",
    ),
    "evidence by name": (lambda n: detection(evidence={"a": 1.0, "b": n}), "evidence.b"),
    "a detail beside words": (health, "details.b"),
    "an item": (find, "items[0].weight_g"),
}


@pytest.mark.parametrize("number", [NAN, INFINITE, -INFINITE])
@pytest.mark.parametrize("where", EVERYWHERE)
def test_no_console_gets_null_where_a_number_stands(where: str, number: float) -> None:
    make, path = EVERYWHERE[where]
    kind = type(make(1.0)).__name__
    assert json.loads(encode(make(1.0)))
    with pytest.raises(ValueError, match=r"is not a finite number") as refusal:
        encode(make(number))
    assert str(refusal.value) == f"{kind}.{path} is not a finite number"


# What the log gives back.

words = st.text(max_size=20)
times = st.integers(-(2**63), 2**63 - 1)
numbers = st.floats(allow_nan=False, allow_infinity=False)
tokens = st.from_regex(r"[A-Za-z0-9._:-]{1,64}", fullmatch=True)
positions = st.builds(
    Position,
    latitude_deg=numbers,
    longitude_deg=numbers,
    altitude_hae_m=st.none() | numbers,
)
places = st.builds(Place, zone=st.none() | words, position=st.none() | positions)
steps = st.builds(
    Step,
    step=st.sampled_from(["alarm", "searched", "drop-suspected", "closed"]),
    time_ns=times,
    by=st.none() | tokens,
    zone=st.none() | words,
    text=st.none() | words,
)
common: dict[str, st.SearchStrategy[Any]] = {
    "id": words,
    "site": words,
    "time_ns": times,
    "mode": st.sampled_from(["live", "test", "exercise"]),
}
incidents = st.builds(
    Incident, **common, incident=words, version=st.integers(1, 2**40),
    state=st.sampled_from(["alarm", "acknowledged", "closed"]), contact=st.booleans(),
    confidence=st.floats(0, 1), labels=st.lists(words, max_size=3).map(tuple),
    claims=st.lists(words, max_size=3).map(tuple), first_contact_ns=times, last_contact_ns=times,
    position=st.none() | positions, drop=st.none() | places,
    search=st.lists(places, max_size=3).map(tuple), hold=st.lists(words, max_size=3).map(tuple),
    operator_claimed=st.none() | positions, steps=st.lists(steps, max_size=4).map(tuple),
)  # fmt: skip
items = st.builds(
    FindItem, category=words, quantity=st.floats(0, 1e9, exclude_min=True), sub=st.none() | words,
    unit=st.from_regex(r"[a-z]{1,16}", fullmatch=True), seal=st.none() | tokens,
    weight_g=st.none() | st.floats(0, 1e9, exclude_min=True),
    weight_basis=st.sampled_from([None, "net", "gross_with_packaging"]),
)  # fmt: skip
finds = st.builds(
    Find, **common, find=words, version=st.integers(1, 9), found_at_ns=times, place=words,
    method=words, place_ref=st.none() | tokens, route=st.none() | words,
    negative_search=st.booleans(), items=st.lists(items, max_size=3).map(tuple),
    note=st.none() | st.text(max_size=200),
)  # fmt: skip
audits = st.builds(Audit, **common, action=words, by=st.none() | tokens, text=st.none() | words)


@given(incidents | finds | audits)
def test_what_is_recorded_is_read_back_as_it_was(record: Recorded) -> None:
    assert decode_recorded(encode(record)) == record


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b"[]", b"null", b"\xff", b'{"schema":"havik.track/1"}',
        b'{"schema":"havik.find/2"}', b'{"schema":"havik.audit/1","id":1}',
        b'{"schema":"havik.audit/1","id":"i","site":"s","time_ns":1,"action":"a","mode":"x"}',
        b'{"schema":"havik.audit/1","id":"i","site":"s","time_ns":1.5,"action":"a"}',
    ],
)  # fmt: skip
def test_what_is_no_record_is_refused(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_recorded(data)


def test_a_reader_of_tomorrow_s_record_leaves_out_what_it_does_not_know() -> None:
    data = b'{"schema":"havik.audit/1","id":"i","site":"s","time_ns":1,"action":"a","new":[1]}'
    assert decode_recorded(data) == Audit(id="i", site="s", time_ns=1, action="a")


@pytest.mark.parametrize(
    "token", ["", "x" * 65, "a b", "a\n", "J. de Vries", "é", "cel 12/3", "a/b", "a+", "#"]
)
def test_a_token_is_no_prose(token: str) -> None:
    data = msgspec.json.encode({"schema": "havik.audit/1", **COMMON, "action": "a", "by": token})
    with pytest.raises(msgspec.ValidationError, match=r"\$\.by"):
        decode_recorded(data)


def test_all_messages_say_their_schema() -> None:
    for message, schema in (
        (Audit(id="i", site="s", time_ns=1, action="a"), "havik.audit/1"),
        (incident(), "havik.incident/1"),
        (track(1.0), "havik.track/1"),
        (detection(), "havik.detection/1"),
        (health(1.0), "havik.health/1"),
        (find(1.0), "havik.find/1"),
    ):
        sent = json.loads(encode(message))
        assert sent["schema"] == schema
        assert sent["mode"] == "live"
