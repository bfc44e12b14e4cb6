"""Against a frame of a public test, a CRC made bit by bit, and AES done outside the driver."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from havik.drivers.contraband import dc09
from havik.drivers.contraband.sia_dc09 import (
    AGAIN,
    DRIVER,
    MISSING,
    OUTSIDE,
    Decoder,
    encode,
)
from havik.drivers.errors import OptionError
from havik.drivers.readings import PanelEvent, Position, SensorStatus

PUBLIC = (
    b'\n73580056"SIA-DCS"0002R1L232#78919[#78919|Nri1/BA012][X012W34.1][Y045N12.2]'
    b"_14:12:04,09-25-2026\r"
)
SECOND = (
    b'\n47950050"SIA-DCS"0007L0#4711[#4711|Nri1/BA012][X005E18.4][Y052N03.1]_23:41:07,11-23-2026\r'
)
NS = 1_000_000_000
FIRST_NS, SECOND_NS = 1_790_345_524 * NS, 1_795_477_267 * NS  # `date -u -d ... +%s`
EVENT = PanelEvent(
    time_ns=FIRST_NS,
    account="78919",
    sequence=2,
    code="BA",
    zone="012",
    area="1",
    receiver="1",
    line="232",
    position=Position(latitude_deg=45 + 12.2 / 60, longitude_deg=-(12 + 34.1 / 60)),
)
OTHER = PanelEvent(
    time_ns=SECOND_NS,
    account="4711",
    sequence=7,
    code="BA",
    zone="012",
    area="1",
    position=Position(latitude_deg=52 + 3.1 / 60, longitude_deg=5 + 18.4 / 60),
)
KEY = bytes(range(16))


def crc(data: bytes) -> int:
    """Bit by bit, as the polynomial says."""
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0xA001 * (value & 1)
    return value


def framed(body: str) -> bytes:
    data = body.encode()
    return b"\n" + f"{crc(data):04X}{len(data):04X}".encode() + data + b"\r"


def cbc(key: bytes, text: str) -> str:
    """AES-CBC from zeros, in hexadecimal."""
    cipher = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).encryptor()
    return (cipher.update(text.encode()) + cipher.finalize()).hex().upper()


def plain(key: bytes, hidden: str) -> str:
    cipher = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).decryptor()
    return (cipher.update(bytes.fromhex(hidden)) + cipher.finalize()).decode()


@pytest.mark.parametrize(("frame", "event"), [(PUBLIC, EVENT), (SECOND, OTHER)])
def test_a_public_frame_is_read_both_ways(frame: bytes, event: PanelEvent) -> None:
    decoder = Decoder()
    assert list(decoder.feed(frame, 0)) == [event]
    assert encode(event) == frame
    assert not decoder.refused


def test_it_is_acknowledged_by_its_number_once() -> None:
    decoder = Decoder()
    list(decoder.feed(PUBLIC, 0))
    assert decoder.answer() == framed('"ACK"0002R1L232#78919[]')
    assert decoder.answer() == b""


@pytest.mark.parametrize("size", [16, 24, 32])
def test_the_aes_form_is_read_and_answered_in_kind(size: int) -> None:
    key = bytes(range(size))
    inner = "|#4711|Nri1/BA012][X005E18.4][Y052N03.1]_23:41:07,11-23-2026"
    text = "X" * (-len(inner) % 16 or 16) + inner
    decoder = Decoder(key, 20)
    frame = framed(f'"*SIA-DCS"0007L0#4711[{cbc(key, text)}')
    assert list(decoder.feed(frame, SECOND_NS)) == [replace(OTHER, encrypted=True)]
    answer = decoder.answer().decode()
    assert answer[9:].startswith('"*ACK"0007L0#4711[')
    assert plain(key, answer.partition("[")[2].strip()).partition("|")[2] == (
        "]_23:41:07,11-23-2026"
    )
    again = encode(OTHER, key).decode()
    assert plain(key, again.partition("[")[2].strip()).partition("|")[2] == inner[1:]


REFUSED: dict[str, tuple[bytes, str, str]] = {
    "another CRC": (PUBLIC.replace(b"7358", b"7359"), "wrong CRC", ""),
    "another token": (framed('"ADM-CID"0002L0#1234[#1234|1130]'), "token of another kind", "DUH"),
    "no code": (framed('"SIA-DCS"0002L0#1234[#1234|Nri1]'), "no event, or too many", "DUH"),
    "another account inside": (
        framed('"SIA-DCS"0002L0#1234[#1235|NBA1]'),
        "two accounts in one message",
        "DUH",
    ),
    "no head": (framed('"SIA-DCS"2L0#1234[]'), "not a DC-09 message", ""),
    "no such day": (
        framed('"SIA-DCS"0002L0#1234[#1234|NBA1]_00:00:00,02-30-2026'),
        "impossible time",
        "DUH",
    ),
    "encrypted, without a key": (
        framed(f'"*SIA-DCS"0007L0#4711[{"00" * 16}'),
        "encrypted, and no key is configured",
        "DUH",
    ),
    "half a block": (
        framed('"*SIA-DCS"0007L0#4711[0011'),
        "encrypted, and no key is configured",
        "DUH",
    ),
}


@pytest.mark.parametrize(("frame", "reason", "token"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_is_counted_and_answered(frame: bytes, reason: str, token: str) -> None:
    decoder = Decoder()
    assert list(decoder.feed(frame, 0)) == []
    assert reason in decoder.refused
    assert decoder.answer()[9:].startswith(f'"{token}"'.encode() if token else b"")


@pytest.mark.parametrize("rest", ["00" * 16, "0011", "zz" * 16, ""])
def test_another_key_is_no_event(rest: str) -> None:
    decoder = Decoder(KEY)
    assert list(decoder.feed(framed(f'"*SIA-DCS"0007L0#4711[{rest}'), 0)) == []
    assert decoder.refused and b'"' in decoder.answer()


@pytest.mark.parametrize(("off_s", "taken"), [(20, True), (-20, True), (21, False), (-21, False)])
def test_a_clock_outside_the_window_hears_ours(off_s: int, taken: bool) -> None:
    decoder = Decoder(None, 20)
    now_ns = FIRST_NS + off_s * NS
    assert bool(list(decoder.feed(PUBLIC, now_ns))) == taken
    if not taken:
        assert decoder.refused == {OUTSIDE: 1}
        body = f'"NAK"0000R0L0A0[]{dc09.stamp(now_ns)}'
        assert decoder.answer() == framed(body)
        assert dc09.stamp(FIRST_NS) == "_14:12:04,09-25-2026"


def numbered(sequence: int, account: str = "4711") -> bytes:
    return encode(replace(OTHER, sequence=sequence, account=account))


def test_numbers_that_never_came_are_counted_by_account() -> None:
    decoder = Decoder()
    for number in (9998, 9999, 1, 2, 5):
        list(decoder.feed(numbered(number), 0))
    assert decoder.refused == {MISSING: 2}
    list(decoder.feed(numbered(77, "4712"), 0))
    list(decoder.beside().feed(numbered(8), 0))  # a panel that connects anew goes on counting
    assert decoder.refused == {MISSING: 4}


def test_a_message_that_comes_again_is_told_once_and_answered_twice() -> None:
    decoder = Decoder()
    assert len(list(decoder.feed(numbered(7) + numbered(7), 0))) == 1
    assert decoder.answer().count(b"ACK") == 2
    assert decoder.refused == {AGAIN: 1}


def test_a_test_of_the_link_is_no_event() -> None:
    decoder = Decoder()
    assert list(decoder.feed(framed('"NULL"0000L0#4711[]'), 5)) == [
        SensorStatus(time_ns=5, receiver="4711", state="link test")
    ]


def test_every_wire_gives_the_event() -> None:
    decoder = Decoder()
    found = [one for byte in b"\n\xffjunk" + PUBLIC for one in decoder.feed(bytes([byte]), 0)]
    assert found == [EVENT]
    rng = random.Random(433)
    for _ in range(200):
        spoiled = bytearray(PUBLIC)
        spoiled[rng.randrange(9, len(spoiled) - 1)] ^= 1 << rng.randrange(8)
        assert not list(Decoder().feed(bytes(spoiled), 0))  # a CRC finds every single bit
    assert decoder.buffered <= len(PUBLIC)


events = st.builds(
    PanelEvent,
    time_ns=st.integers(0, 1 << 32).map(lambda s: s * NS),
    account=st.text("0123456789ABCDEF", min_size=3, max_size=16),
    sequence=st.integers(1, 9999),
    code=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2),
    zone=st.none() | st.text("0123456789", min_size=1, max_size=8),
    area=st.none() | st.text("0123456789", min_size=1, max_size=4),
    receiver=st.none() | st.text("0123456789ABCDEF", min_size=1, max_size=6),
    line=st.text("0123456789ABCDEF", min_size=1, max_size=6),
)


@given(event=events, key=st.none() | st.sampled_from([bytes(16), bytes(24), bytes(32)]))
def test_what_is_written_is_read(event: PanelEvent, key: bytes | None) -> None:
    decoder = Decoder(key)
    assert list(decoder.feed(encode(event, key), 0)) == [replace(event, encrypted=key is not None)]


def test_the_key_is_named_and_never_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "key"
    file.write_text(KEY.hex() + "\n")
    decoder = DRIVER.decoder_for({"key_file": str(file), "encrypted_only": True, "window_s": 60})
    assert list(decoder.feed(encode(OTHER, KEY), SECOND_NS))
    assert not list(decoder.feed(encode(replace(OTHER, sequence=8)), SECOND_NS))
    monkeypatch.setenv("PANEL_KEY", KEY.hex())
    assert list(DRIVER.decoder_for({"key_env": "PANEL_KEY"}).feed(encode(OTHER, KEY), SECOND_NS))
    file.write_text("c0ffee")
    for options, said in (
        ({"key_file": str(file)}, "32, 48 or 64 hexadecimal digits"),
        ({"key_file": str(tmp_path / "none")}, "cannot be read"),
        ({"key_env": "NO_SUCH_KEY"}, "holds no key"),
        ({"encrypted_only": True}, "needs a key"),
    ):
        with pytest.raises(OptionError, match=said) as told:
            DRIVER.decoder_for(options)
        assert "c0ffee" not in str(told.value)
