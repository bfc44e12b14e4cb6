"""The embedded broker as others see it: a process that lives as long as a context."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

USERNAME = "havik"
PASSWORD_FILE = "password"  # noqa: S105 (the name of a file)
START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0


class BrokerFailed(Exception):
    """The embedded broker did not start; the text says why."""


@dataclass(frozen=True, slots=True)
class EmbeddedBroker:
    """Where the broker listens, and how to log in."""

    process: asyncio.subprocess.Process
    port: int
    password_file: Path
    username: str = USERNAME
    host: str = "127.0.0.1"


@contextlib.asynccontextmanager
async def embedded_broker(directory: Path, port: int = 0) -> AsyncGenerator[EmbeddedBroker, None]:
    """Run a broker as a process of its own for as long as the context lasts.

    Parameters
    ----------
    directory : Path
        For the login's files; they are gone at the end.
    port : int
        0 for one that is free.

    Raises
    ------
    BrokerFailed
        If it does not listen, for instance because `port` is in use.
    """
    command = (sys.executable, "-m", "havik.simulators.broker")
    options = ("--directory", str(directory), "--port", str(port))
    pipe = subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, *options, stdin=pipe, stdout=pipe)
    try:
        yield EmbeddedBroker(process, await _port(process), directory / PASSWORD_FILE)
    finally:
        await _stop(process)


async def _port(process: asyncio.subprocess.Process) -> int:
    """The line that the broker writes: its port when it is ready, or why it is not."""
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), START_TIMEOUT_S)
    if not line.strip().isdigit():
        raise BrokerFailed(line.decode().strip() or "the broker ended without a word")
    return int(line)


async def _stop(process: asyncio.subprocess.Process) -> None:
    """End it kindly by closing its standard input; then less so."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        await asyncio.wait_for(process.communicate(), STOP_TIMEOUT_S)
    except TimeoutError:
        process.kill()
        await process.communicate()
