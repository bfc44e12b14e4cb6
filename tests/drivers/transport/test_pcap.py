"""Against files written out by hand from the two formats' drafts, and by tshark where it is."""

from __future__ import annotations

import itertools
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havik.drivers.packets import RADIOTAP, unwrap, wrap
from havik.drivers.transport.pcap import (
    CUT_OFF,
    CUT_PACKET,
    DAMAGED,
    NO_INTERFACE,
    Packet,
    PacketReader,
    header,
    record,
)

TIME_NS = 1_790_000_000_123_456_789
FRAMES = [b"", b"one", bytes(300)]


def read(*pieces: bytes) -> tuple[list[Packet], dict[str, int]]:
    reader = PacketReader()
    found = [packet for piece in pieces for packet in reader.feed(piece)]
    reader.close()
    return found, dict(reader.refused)


def pcap(order: str, magic: int, fraction: int, kept: int = 3, sent: int = 3) -> bytes:
    top = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, RADIOTAP)
    return top + struct.pack(order + "4I", 1_790_000_000, fraction, kept, sent) + b"abc"


def block(order: str, kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def section(order: str) -> bytes:
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order: str, link_type: int, *options: tuple[int, bytes]) -> bytes:
    body = struct.pack(order + "HHI", link_type, 0, 0)
    for code, value in options:
        body += struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)
    return block(order, 1, body + bytes(4))


def packet(order: str, number: int, units: int, data: bytes, sent: int | None = None) -> bytes:
    sent = len(data) if sent is None else sent
    head = struct.pack(order + "5I", number, units >> 32, units & 0xFFFFFFFF, len(data), sent)
    return block(order, 6, head + data)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    ("magic", "fraction", "ns"),
    [(0xA1B2C3D4, 123_456, 123_456_000), (0xA1B23C4D, 123_456_789, 123_456_789)],
)
def test_pcap(order: str, magic: int, fraction: int, ns: int) -> None:
    expected = Packet(1_790_000_000_000_000_000 + ns, RADIOTAP, b"abc")
    assert read(pcap(order, magic, fraction)) == ([expected], {})


@pytest.mark.parametrize("order", "<>")
def test_pcapng_of_two_interfaces_with_clocks_of_their_own(order: str) -> None:
    capture = (
        section(order)
        + interface(order, 127)
        + block(order, 0xBAD, b"not known, passed over")
        + interface(order, 272, (9, b"\x09"), (14, struct.pack(order + "q", 1_790_000_000)))
        + interface(order, 256, (9, b"\x8a"))  # 2 ** -10 s
        + packet(order, 0, 1_790_000_000_123_456, b"wifi")
        + packet(order, 1, 123_456_789, b"ble")
        + packet(order, 2, 1536, b"phdr")
        + block(order, 3, struct.pack(order + "I", 6) + b"simple")
    )
    assert read(capture) == (
        [
            Packet(1_790_000_000_123_456_000, 127, b"wifi"),
            Packet(TIME_NS, 272, b"ble"),
            Packet(1_500_000_000, 256, b"phdr"),
            Packet(None, 127, b"simple"),
        ],
        {},
    )


def test_a_second_section_begins_anew() -> None:
    first = section("<") + interface("<", 127) + packet("<", 0, 5, b"a")
    second = section(">") + interface(">", 105) + packet(">", 0, 7, b"b")
    assert [p.link_type for p in read(first + second)[0]] == [127, 105]
    assert read(first + section(">") + packet(">", 0, 7, b"b"))[1] == {NO_INTERFACE: 1}


WHOLE = section("<") + interface("<", 127) + packet("<", 0, 5, b"abc")
BAD_BLOCK = struct.pack("<2I", 6, 1 << 30)


@pytest.mark.parametrize(
    ("capture", "count", "reason"),
    [
        (b"this is a text of some length", 0, "no capture of packets (pcap or pcapng)"),
        (pcap("<", 0xA1B2C3D4, 0, kept=1 << 30), 0, DAMAGED),
        (pcap("<", 0xA1B2C3D4, 0, sent=1500), 0, CUT_PACKET),
        (pcap("<", 0xA1B2C3D4, 0)[:-1], 0, CUT_OFF),
        (WHOLE + BAD_BLOCK + bytes(100) + WHOLE, 1, DAMAGED),
        (WHOLE + WHOLE[:-1] + b"\1", 2, DAMAGED),
        (WHOLE[:-5], 0, CUT_OFF),
        (WHOLE + packet("<", 1, 5, b"abc"), 1, NO_INTERFACE),
        (WHOLE + packet("<", 0, 5, b"abc", sent=9), 1, CUT_PACKET),
    ],
)
def test_what_is_refused(capture: bytes, count: int, reason: str) -> None:
    found, refused = read(capture)
    assert refused == {reason: 1}
    assert len(found) == count or reason == DAMAGED


@given(frames=st.lists(st.binary(max_size=50)), cuts=st.lists(st.integers(0, 400)))
def test_what_is_written_is_read_however_it_is_cut(frames: list[bytes], cuts: list[int]) -> None:
    capture = header(RADIOTAP) + b"".join(record(TIME_NS + n, f) for n, f in enumerate(frames))
    edges = [0, *sorted(min(cut, len(capture)) for cut in cuts), len(capture)]
    pieces = [capture[a:b] for a, b in itertools.pairwise(edges)]
    expected = [Packet(TIME_NS + n, RADIOTAP, frame) for n, frame in enumerate(frames)]
    assert read(*pieces) == (expected, {})


@given(data=st.binary(max_size=300), cut=st.integers(0, 200))
def test_no_bytes_raise(data: bytes, cut: int) -> None:
    read(data)
    read(WHOLE[:cut] + data)


@pytest.mark.parametrize(
    ("file", "count", "link_type"),
    [
        ("odid_wifi_bcn_sample.pcap", 21, 127),
        ("odid_bt5_lr_sample.pcapng", 274, 272),
        ("wireless_RID_test_linux_transmitter.pcapng", 21, 127),
    ],
)
def test_real_captures(recordings: Path, file: str, count: int, link_type: int) -> None:
    found, refused = read((recordings / "remote_id" / file).read_bytes())
    assert (len(found), refused) == (count, {})
    assert {p.link_type for p in found} == {link_type}
    tshark = shutil.which("tshark")
    assert tshark, "no tshark on this machine: install it to run this test"
    fields = ["-T", "fields", "-e", "frame.time_epoch", "-e", "frame.len"]
    listed = subprocess.run(
        [tshark, "-r", recordings / "remote_id" / file, *fields], capture_output=True, check=True
    )
    rows = [row.split("\t") for row in listed.stdout.decode().splitlines()]
    assert [int(size) for _, size in rows] == [len(p.data) for p in found]
    assert [int(time.replace(".", "")) for time, _ in rows] == [p.time_ns for p in found]


def test_a_packet_keeps_its_link_type() -> None:
    assert unwrap(wrap(272, b"abc")) == (272, b"abc")
    assert unwrap(b"\1") is None
