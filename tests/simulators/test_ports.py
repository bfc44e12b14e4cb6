from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from havik.simulators.ports import PIECE_BYTES, PortTaken, SerialPort

EVERY_BYTE = bytes(range(256)) * 4


@pytest.fixture
def port(tmp_path: Path) -> Iterator[SerialPort]:
    async def at_once(_: float) -> None:
        await asyncio.sleep(0)

    with SerialPort(tmp_path / "new" / "radar", 921_600, at_once) as port:
        yield port


def opened(port: SerialPort) -> int:
    return os.open(port.link, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)


async def test_every_byte_arrives_as_it_is(port: SerialPort) -> None:
    reader = opened(port)
    try:
        await port.send(EVERY_BYTE)
        assert os.read(reader, 4096) == EVERY_BYTE
        assert port.lost == 0
    finally:
        os.close(reader)


async def test_nobody_reading_costs_the_bytes_and_nothing_else(port: SerialPort) -> None:
    sent = 100 * len(EVERY_BYTE)
    for _ in range(100):
        await port.send(EVERY_BYTE)
    reader = opened(port)
    try:
        kept = b""
        while True:
            try:
                kept += os.read(reader, 65536)
            except BlockingIOError:
                break
        assert 0 < len(kept) == sent - port.lost
        assert (EVERY_BYTE * 100).startswith(kept)
        await port.send(b"afterwards")
        assert os.read(reader, 4096) == b"afterwards"
    finally:
        os.close(reader)


async def test_bytes_leave_at_the_pace_of_the_line(tmp_path: Path) -> None:
    waits: list[float] = []

    async def count(seconds: float) -> None:
        waits.append(seconds)

    with SerialPort(tmp_path / "radar", 921_600, count) as port:
        await port.send(bytes(PIECE_BYTES + 1))
    assert len(waits) == 2
    assert sum(waits) == pytest.approx((PIECE_BYTES + 1) * 10 / 921_600)


async def test_unplugged_and_plugged_in_again_under_the_same_name(port: SerialPort) -> None:
    reader = opened(port)
    try:
        port.unplug()
        assert not port.link.is_symlink()
        with pytest.raises(OSError, match="Input/output error"):
            os.write(reader, b"?")
        await port.send(b"lost")
        assert port.lost == 4
    finally:
        os.close(reader)
    port.plug()
    reader = opened(port)
    try:
        await port.send(b"again")
        assert os.read(reader, 100) == b"again"
    finally:
        os.close(reader)


def test_plugging_in_twice_changes_nothing(port: SerialPort) -> None:
    there = port.link.readlink()
    port.plug()
    assert port.link.readlink() == there
    port.unplug()
    port.unplug()


def test_the_link_goes_with_the_port(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), SerialPort(tmp_path / "radar", 9600) as port:
        assert port.link.is_symlink()
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["file", "folder", "dangling link"])
def test_what_is_there_already_is_left_alone(tmp_path: Path, kind: str) -> None:
    link = tmp_path / "radar"
    if kind == "file":
        link.write_text("precious")
    elif kind == "folder":
        link.mkdir()
    else:
        link.symlink_to("/dev/pts/none")
    with pytest.raises(PortTaken, match=r"radar is there already; remove it"):
        SerialPort(link, 9600).plug()
    assert link.is_symlink() == (kind == "dangling link")
    assert link.exists() == (kind != "dangling link")
