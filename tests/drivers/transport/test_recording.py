from __future__ import annotations

import itertools
import json
import lzma
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from havik.drivers.driver import Wire
from havik.drivers.errors import CaptureError
from havik.drivers.radar import ti_mmwave
from havik.drivers.readings import RadarFrame, Reading, RemoteIdReport
from havik.drivers.remote_id import dronescout
from havik.drivers.transport.recording import (
    CHUNK_BYTES,
    MOST_PIECE_BYTES,
    Piece,
    Recording,
    paced,
)

LONG = {"protocol": 1.0, "status": {"status": "x" * 90}}
"""Of a size that no chunk is a multiple of."""


def pieces(tmp_path: Path, content: bytes, wire: Wire) -> list[Piece]:
    file = tmp_path / "capture"
    file.write_bytes(content)
    return list(Recording(file, wire).pieces())


def data(found: Iterable[Piece]) -> list[bytes]:
    assert all(piece.time_ns is None for piece in found)
    return [piece.data for piece in found]


# bytes as they are


@pytest.mark.parametrize("wire", ["serial", "mqtt"])
def test_bytes_come_whole_and_in_order(tmp_path: Path, wire: Wire) -> None:
    content = bytes(range(255, -1, -1)) * 1000
    found = data(pieces(tmp_path, content, wire))
    assert b"".join(found) == content
    assert max(map(len, found)) <= CHUNK_BYTES


def test_a_stream_that_begins_like_json_is_a_stream(tmp_path: Path) -> None:
    assert data(pieces(tmp_path, b"{}{}", "serial")) == [b"{}{}"]


def test_it_tells_how_much_was_read(tmp_path: Path) -> None:
    file = tmp_path / "capture"
    file.write_bytes(bytes(2 * CHUNK_BYTES + 5))
    recording = Recording(file, "serial")
    read = [recording.read_bytes for _ in recording.pieces()]
    assert read == [CHUNK_BYTES, 2 * CHUNK_BYTES, 2 * CHUNK_BYTES + 5]


# tables


def test_a_table_has_times_and_bytes(tmp_path: Path) -> None:
    table = (
        b"Timestamp,RawData\n"
        b'2024-11-28 15:06:09.326063340,"2,1,255"\n'
        b'2024-11-28T15:06:09,"0"\n'
        b'2024-11-28 16:06:09.5+01:00,"7, 8"\r\n'
        b"2024-11-28 15:06:10Z,9\n"
        b'yesterday,"1"\n'
    )
    second = datetime(2024, 11, 28, 15, 6, 9, tzinfo=UTC).timestamp()
    start_ns = int(second) * 1_000_000_000
    assert pieces(tmp_path, table, "serial") == [
        Piece(start_ns + 326_063_340, bytes((2, 1, 255))),
        Piece(start_ns, b"\0"),
        Piece(start_ns + 500_000_000, bytes((7, 8))),
        Piece(start_ns + 1_000_000_000, b"\x09"),
        Piece(None, b"\1"),
    ]


@pytest.mark.parametrize(
    "row",
    [
        b'2024-11-28 15:06:09,"256"',
        b'2024-11-28 15:06:09,"1,,2"',
        b'2024-11-28 15:06:09,"1,2',
        b'2024-11-28 15:06:09,"a"',
        b'2024-11-28 15:06:09,"-1"',
        b"2024-11-28 15:06:09",
        b"\xff\xfe",
        b'1,2,"3"',
    ],
)
def test_a_row_that_cannot_be_read_costs_itself_alone(tmp_path: Path, row: bytes) -> None:
    file = tmp_path / "capture"
    file.write_bytes(b'Timestamp,RawData\n,"1"\n' + row + b'\n,"2"\n')
    recording = Recording(file, "serial")
    assert [piece.data for piece in recording.pieces()] == [b"\1", b"\2"]
    assert recording.refused == {"row that cannot be read": 1}


