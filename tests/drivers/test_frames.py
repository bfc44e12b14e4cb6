"""With a frame made for the test: "OK", a length, a body, its sum; at most 9 bytes of body."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havik.drivers.errors import FrameError
from havik.drivers.frames import CUT_OFF, JUNK, FrameReader, Parsed

MAGIC = b"OK"
LONGEST = 9


def frame(body: bytes) -> bytes:
    return MAGIC + bytes((len(body),)) + body + bytes((sum(body) % 256,))


def parse(buffer: bytearray, _: int) -> Parsed[bytes] | None:
    if len(buffer) < 3:
        return None
    length = buffer[2]
    if length > LONGEST:
        raise FrameError("too long")
    if len(buffer) < length + 4:
        return None
    body = bytes(buffer[3 : 3 + length])
    if buffer[3 + length] != sum(body) % 256:
        raise FrameError("wrong sum")
    return Parsed(body, length + 4)


def read(chunks: Iterable[bytes]) -> tuple[list[bytes], dict[str, int]]:
    reader = FrameReader(MAGIC, parse)
    bodies = [body for chunk in chunks for body in reader.feed(chunk)]
    assert reader.buffered <= LONGEST + 4
    bodies += reader.close()
    assert reader.buffered == 0
    return bodies, dict(reader.refused)


def every_wire(stream: bytes) -> list[list[bytes]]:
    pairs = [[stream[:cut], stream[cut:]] for cut in range(len(stream) + 1)]
    return [[stream], [bytes((byte,)) for byte in stream], *pairs]


TABLE: dict[str, tuple[bytes, list[bytes], dict[str, int]]] = {
    "nothing": (b"", [], {}),
    "one": (frame(b"abc"), [b"abc"], {}),
    "empty bodies": (frame(b"") * 3, [b""] * 3, {}),
    "junk around": (b"xx" + frame(b"a") + b"y" + frame(b"b") + b"z", [b"a", b"b"], {JUNK: 3}),
    "junk alone": (b"nothing here", [], {JUNK: 1}),
    "half a magic": (frame(b"a") + b"O", [b"a"], {JUNK: 1}),
    "false magic": (b"OOK" + frame(b"a"), [b"a"], {JUNK: 1, "too long": 1}),
    "magic in a body": (frame(b"\0OK\0\0") + frame(b"b"), [b"\0OK\0\0", b"", b"b"], {}),
    "wrong sum": (b"OK\x01a\x00" + frame(b"b"), [b"b"], {"wrong sum": 1}),
    "too long": (b"OK\xff" + frame(b"b"), [b"b"], {"too long": 1}),
    "its rest is not junk": (b"OK\xffrest" + frame(b"b"), [b"b"], {"too long": 1}),
    "cut off": (frame(b"a") + frame(b"bcd")[:-1], [b"a"], {CUT_OFF: 1}),
    "cut off, one inside": (b"OK\x09ab" + frame(b"c"), [b"c"], {CUT_OFF: 1}),
    "lost a byte": (b"OK\x03ab" + frame(b"b"), [b"b"], {"wrong sum": 1}),
}


@pytest.mark.parametrize(("stream", "bodies", "refused"), TABLE.values(), ids=TABLE)
def test_on_every_wire(stream: bytes, bodies: list[bytes], refused: dict[str, int]) -> None:
    for wire in every_wire(stream):
        assert read(wire) == (bodies, refused)


def test_a_frame_that_reaches_into_the_next_costs_it_nothing() -> None:
    short = bytearray(frame(b"abcd"))
    del short[-1]
    short[3] = ord("O") - ord("b") - ord("c") - ord("d") & 255  # so that the next "O" is its sum
    assert read([bytes(short) + frame(b"b")])[0] == [bytes(short[3:]), b"b"]


def test_after_the_end_it_begins_anew() -> None:
    reader = FrameReader(MAGIC, parse)
    assert list(reader.feed(frame(b"a")[:-1])) == []
    assert list(reader.close()) == []
    assert list(reader.feed(frame(b"a")[-1:] + frame(b"b"))) == [b"b"]
    assert reader.refused == {CUT_OFF: 1, JUNK: 1}


def test_the_parser_is_told_how_much_it_saw_before() -> None:
    seen: list[tuple[int, int]] = []

    def watching(buffer: bytearray, before: int) -> Parsed[bytes] | None:
        seen.append((len(buffer), before))
        return parse(buffer, before)

    reader = FrameReader(MAGIC, watching)
    stream = frame(b"abcd") + frame(b"")
    for chunk in (stream[:3], stream[3:5], stream[5:]):
        list(reader.feed(chunk))
    assert seen == [(3, 0), (5, 3), (12, 5), (4, 0)]


soup = st.lists(
    st.one_of(
        st.binary(max_size=LONGEST).map(frame),
        st.binary(max_size=LONGEST).map(frame).map(lambda whole: whole[:-1]),
        st.binary(max_size=12),
        st.sampled_from([b"O", b"K", b"OK", b"OK\x02", b"OK\xff"]),
    ),
    max_size=12,
).map(b"".join)


def naive(stream: bytes) -> list[bytes]:
    """Every place where a whole frame stands, tried one by one."""
    found: list[bytes] = []
    for start in range(len(stream)):
        if stream.startswith(MAGIC, start):
            try:
                parsed = parse(bytearray(stream[start:]), 0)
            except FrameError:
                continue
            if parsed:
                found.append(parsed.content)
    return found


@given(soup, st.data())
def test_every_frame_in_any_stream_is_found_however_it_is_cut(
    stream: bytes, data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    edges = [0, *cuts, len(stream)]
    chunks = [stream[a:b] for a, b in itertools.pairwise(edges)]
    whole = read([stream])
    assert whole[0] == naive(stream)
    assert read(chunks) == whole
