from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from havik.gateway.log.entries import Entry, from_bytes, schema_of, seal, to_bytes
from havik.gateway.messages import Audit, Find, Incident, encode

HEADER = ("schema", "id", "site", "time_ns", "mode")
AUDIT = Audit(id="i", site="noord", time_ns=5, mode="test", action="test", text='é "\n')


def test_an_entry_holds_the_message_to_the_letter() -> None:
    message = encode(AUDIT)
    data = to_bytes(seal(message))
    assert data == (
        b'{"envelope":"havik.entry/1","kind":"havik.audit/1","id":"i","site":"noord","time_ns":5,'
        b'"mode":"test","content":' + message + b"}"
    )
    envelope = from_bytes(data)
    assert bytes(envelope.content) == message
    assert to_bytes(envelope) == data
    assert Entry(0, envelope).message() == AUDIT


def test_the_header_stays_readable_where_the_content_is_not() -> None:
    message = b'{"schema":"havik.later/9","id":"x","site":"s","time_ns":1,"new":[1]}'
    envelope = from_bytes(to_bytes(seal(message)))
    assert (envelope.kind, envelope.id, envelope.mode) == ("havik.later/9", "x", "live")
    with pytest.raises(msgspec.ValidationError):
        Entry(0, envelope).message()


@pytest.mark.parametrize("data", [b"", b"{}", b"null", b'{"envelope":"havik.entry/2"}', b"\xff"])
def test_what_is_no_envelope_is_refused(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        from_bytes(data)
    with pytest.raises(msgspec.DecodeError):
        seal(data)


TREES = st.recursive(
    st.none() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(HEADER) | st.text(), inner),
    max_leaves=12,
)


@example(b'{"schema":"s","id":"\\u0000","site":"s","time_ns":0}')
@example(b'{"schema":"s","id":"\\ud800","site":"s","time_ns":0}')
@example(b'{"schema":"s","id":"x","site":"s","time_ns":18446744073709551616}')
@example(b'{"schema":"s","id":"x","site":"s","time_ns":0,"more":' + b"[" * 500 + b"]" * 500 + b"}")
@given(st.binary() | TREES.map(lambda tree: json.dumps(tree).encode()))
def test_whatever_bytes_come_are_sealed_or_refused(data: bytes) -> None:
    try:
        envelope = seal(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return
    assert from_bytes(to_bytes(envelope)) == envelope
    assert isinstance(envelope.id.encode(), bytes)  # what SQLite can hold


def test_a_field_added_to_an_envelope_is_refused() -> None:
    data = to_bytes(seal(encode(AUDIT)))
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        from_bytes(data[:-1] + b',"more":1}')


def test_kinds_have_the_names_of_their_schemas() -> None:
    names = [schema_of(kind) for kind in (Incident, Find, Audit)]
    assert names == ["havik.incident/1", "havik.find/1", "havik.audit/1"]