@pytest.mark.parametrize(
    "time", ["2024-13-28 15:06:09", "0000-01-01 00:00:00", "2024-11-28", "\xff", "15:06"]
)
def test_a_time_that_is_none_leaves_the_bytes(tmp_path: Path, time: str) -> None:
    table = b'Timestamp,RawData\n%b,"1"\n' % time.encode("latin-1")
    assert pieces(tmp_path, table, "serial") == [Piece(None, b"\1")]


def test_a_row_without_an_end_is_bounded(tmp_path: Path) -> None:
    row = b',"' + b"1," * (MOST_PIECE_BYTES // 2 + 10)
    recording = tmp_path / "capture"
    recording.write_bytes(b"Timestamp,RawData\n" + row + b'\n,"2"\n')
    reader = Recording(recording, "serial")
    assert [piece.data for piece in reader.pieces()] == [b"\2"]
    assert reader.refused.total() == 2  # the row, and what of it did not fit a piece


def test_a_frame_has_the_time_of_its_row(recordings: Path) -> None:
    log = recordings / "radar/azim60_elev30_fast_threeTargets60deg_log_2024-11-28.csv"
    numbers: list[int] = []
    times_ns: list[int] = []
    for row in log.read_text().splitlines()[1:]:
        seconds = datetime.fromisoformat(row[:19] + "+00:00").timestamp()
        times_ns.append(int(seconds) * 1_000_000_000 + int(row[20:29]))
        numbers.append(int.from_bytes(map(int, row[31:].split(",")[20:24]), "little"))
    found = list(Recording(log, "serial").readings(ti_mmwave.Decoder(), 0))
    assert len(found) == 176
    in_own_row = 0
    for frame in found:
        assert isinstance(frame, RadarFrame)
        row_index = times_ns.index(frame.time_ns)
        before, own = numbers[row_index - 1], numbers[row_index]
        assert frame.frame_number in (own, before)  # or it lost its last byte, and took the next
        in_own_row += frame.frame_number == own
    assert in_own_row > 160


# what came over MQTT


def test_objects_are_pieces_wherever_a_chunk_ends(tmp_path: Path) -> None:
    one = json.dumps(LONG).encode()
    count = 3 * CHUNK_BYTES // len(one)
    for between in (b"", b"\n", b"\0"):
        found = data(pieces(tmp_path, between.join([one] * count), "mqtt"))
        assert found.count(one) == count
        assert b"".join(found) == between.join([one] * count)


def test_topics_between_objects_hide_none(tmp_path: Path) -> None:
    one = json.dumps(LONG).encode()
    count = 3 * CHUNK_BYTES // len(one)
    text = b"".join(b"/sensor/rid-1/upload " + one + b"\n" for _ in range(count))
    assert data(pieces(tmp_path, text, "mqtt")).count(one) == count


def test_compressed_payloads_are_pieces(tmp_path: Path) -> None:
    one = lzma.compress(os.urandom(5000), preset=0)
    for between in (b"", b"\n"):
        found = data(pieces(tmp_path, between.join([one] * 40), "mqtt"))
        assert [piece[: len(one)] for piece in found] == [one] * 40
        assert b"".join(found) == between.join([one] * 40)


def test_many_compressed_reports_are_all_read(tmp_path: Path) -> None:
    sent = [
        RemoteIdReport(time_ns=n * 1_000_000, transmitter="02:00:00:00:00:01") for n in range(1, 60)
    ]
    file = tmp_path / "capture"
    file.write_bytes(b"\n".join(lzma.compress(dronescout.encode(r), preset=0) for r in sent))
    decoder = dronescout.Decoder()
    assert list(Recording(file, "mqtt").readings(decoder, 0)) == sent
    assert not decoder.refused


def test_an_object_without_an_end_costs_few_of_those_behind(tmp_path: Path) -> None:
    sent = RemoteIdReport(time_ns=1_000_000, transmitter="02:00:00:00:00:01")
    good = dronescout.encode(sent)
    count = int(2.5 * MOST_PIECE_BYTES) // len(good)
    file = tmp_path / "capture"
    file.write_bytes(good[:-1] + good * count)
    decoder = dronescout.Decoder()
    found = list(Recording(file, "mqtt").readings(decoder, 0))
    assert found == [sent] * len(found)
    assert count - 3 <= len(found) <= count
    assert decoder.refused.total() <= 8


def test_an_object_without_an_end_is_bounded(tmp_path: Path) -> None:
    content = b'{"name":"' + b"x" * 2 * MOST_PIECE_BYTES
    found = data(pieces(tmp_path, content, "mqtt"))
    assert max(map(len, found)) <= MOST_PIECE_BYTES
    assert b"".join(found) == content


# what is no capture


NO_CAPTURE: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty": (Path.touch, "is empty: nothing was captured"),
    "a folder": (Path.mkdir, "is a folder: name one capture file"),
    "missing": (Path.exists, "is not there: check the name"),
    "a link to itself": (lambda file: file.symlink_to(file), "cannot be read: "),
}


