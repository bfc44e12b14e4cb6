from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havik.drivers.json_objects import pieces

OPENING = re.compile(rb'\{"kind"')

TABLE: list[tuple[bytes, list[bytes]]] = [
    (b"", []),
    (b"{}", [b"{}"]),
    (b"{}{}", [b"{}", b"{}"]),
    (b'{"a":{"b":1}}\n{}', [b'{"a":{"b":1}}', b"\n", b"{}"]),
    (b"[{},\n {}]\0", [b"[", b"{}", b",\n ", b"{}", b"]\0"]),
    (b'{"a":"}{"}{}', [b'{"a":"}{"}', b"{}"]),
    (b'{"a":"\\"}"}{}', [b'{"a":"\\"}"}', b"{}"]),
    (b'{"a":"\\\\"}{}', [b'{"a":"\\\\"}', b"{}"]),
    (b"junk}{}", [b"junk}", b"{}"]),
    (b'{}{"a":{}', [b"{}", b'{"a":{}']),
    (b'{"a":"no end}{}', [b'{"a":"no end}{}']),
]


@pytest.mark.parametrize(("text", "expected"), TABLE)
def test_objects_come_one_by_one(text: bytes, expected: list[bytes]) -> None:
    assert list(pieces(text)) == expected


@pytest.mark.parametrize(
    "broken",
    [b'{"kind":"no end', b'{"kind":{"deep":', b'{"kind":1,}', b'{"kind":"\\', b'{"kind"', b"}}}"],
)
def test_behind_a_broken_object_the_next_is_found_by_its_opening(broken: bytes) -> None:
    good = b'{"kind":1}'
    found = list(pieces(good + broken + good + good, OPENING))
    assert found.count(good) == 3
    assert b"".join(found) == good + broken + good + good


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
objects = st.dictionaries(st.text(), values, max_size=4)
between = st.sampled_from([b"", b"\n", b"\0", b" , ", b"[", b"]"])


@given(st.lists(st.tuples(objects, between), max_size=6))
def test_any_objects_are_found_again(run: list[tuple[dict[str, object], bytes]]) -> None:
    text = b"".join(json.dumps(thing).encode() + gap for thing, gap in run)
    found = [json.loads(piece) for piece in pieces(text) if piece.startswith(b"{")]
    assert found == [thing for thing, _ in run]


hostile = st.lists(
    st.sampled_from([b"{", b"}", b'"', b"\\", b'{"kind"', b"x", b"\0", b"\xff"]), max_size=60
).map(b"".join)


@given(hostile | st.binary(max_size=200))
def test_nothing_is_lost_and_no_piece_is_empty(text: bytes) -> None:
    for opening in (None, OPENING):
        found = list(pieces(text, opening))
        assert b"".join(found) == text
        assert all(found)
