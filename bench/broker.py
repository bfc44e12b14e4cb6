"""A broker for a benchmark: mosquitto where it is installed, the embedded one otherwise."""

from __future__ import annotations

import asyncio
import getpass
import shutil
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from ..config.settings import BrokerSection
from ..simulators.embedded import embedded_broker

HOST = "127.0.0.1"
START_TRIES = 200


@asynccontextmanager
async def broker(folder: Path) -> AsyncGenerator[tuple[str, BrokerSection], None]:
    """Run a broker on a free port of loopback; give its name and its settings."""
    binary = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
    if binary is None:
        async with embedded_broker(folder / "broker") as embedded:
            yield (
                "amqtt",
                BrokerSection(
                    host=embedded.host,
                    port=embedded.port,
                    username=embedded.username,
                    password_file=str(embedded.password_file),
                ),
            )
        return
    with socket.create_server((HOST, 0)) as free:
        port = int(free.getsockname()[1])
    settings = folder / "mosquitto.conf"
    settings.write_text(
        f"user {getpass.getuser()}\nlistener {port} {HOST}\nallow_anonymous true\n"
        "max_queued_messages 0\nset_tcp_nodelay true\n"
    )
    nothing = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        binary, "-c", str(settings), stdout=nothing, stderr=nothing
    )
    try:
        await _listens(port)
        yield "mosquitto", BrokerSection(host=HOST, port=port)
    finally:
        process.terminate()
        await process.wait()


async def _listens(port: int) -> None:
    for _ in range(START_TRIES):
        try:
            _, writer = await asyncio.open_connection(HOST, port)
        except OSError:
            await asyncio.sleep(0.02)
            continue
        writer.close()
        await writer.wait_closed()
        return
    raise RuntimeError("mosquitto does not start")
