"""A device that is told its settings: what is written when, and what is said when it refuses."""

from __future__ import annotations

import re

import pytest

from havik.drivers.commands import MOST_WAITING_BYTES, PATIENCE_S, TRIES, Answer, Command, Commands
from havik.drivers.errors import DeviceRefused

ORDERS = (Command("units", b"units m\n"), Command("output", b"output json\n"))


def find(command: Command, heard: bytes) -> Answer | None:
    found = re.search(rb"(ok|no) " + command.name.encode() + rb"\n", heard)
    return found and Answer(found[1] == b"ok", found[0].decode().strip(), found.end())


def talk() -> Commands:
    return Commands("parrot", ORDERS, find)


def test_each_command_waits_for_the_answer_to_the_one_before() -> None:
    one = talk()
    assert one.write(0.0) == b"units m\n"
    assert one.write(0.1) == b""
    assert one.wait_s(0.25) == PATIENCE_S - 0.25
    assert one.take(b"1.5\nok un", 0.3) == b"1.5\nok un"  # measurements go on meanwhile
    assert not one.accepted and one.write(0.3) == b""
    assert one.take(b"its\n", 0.3) == b"its\n"
    assert one.write(0.3) == b"output json\n"
    one.take(b"ok output\n", 0.4)
    assert one.accepted
    assert one.write(99.0) == b"" and one.wait_s(99.0) is None


def test_a_lost_command_is_told_again_and_silence_ends_it() -> None:
    one = talk()
    for attempt in range(TRIES):
        assert one.write(attempt * PATIENCE_S) == b"units m\n"
    with pytest.raises(DeviceRefused, match="parrot does not answer units: is its receive line"):
        one.write(TRIES * PATIENCE_S)


def test_a_late_answer_counts() -> None:
    one = talk()
    one.write(0.0)
    one.write(PATIENCE_S)
    one.take(b"ok units\nok units\n", 1.5)
    assert one.write(1.5) == b"output json\n"
    one.take(b"", 1.6)
    assert not one.accepted  # the second answer to the first command is none to the second


def test_a_refusal_names_device_answer_command_and_remedy() -> None:
    one = talk()
    one.write(0.0)
    with pytest.raises(DeviceRefused, match="parrot answers 'no units' to units: check the sens"):
        one.take(b"no units\n", 0.1)


def test_nothing_is_an_answer_before_the_question() -> None:
    one = talk()
    one.take(b"ok units\n", 0.0)
    assert one.write(0.0) == b"units m\n"


def test_what_waits_is_bounded() -> None:
    one = talk()
    one.write(0.0)
    for _ in range(100):
        one.take(bytes(1000), 0.0)
    one.take(b"ok units\n", 0.0)
    assert len(vars(one)["_heard"]) <= MOST_WAITING_BYTES
    assert one.write(0.0) == b"output json\n"


def test_without_commands_there_is_nothing_to_accept() -> None:
    assert Commands("parrot", (), find).accepted
