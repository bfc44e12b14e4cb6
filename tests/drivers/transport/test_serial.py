"""Against real pseudo-terminals and real TCP connections."""

from __future__ import annotations

import asyncio
import errno
import os
import pty
import socket
import termios
import tty
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
import serialx

from havik.drivers.errors import LinkLost
from havik.drivers.transport.backoff import LinkState, forever
from havik.drivers.transport.serial import Port, opened

PATIENCE_S = 20.0
EVERY_BYTE = bytes(range(256))


class Cable:
    """A device that can be plugged in and pulled out, always under one name."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self._near = -1

    def plug(self) -> None:
        self._near, far = pty.openpty()
        tty.setraw(far)
        self.link.symlink_to(os.ttyname(far))
        os.close(far)

    def pull(self) -> None:
        self.link.unlink()
        os.close(self._near)
        self._near = -1

    def say(self, data: bytes) -> None:
        os.write(self._near, data)

    def close(self) -> None:
        if self._near >= 0:
            self.pull()


@pytest.fixture
def cable(tmp_path: Path) -> Iterator[Cable]:
    cable = Cable(tmp_path / "radar")
    cable.plug()
    yield cable
    cable.close()


async def receive(port: Port, count: int) -> bytes:
    """The next `count` bytes, in however many pieces they come."""
    data = b""
    async with asyncio.timeout(PATIENCE_S):
        while len(data) < count:
            data += await port.receive()
    return data


async def why(url: str) -> str:
    """What is said of a port that cannot be opened or kept."""
    with pytest.raises(LinkLost) as lost:
        async with asyncio.timeout(PATIENCE_S), opened(url, 921_600) as port:
            while True:
                await port.receive()
    assert str(lost.value).startswith(f"{url}: ")
    assert "\n" not in str(lost.value)
    return str(lost.value).removeprefix(f"{url}: ")


async def test_every_byte_comes_as_it_was_sent(cable: Cable) -> None:
    async with opened(str(cable.link), 921_600) as port:
        cable.say(EVERY_BYTE)
        assert await receive(port, 256) == EVERY_BYTE


async def test_the_line_is_set_as_the_data_sheet_says(cable: Cable) -> None:
    async with opened(str(cable.link), 921_600):
        watch = os.open(cable.link, os.O_RDONLY | os.O_NOCTTY)
        try:
            _, _, control, local, speed_in, speed_out, _ = termios.tcgetattr(watch)
        finally:
            os.close(watch)
    assert speed_in == speed_out == termios.B921600
    assert control & termios.CSIZE == termios.CS8
    assert not control & (termios.PARENB | termios.CSTOPB)
    assert not local & (termios.ICANON | termios.ECHO)


@asynccontextmanager
async def served(
    answer: Callable[[asyncio.StreamWriter], Awaitable[None]],
) -> AsyncGenerator[str, None]:
    """The URL of a device at the far end of a TCP connection."""

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answer(writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"socket://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_a_socket_stands_in_for_a_line() -> None:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(EVERY_BYTE)
        await writer.drain()

    async with served(answer) as url, opened(url, 921_600) as port:
        assert await receive(port, 256) == EVERY_BYTE
        with pytest.raises(LinkLost, match="the far end is gone"):
            await receive(port, 1)


async def test_a_far_end_that_breaks_off_is_told() -> None:
    async def answer(writer: asyncio.StreamWriter) -> None:
        wire = writer.get_extra_info("socket")
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        writer.transport.abort()

    async with served(answer) as url:
        assert await why(url) == "broke the connection off"


async def test_a_converter_that_falls_silent_is_asked_whether_it_lives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wires: list[socket.socket] = []
    connect = asyncio.open_connection

    async def watched(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await connect(host, port)
        wires.append(writer.get_extra_info("socket"))
        return reader, writer

    monkeypatch.setattr(asyncio, "open_connection", watched)
    closed = asyncio.Event()

    async def answer(writer: asyncio.StreamWriter) -> None:
        await closed.wait()

    async with served(answer) as url:
        async with opened(url, 921_600):
            (wire,) = wires
            assert wire.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            idle_s = wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
            every_s = wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL)
            times = wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT)
            assert idle_s + every_s * times <= 30
        closed.set()


@pytest.mark.parametrize(
    ("port", "words"),
    [
        ("{tmp}/none", "is not there: is it plugged in?"),
        ("{tmp}", "is a folder: name the device in it"),
        ("{tmp}/file", "is no serial port"),
        ("/dev/null", "is no serial port"),
        ("socket://127.0.0.1:{free}", "refuses the connection: nothing listens there"),
        ("socket://no-such-host.invalid:7", "no such host is known: check its name"),
        ("socket://127.0.0.1", "write it as socket://host:port"),
        ("socket://127.0.0.1:99999", "Port out of range 0-65535"),
        ("udp://127.0.0.1:7", "No handler registered for URI scheme 'udp://'"),
    ],
)
async def test_why_it_cannot_be_opened_is_told_in_words(
    tmp_path: Path, port: str, words: str
) -> None:
    (tmp_path / "file").write_bytes(b"text")
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = free.getsockname()[1]
    assert await why(port.format(tmp=tmp_path, free=number)) == words


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(errno.EACCES, "denied"), "group dialout"),
        (OSError(errno.EHOSTUNREACH, "no route"), "is it powered, and on this network?"),
        (TimeoutError(), "is it powered, and on this network?"),
        (OSError(errno.EMFILE, "Too many open files"), "Too many open files"),
    ],
)
async def test_so_is_what_a_test_cannot_bring_about(
    monkeypatch: pytest.MonkeyPatch, error: OSError, words: str
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(serialx, "open_serial_connection", fail)
    assert words in await why("/dev/ttyUSB0")


async def test_a_device_is_read_by_one_program_alone(cable: Cable) -> None:
    async with opened(str(cable.link), 921_600):
        assert await why(str(cable.link)) == "is in use by another program"


async def test_an_unplugged_device_is_told(cable: Cable) -> None:
    async with opened(str(cable.link), 921_600) as port:
        cable.say(b"x")
        assert await receive(port, 1) == b"x"
        cable.pull()
        with pytest.raises(LinkLost, match=r"is gone: is it plugged in\?"):
            await receive(port, 1)


class Watch:
    """Reads a link for ever, and lets a test wait for its states and its bytes."""

    def __init__(self, url: str) -> None:
        self.states: asyncio.Queue[LinkState] = asyncio.Queue()
        self.pieces: asyncio.Queue[bytes] = asyncio.Queue()
        self._url = url

    async def run(self) -> None:
        await forever(
            partial(opened, self._url, 921_600),
            self._read,
            self.states.put_nowait,
            sleep=lambda _: asyncio.sleep(0.01),
        )

    async def _read(self, port: Port) -> None:
        while True:
            self.pieces.put_nowait(await port.receive())

    async def until(self, up: bool) -> LinkState:
        async with asyncio.timeout(PATIENCE_S):
            while (state := await self.states.get()).up != up:
                pass
        return state

    async def next_bytes(self, count: int) -> bytes:
        data = b""
        async with asyncio.timeout(PATIENCE_S):
            while len(data) < count:
                data += await self.pieces.get()
        return data


@asynccontextmanager
async def watching(url: str) -> AsyncGenerator[Watch, None]:
    watch = Watch(url)
    task = asyncio.create_task(watch.run(), name="watch")
    try:
        yield watch
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_pulled_out_and_plugged_in_it_heals_by_itself(cable: Cable) -> None:
    async with watching(str(cable.link)) as watch:
        for again in range(3):
            up = await watch.until(True)
            assert (up.reconnections, up.reason) == (again, None)
            cable.say(b"round %d" % again)
            assert await watch.next_bytes(7) == b"round %d" % again
            cable.pull()
            down = await watch.until(False)
            assert down.reason is not None and "is it plugged in?" in down.reason
            assert down.since_ns >= up.since_ns
            cable.plug()


async def test_a_device_that_is_plugged_in_late_is_found(tmp_path: Path) -> None:
    cable = Cable(tmp_path / "radar")
    async with watching(str(cable.link)) as watch:
        down = await watch.until(False)
        assert down.reason == "not connected yet"
        down = await watch.until(False)
        assert down.reason == f"{cable.link}: is not there: is it plugged in?"
        cable.plug()
        try:
            assert (await watch.until(True)).reconnections == 0
        finally:
            cable.close()


async def test_a_far_end_that_starts_again_is_found() -> None:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        await writer.drain()

    async with served(answer) as url, watching(url) as watch:
        assert await watch.next_bytes(15) == b"hello" * 3
