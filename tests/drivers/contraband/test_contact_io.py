"""Against frames written out by the Modbus specification, and a module of its library."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havik.drivers.contraband.contact_io import Decoder, Options, encode, frame
from havik.drivers.readings import ContactStates, LineState

MS = 1_000_000
# transaction 1, protocol 0, 5 bytes follow, unit 1, function 2, 2 bytes: 01 01 01 11 | 01 01 10 00
WIRE = bytes.fromhex("0001 0000 0005 01 02 02 d5 25".replace(" ", ""))
STATES: tuple[LineState, ...] = (
    *("normal", "normal", "normal", "short"),
    *("normal", "normal", "alarm", "open"),
)


def test_the_frame_is_read_both_ways() -> None:
    (told,) = Decoder().feed(WIRE, 7)
    assert told == ContactStates(time_ns=7, states=STATES)
    assert encode(told, transaction=1) == WIRE


def images(*given: tuple[int, tuple[LineState, ...]]) -> list[ContactStates]:
    decoder = Decoder(Options(inputs=2, debounce_ms=50))
    return [
        told
        for at_ms, states in given
        for told in decoder.feed(
            encode(ContactStates(time_ns=0, states=states), Options(inputs=2)), at_ms * MS
        )
    ]


NORMAL: tuple[LineState, ...] = ("normal", "normal")
OPENED: tuple[LineState, ...] = ("normal", "alarm")


def test_a_state_counts_when_it_has_held() -> None:
    told = images((0, NORMAL), (10, OPENED), (59, OPENED), (60, OPENED), (70, OPENED))
    assert [(one.time_ns // MS, one.states, one.changed) for one in told] == [
        (0, NORMAL, ()),
        (60, OPENED, (1,)),
    ]


def test_a_contact_that_bounces_is_not_told() -> None:
    flapping = ((at, OPENED if at // 40 % 2 else NORMAL) for at in range(0, 2000, 10))
    assert len(images(*flapping)) == 1


def test_a_clock_set_back_does_not_freeze_it() -> None:
    told = images((10_000, NORMAL), (10_010, OPENED), (0, OPENED), (60, OPENED))
    assert told[-1].states == OPENED


@pytest.mark.parametrize("bits", [1, 2])
def test_a_module_without_power_is_never_normal(bits: int) -> None:
    options = Options(inputs=3, bits=2 if bits == 2 else 1, tamper_input=True, power_input=True)
    (told,) = Decoder(options).feed(frame([False] * options.wanted), 0)
    assert set(told.states) == {"open" if bits == 2 else "alarm"}
    assert told.tamper and told.power_fail


@pytest.mark.parametrize(
    ("wire", "reason"),
    [
        (WIRE[:8], "cut off at the end"),
        (WIRE[:-1], "cut off at the end"),
        (WIRE[:2] + b"\0\1" + WIRE[4:], "not Modbus"),
        (bytes.fromhex("000100000003018202"), "the module refuses the request"),
        (bytes.fromhex("000100000005010102d525"), "not an answer to function 2"),
        (frame([True] * 8), "another number of inputs than configured"),
    ],
)
def test_what_is_refused_is_counted(wire: bytes, reason: str) -> None:
    decoder = Decoder()
    assert list(decoder.feed(wire, 0)) == []
    assert decoder.refused == {reason: 1}


def test_bits_beyond_the_inputs_are_not_ours() -> None:
    decoder = Decoder(Options(inputs=3))
    assert list(decoder.feed(frame([True] * 8), 0)) == []
    assert decoder.refused == {"bits beyond the inputs": 1}


lines = st.sampled_from(["normal", "alarm", "short", "open"])


@given(st.lists(lines, min_size=1, max_size=64), st.booleans(), st.booleans())
def test_what_is_written_is_read(states: list[LineState], tamper: bool, power: bool) -> None:
    options = Options(inputs=len(states), tamper_input=True, power_input=True)
    sent = ContactStates(time_ns=3, states=tuple(states), tamper=tamper, power_fail=power)
    assert list(Decoder(options).feed(encode(sent, options), 3)) == [sent]
