"""A console's side of the contract: it listens to a site, and asks."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from functools import partial
from typing import NoReturn

import msgspec

from ..drivers.errors import LinkLost
from ..drivers.transport.backoff import LinkState, forever
from ..drivers.transport.mqtt import BrokerAddress, Connection, connected
from .commands import COMMANDS, AnyCommand
from .errors import UsageError
from .messages import Reply
from .topics import COMMANDS as COMMAND_ROOM
from .topics import ROOT, reply_topic

REPLY_S = 10.0
HEARD = ("+/health", "detections/+", "tracks/+", "incidents/+", "finds/+")

Take = Callable[[str, bytes], None]

_NAMES = {kind: name for name, kind in COMMANDS.items()}


def new_command_id() -> str:
    """Make an id for one command; sent again with the same id, it is done once."""
    return secrets.token_hex(8)


async def reach(address: BrokerAddress) -> None:
    """Find out whether the broker lets us in.

    Raises
    ------
    UsageError
        If it does not; which broker, why, and the remedy.
    """
    try:
        async with connected(address):
            pass
    except LinkLost as error:
        raise UsageError(f"{error}; is a broker running there? name it with --broker") from None


async def listen(
    address: BrokerAddress, take: Take, on_state: Callable[[LinkState], None], site: str = "+"
) -> NoReturn:
    """Give every message of `site` (or of all sites) to `take`, through every reconnection."""
    await forever(partial(connected, address), partial(_hear, take, site), on_state)


async def _hear(take: Take, site: str, link: Connection) -> None:
    await link.subscribe([f"{ROOT}/{site}/{topic}" for topic in HEARD], 1)
    while True:
        message = await link.receive()
        take(message.topic, message.payload)
        message.acknowledge()


async def ask(address: BrokerAddress, site: str, command: AnyCommand) -> Reply:
    """Send one command and wait for its reply: `accepted` comes after the record is durable.

    Raises
    ------
    UsageError
        If the broker cannot be reached, or no gateway answers.
    """
    try:
        async with connected(address) as link:
            await link.subscribe(reply_topic(site, command.id), 1)
            topic = f"{ROOT}/{site}/{COMMAND_ROOM}/{_NAMES[type(command)]}"
            await link.publish(topic, msgspec.json.encode(command), qos=1)
            message = await asyncio.wait_for(link.receive(), REPLY_S)
            message.acknowledge()
            return msgspec.json.decode(message.payload, type=Reply)
    except LinkLost as error:
        raise UsageError(f"{error}; is a broker running there? name it with --broker") from None
    except TimeoutError:
        raise UsageError(
            f"no gateway of site {site} answers at {address} within {REPLY_S:g} s; "
            "is it running, and is the site's name right? The command may still be done later"
        ) from None
