"""A console's side of the contract: it listens to a site, and asks."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from functools import partial
from typing import NoReturn, TypeVar

import msgspec

from ...config.settings import Name
from ...drivers.errors import LinkLost
from ...drivers.transport.backoff import LinkState, forever
from ...drivers.transport.mqtt import BrokerAddress, Connection, connected
from ..broker import PASSWORD_VARIABLE
from ..commands import (
    COMMANDS,
    AnyCommand,
    Close,
    Command,
    CorrectFind,
    Dispatch,
    HandOver,
    OpenSearch,
    RecordFind,
)
from ..errors import UsageError
from ..messages import Reply
from ..topics import COMMANDS as COMMAND_ROOM
from ..topics import ROOT, reply_topic
from .plain import on_one_line

REPLY_S = 10.0
_REMEDY = f"name broker and user with --broker, the password in {PASSWORD_VARIABLE}"
HEARD = ("+/health", "detections/+", "tracks/+", "incidents/+", "finds/+", "alarms/+")

Take = Callable[[str, bytes], None]
Asked = TypeVar("Asked", bound=Command)

_OPTIONS = ("by", "role", "outcome", "reason", "until")
_OPTIONS_OF = ((Close, "text"), (Dispatch, "zone"), (OpenSearch, "unit"))
_SHORT = {
    "found_at": "at",
    "handed_at": "at",
    "items": "item",
    "negative_search": "negative",
    "giver": "from",
    "receiver": "to",
}
_NAMES = {kind: name for name, kind in COMMANDS.items()}


def new_command_id() -> str:
    """Make an id for one command; sent again with the same id, it is done once."""
    return secrets.token_hex(8)


def make(kind: type[Asked], **given: object) -> Asked:
    """Make a command of what the command line was given, held to what a gateway takes.

    Raises
    ------
    UsageError
        If something in it cannot be; one line that names the option.
    """
    for name, value in given.items():
        try:
            msgspec.json.encode(value)
        except UnicodeEncodeError:
            raise UsageError(f"{_option(kind, name)}: is not text; write it in UTF-8") from None
    try:
        return msgspec.convert({"id": new_command_id(), **given}, kind)
    except msgspec.ValidationError as error:
        what, _, at = str(error).partition(" - at `$.")
        if "regex" in what:
            what = "at most 64 letters, digits and . _ - are allowed, never a name"
        elif "length >= 1" in what:
            what = "it is empty"
        elif "length" in what:
            what = "at most 200 characters are allowed"
        raise UsageError(f"{_option(kind, at.rstrip('`'))}: {what}") from None


def check_site(name: str) -> None:
    """Make sure that `name` can be a site's.

    Raises
    ------
    UsageError
        If it cannot.
    """
    try:
        msgspec.convert(name, Name)
    except msgspec.ValidationError:
        form = "at most 64 letters, digits, _ and -, as in the site's settings"
        raise UsageError(f"--site {on_one_line(name)} can be no site's name: {form}") from None


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
        raise UsageError(f"{error}; {_REMEDY}") from None


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
    check_site(site)
    try:
        async with connected(address) as link:
            await link.subscribe(reply_topic(site, command.id), 1)
            topic = f"{ROOT}/{site}/{COMMAND_ROOM}/{_NAMES[type(command)]}"
            await link.publish(topic, msgspec.json.encode(command), qos=1)
            async with asyncio.timeout(REPLY_S):
                return await _reply(link, command.id)
    except LinkLost as error:
        raise UsageError(f"{error}; {_REMEDY}") from None
    except TimeoutError:
        raise UsageError(
            f"no gateway of site {site} answers at {address} within {REPLY_S:g} s; "
            "is it running, and is the site's name right? The command may still be done later"
        ) from None


async def _reply(link: Connection, command: str) -> Reply:
    """Wait for the answer to `command`; anything else on its topic is no answer."""
    while True:
        message = await link.receive()
        message.acknowledge()
        try:
            reply = msgspec.json.decode(message.payload, type=Reply)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        if reply.command == command:
            return reply


def _option(kind: type[Command], name: str) -> str:
    """What the command line calls a field of a command."""
    of_finds = kind in (RecordFind, CorrectFind, HandOver) and name != "find"
    if of_finds or name in _OPTIONS or (kind, name) in _OPTIONS_OF:
        return "--" + _SHORT.get(name, name).replace("_", "-")
    return name.upper()
