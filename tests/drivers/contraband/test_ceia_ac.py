"""Against the manual's own figures: 10,000 passages, 2,350 alarms, 1,500 of them by metal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havik.drivers.contraband.ceia_ac import Decoder, Options, Polling, Request, encode, request
from havik.drivers.readings import PortalCount, SensorStatus

MANUAL = b"P=10000 TA=2350 TR=23.5 MA=1500 MR=15.0\r"
COUNT = PortalCount(time_ns=5, passages=10_000, alarms=2350, alarms_metal=1500)


def read(*lines: bytes) -> tuple[list[PortalCount | SensorStatus], dict[str, int]]:
    decoder = Decoder()
    found = [one for line in lines for one in decoder.feed(line, 5)]
    return [*found, *decoder.close()], dict(decoder.refused)


@pytest.mark.parametrize(
    "line",
    [
        MANUAL,
        b"AC P=10000 TA=2350 TR=23.5 MA=1500 MR=15.0\r\n",
        b"MR: 15.0% MA: 1500, TR: 23.5%; TA: 2350, P: 10000\n",
        b"\r\n\r\nP 10000 TA 2350 TR 23.50 MA 1500 MR 15.00\r\n",
    ],
)
def test_the_manuals_figures_are_read(line: bytes) -> None:
    assert read(line) == ([COUNT], {})
    assert read(*(bytes([byte]) for byte in line)) == ([COUNT], {})
    assert read(encode(COUNT)) == ([COUNT], {})


def line(p: int, ta: int, ma: int) -> bytes:
    return encode(PortalCount(time_ns=0, passages=p, alarms=ta, alarms_metal=ma))


def test_growth_is_told_and_never_negative() -> None:
    found, _ = read(line(100, 10, 8), line(103, 11, 8), line(2, 1, 0), line(4, 2, 1))
    told = [
        (one.new_passages, one.new_alarms, one.new_alarms_metal, one.counter_reset)
        for one in found
        if isinstance(one, PortalCount)
    ]
    assert told == [(0, 0, 0, False), (3, 1, 0, False), (2, 1, 0, True), (2, 1, 1, False)]


@pytest.mark.parametrize(("tr", "right"), [("23.4", True), ("23.6", True), ("23.7", False)])
def test_a_ratio_that_is_not_its_counters_is_marked(tr: str, right: bool) -> None:
    found, refused = read(MANUAL.replace(b"23.5", tr.encode()))
    assert isinstance(found[0], PortalCount) and found[0].ratio_ok == right
    assert bool(refused) == (not right)


@pytest.mark.parametrize(
    ("wire", "reason"),
    [
        (MANUAL.replace(b"1500", b"15000"), "more alarms than passages"),
        (MANUAL.replace(b"P=10000", b"P=1e4"), "no answer to AC or WHO"),
        (MANUAL.replace(b"P=10000", b"P=100.5"), "a counter that is no whole number"),
        (MANUAL.replace(b"MA", b"TA"), "no answer to AC or WHO"),
        (b"x" * 5000 + MANUAL, "line too long"),
        (MANUAL[:-1], "cut off at the end"),
        (b"ERR\r", "no answer to AC or WHO"),
    ],
)
def test_what_is_refused_is_counted(wire: bytes, reason: str) -> None:
    assert read(wire) == ([], {reason: 1})
    decoder = Decoder()
    list(decoder.feed(wire + b"\r" + MANUAL, 5))
    assert decoder.buffered <= 257


def test_it_says_who_it_is() -> None:
    assert read(b"WHO 02PN20\r") == ([SensorStatus(time_ns=5, model="02PN20")], {})


def test_only_status_is_asked_on_time() -> None:
    talk = Polling(Options(delimiter="\r\n", every_s=10))
    assert talk.write(0.0) == b"WHO\r\nAC\r\n"
    assert talk.write(9.9) == b"" and talk.wait_s(4.0) == 6.0
    assert talk.write(10.0) == b"AC\r\n"
    assert talk.take(MANUAL, 10.1) == MANUAL
    assert {request(one) for one in Request} == {b"AC\r", b"WHO\r"}  # no other can be made


@given(st.integers(1, 10**9), st.data())
def test_what_is_written_is_read(passages: int, data: st.DataObject) -> None:
    alarms = data.draw(st.integers(0, passages))
    metal = data.draw(st.integers(0, alarms))
    found, refused = read(line(passages, alarms, metal))
    assert refused == {}
    assert found == [PortalCount(time_ns=5, passages=passages, alarms=alarms, alarms_metal=metal)]