@pytest.mark.parametrize(("make", "words"), NO_CAPTURE.values(), ids=NO_CAPTURE)
def test_what_is_no_capture_is_told_in_one_line(
    tmp_path: Path, make: Callable[[Path], object], words: str
) -> None:
    file = tmp_path / "capture"
    make(file)
    with pytest.raises(CaptureError) as error:
        list(Recording(file, "serial").pieces())
    assert str(error.value).startswith(f"{file} {words}")
    assert "\n" not in str(error.value)


# readings


class Echo:
    """A decoder that gives each piece's time, and one reading at the end."""

    def __init__(self) -> None:
        self.refused: Counter[str] = Counter()

    def feed(self, data: bytes, time_ns: int) -> Iterator[Reading]:
        yield RadarFrame(time_ns=time_ns, frame_number=len(data))

    def close(self) -> Iterator[Reading]:
        yield RadarFrame(time_ns=-1, frame_number=0)


def test_readings_have_the_pieces_times_and_the_end_is_told(tmp_path: Path) -> None:
    file = tmp_path / "capture"
    file.write_bytes(b'Timestamp,RawData\n1970-01-01 00:00:01,"1,2"\n,"3"\n')
    assert list(Recording(file, "serial").readings(Echo(), 42)) == [
        RadarFrame(time_ns=1_000_000_000, frame_number=2),
        RadarFrame(time_ns=42, frame_number=1),
        RadarFrame(time_ns=-1, frame_number=0),
    ]


# pace

S = 1_000_000_000


async def schedule(
    times_ns: list[int | None], work_s: Iterable[float] = itertools.repeat(0.0)
) -> list[float]:
    """When each item is given, in seconds, where the work on each takes so long."""
    now_s = [100.0]

    async def sleep(seconds: float) -> None:
        assert seconds >= 0
        now_s[0] += seconds

    given_s: list[float] = []
    works = iter(work_s)
    items = list(enumerate(times_ns))
    async for item in paced(
        [(time_ns, index) for index, time_ns in items], sleep=sleep, now_s=lambda: now_s[0]
    ):
        assert item == len(given_s)
        given_s.append(now_s[0] - 100.0)
        now_s[0] += next(works)
    return given_s


@pytest.mark.parametrize(
    ("times_ns", "expected_s"),
    [
        ([], []),
        ([None, None, None], [0, 0, 0]),
        ([5 * S, 6 * S, 8 * S], [0, 1, 3]),
        ([None, 5 * S, None, 6 * S], [0, 0, 0, 1]),
        ([5 * S, 4 * S, 6 * S], [0, 0, 1]),
        ([0, S], [0, 1]),
    ],
)
async def test_the_pace_is_the_captures_own(
    times_ns: list[int | None], expected_s: list[float]
) -> None:
    assert await schedule(times_ns) == pytest.approx(expected_s)


async def test_late_work_is_caught_up_and_never_adds() -> None:
    times_ns: list[int | None] = [n * S for n in range(6)]
    given_s = await schedule(times_ns, [0.0, 2.5, 0.0, 0.0, 0.0, 0.0])
    assert given_s == pytest.approx([0, 1, 3.5, 3.5, 4, 5])
