"""The topics of DESIGN's contract with consoles, and what a message does on its own."""

from __future__ import annotations

from ..drivers.transport.mqtt import Publication
from .messages import (
    Alarm,
    AnyMessage,
    Custody,
    Detection,
    Find,
    Health,
    Incident,
    NotedFlight,
    Proposal,
    Reply,
    Track,
    encode,
)

__all__ = [
    "COMMANDS",
    "ROOMS",
    "ROOT",
    "Publication",
    "health_topic",
    "publications",
    "reply_topic",
]

ROOT = "havik"
COMMANDS = "commands"
ROOMS = (
    "detections",
    "tracks",
    "incidents",
    "flights",
    "finds",
    "custody",
    "alarms",
    "proposals",
    "replies",
    COMMANDS,
)
"""The levels below a site that are no sensors."""


def publications(message: AnyMessage) -> tuple[Publication, ...]:
    """Give what is to be published for `message`, in order; nothing for what only the log hears.

    Raises
    ------
    ValueError
        If a number in it is not finite.
    """
    match message:
        case Health():
            topic = health_topic(message.site, message.sensor)
            return (Publication(topic, encode(message), 1, True),)
        case Detection():
            topic = f"{ROOT}/{message.site}/detections/{message.sensor}"
            return (Publication(topic, encode(message), 0, False),)
        case Track():
            topic = f"{ROOT}/{message.site}/tracks/{message.track}"
            return _kept_while(topic, message, alive=message.state == "alive")
        case Incident():
            topic = f"{ROOT}/{message.site}/incidents/{message.incident}"
            return _kept_while(topic, message, alive=message.state != "closed")
        case NotedFlight():
            topic = f"{ROOT}/{message.site}/flights/{message.track}"
            return (Publication(topic, encode(message), 1, False),)
        case Find():
            topic = f"{ROOT}/{message.site}/finds/{message.find}"
            return (Publication(topic, encode(message), 1, False),)
        case Alarm():
            topic = f"{ROOT}/{message.site}/alarms/{message.source}"
            stays = message.chattering or message.shelved is not None
            is_shown = stays or (message.active and message.needs_person)
            return _kept_while(topic, message, alive=is_shown)
        case Proposal():
            topic = f"{ROOT}/{message.site}/proposals/{message.proposal}"
            return _kept_while(topic, message, alive=message.state == "open")
        case Custody():
            topic = f"{ROOT}/{message.site}/custody/{message.find}"
            return (Publication(topic, encode(message), 1, False),)
        case Reply():
            return (
                Publication(reply_topic(message.site, message.command), encode(message), 1, False),
            )
        case _:
            return ()


def health_topic(site: str, sensor: str) -> str:
    """The topic of one sensor's health."""
    return f"{ROOT}/{site}/{sensor}/health"


def reply_topic(site: str, command: str) -> str:
    """The topic of the answer to one command."""
    return f"{ROOT}/{site}/replies/{command}"


def _kept_while(
    topic: str, message: Track | Incident | Alarm | Proposal, *, alive: bool
) -> tuple[Publication, ...]:
    if alive:
        return (Publication(topic, encode(message), 1, True),)
    # The last word reaches who listens now; who comes later must not find it.
    return (Publication(topic, encode(message), 1, False), Publication(topic, b"", 1, True))
