"""An MQTT broker for demonstrations, tests and small rigs; `embedded.py` starts and stops it.

    python -m havik.simulators.broker --directory DIR [--port 0]

It listens on loopback only and lets in one login, made at its start: the user is `havik`, the
password lies in DIR/password, which only its owner can read. It writes one line to standard output:
the port when it is ready, or why it cannot listen. It ends on SIGTERM, on Ctrl-C at its terminal,
and when its standard input closes, so that it does not outlive the process that started it. MQTT
3.1.1; nothing is kept over a restart.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import secrets
import signal
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from amqtt.broker import Broker
from amqtt.contexts import BrokerConfig, ListenerConfig, ListenerType
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from .embedded import PASSWORD_FILE, USERNAME

USERS_FILE = "users"


def make_login(directory: Path) -> Path:
    """Write a new password, and its hash beside it; give the file of users that amqtt reads."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    password = secrets.token_urlsafe(24)
    _write_private(directory / PASSWORD_FILE, password + "\n")
    users = directory / USERS_FILE
    _write_private(users, f"{USERNAME}:{PasswordHash((Argon2Hasher(),)).hash(password)}\n")
    return users


def _write_private(file: Path, text: str) -> None:
    """Replace `file` by one that nobody else could open at any moment."""
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as private:
        private.write(text)


class _Steady(dict[str, Any]):
    """A table that may grow while somebody walks through it.

    amqtt 0.12.1 walks through its subscriptions with other clients served in between: whoever
    connects while another one subscribes would be left unserved ("changed size during iteration").
    """

    def __iter__(self) -> Iterator[str]:
        return iter(list(super().__iter__()))

    def items(self) -> Any:
        return dict(super().items()).items()


async def serve(users: Path, port: int) -> None:
    """Serve until a signal comes or standard input closes.

    The socket is ours and handed to the broker, so that port 0 gives a port that we know.
    """
    listener = ListenerConfig(type=ListenerType.EXTERNAL)
    login = {"amqtt.plugins.authentication.FileAuthPlugin": {"password_file": str(users)}}
    broker = Broker(BrokerConfig(listeners={"default": listener}, plugins=login))
    broker._subscriptions = _Steady()  # pyright: ignore[reportPrivateUsage]
    await broker.start()
    connected = partial(broker.stream_connected, listener_name="default")
    try:
        server = await asyncio.start_server(connected, "127.0.0.1", port)
        print(server.sockets[0].getsockname()[1], flush=True)
        await _told_to_end()
        server.close()
    finally:
        await broker.shutdown()


async def _told_to_end() -> None:
    loop = asyncio.get_running_loop()
    end = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, end.set)
    # A terminal tells all its processes at once, and a broker ends after its clients: where another
    # program started it, that one says when.
    loop.add_signal_handler(signal.SIGINT, end.set if sys.stdin.isatty() else _ignore)

    def until_input_closes() -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        loop.call_soon_threadsafe(end.set)

    # A thread: the event loop cannot watch a file or /dev/null, which standard input may be.
    threading.Thread(target=until_input_closes, name="standard input", daemon=True).start()
    await end.wait()


def _ignore() -> None:
    """Let a signal pass."""


def main() -> None:
    """Run one broker; its log tells of errors only, for a client that leaves is none."""
    parser = argparse.ArgumentParser(prog="havik.simulators.broker")
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    logging.basicConfig(level=logging.ERROR, format="%(name)s: %(message)s")
    users = make_login(options.directory)
    try:
        asyncio.run(serve(users, options.port))
    except (OSError, OverflowError) as error:
        print(f"the broker cannot listen on port {options.port}: {error}", flush=True)
        sys.exit(1)
    finally:
        users.unlink(missing_ok=True)
        (options.directory / PASSWORD_FILE).unlink(missing_ok=True)


if __name__ == "__main__":
    main()
