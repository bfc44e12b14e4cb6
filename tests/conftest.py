"""A leak fails the test that left it: a task, a socket, a file. And services that tests start."""

from __future__ import annotations

import asyncio
import gc
import getpass
import inspect
import os
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def pytest_collection_finish() -> None:
    """Leave what is imported out of the search for leaks behind each test: it is most of it."""
    gc.collect()
    gc.freeze()


@pytest.fixture
async def _tasks_end() -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    left = {t for t in asyncio.all_tasks() - before if not t.done()} - {asyncio.current_task()}
    for task in left:
        task.cancel()
    assert not left, f"tasks left running: {sorted(t.get_name() for t in left if t)}"


@pytest.fixture(autouse=True)
def no_leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    if inspect.iscoroutinefunction(getattr(request, "function", None)):
        request.getfixturevalue("_tasks_end")
    yield
    gc.collect()  # an unclosed socket or file warns here, and a warning is an error


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The folder of real recordings; a test that needs it is skipped, and says so, without it."""
    folder = Path(os.environ.get("HAVIK_DATA", ROOT.parent / "shared/data"))
    if not folder.is_dir():
        pytest.skip(f"no real recordings at {folder}: set HAVIK_DATA to their folder")
    return folder


class Mosquitto:
    """A real broker on a free port of loopback; `restart` comes back on the same port."""

    host = "127.0.0.1"

    def __init__(self, binary: str, folder: Path, settings: str) -> None:
        folder.mkdir()
        with socket.create_server((self.host, 0)) as free:
            self.port: int = free.getsockname()[1]
        self._settings = folder / "mosquitto.conf"
        user = (
            getpass.getuser()
        )  # started by root, it would change to a user that reads nothing here
        text = f"user {user}\nlistener {self.port} {self.host}\n{settings}\n"
        self._settings.write_text(text)
        self._binary = binary
        self._log = folder / "mosquitto.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            command = [self._binary, "-v", "-c", str(self._settings)]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection((self.host, self.port), timeout=1).close()
            except OSError:
                time.sleep(0.01)
            else:
                return
        raise AssertionError(f"mosquitto does not start: {self._log.read_text()}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
        self._process = None

    def restart(self) -> None:
        self.stop()
        self.start()


@pytest.fixture
def start_mosquitto(tmp_path: Path) -> Iterator[Callable[[str], Mosquitto]]:
    """Starts brokers with settings of the test's choice."""
    binary = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
    if binary is None:
        pytest.skip("no mosquitto on this machine: install it to run this test")
    started: list[Mosquitto] = []

    def start(settings: str) -> Mosquitto:
        broker = Mosquitto(binary, tmp_path / f"mosquitto-{len(started)}", settings)
        started.append(broker)
        broker.start()
        return broker

    yield start
    for broker in started:
        broker.stop()


@pytest.fixture
def mosquitto(start_mosquitto: Callable[[str], Mosquitto]) -> Mosquitto:
    """A broker that lets everybody in."""
    return start_mosquitto("allow_anonymous true")
