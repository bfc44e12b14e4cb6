from __future__ import annotations

import asyncio

import pytest

from havik.drivers.commands import Answer, Command, Commands
from havik.drivers.errors import DeviceRefused, LinkLost
from havik.drivers.transport.conversation import converse


class Far:
    """A device that answers each command, or nothing; the line ends after its last word."""

    def __init__(self, *answers: bytes) -> None:
        self.heard: list[bytes] = []
        self.answers = list(answers)

    async def send(self, data: bytes) -> None:
        self.heard.append(data)

    async def receive(self) -> bytes:
        await asyncio.sleep(0)
        if not self.answers:
            raise LinkLost("unplugged")
        answer = self.answers.pop(0)
        if not answer:
            await asyncio.Event().wait()
        return answer


def find(command: Command, heard: bytes) -> Answer | None:
    at = heard.find(command.wire.upper())
    if b"?" in heard:
        return Answer(False, "?", len(heard))
    return None if at < 0 else Answer(True, "", at + len(command.wire))


def talk(**how: float) -> Commands:
    return Commands("parrot", [Command("a", b"a"), Command("b", b"b")], find, **how)  # type: ignore[arg-type]  # one of them counts


async def test_commands_and_measurements_pass_each_other() -> None:
    far, heard = Far(b"12A3", b"B", b"45"), list[bytes]()
    one = talk()
    with pytest.raises(LinkLost, match="unplugged"):
        await converse(one, far, heard.append)
    assert one.accepted
    assert far.heard == [b"a", b"b"]
    assert heard == [b"12A3", b"B", b"45"]


async def test_a_refusal_ends_it() -> None:
    with pytest.raises(DeviceRefused, match="answers '\\?' to a"):
        await converse(talk(), Far(b"1?"), lambda _: None)


async def test_silence_ends_it_after_three_attempts() -> None:
    far = Far(b"", b"", b"")
    with pytest.raises(DeviceRefused, match="does not answer a"):
        await converse(talk(patience_s=1e-3), far, lambda _: None)
    assert far.heard == [b"a"] * 3
