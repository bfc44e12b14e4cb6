"""The contract with consoles as documents: JSON Schemas and an AsyncAPI 3 description.

`python -m havik.gateway.contract docs` writes them; a test holds that they are current.
Documents followed: JSON Schema 2020-12, AsyncAPI 3.0.0.
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from .commands import COMMANDS
from .messages import (
    Alarm,
    Audit,
    Custody,
    Detection,
    Find,
    Health,
    Incident,
    NotedFlight,
    Proposal,
    Reply,
    Track,
)
from .notice import Notice

SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Channel(NamedTuple):
    """One family of topics."""

    name: str
    address: str
    payload: type[msgspec.Struct]
    action: Literal["send", "receive"]  # as the gateway sees it
    qos: Literal[0, 1]
    retained: str
    summary: str


CHANNELS = (
    Channel("health", "havik/{site}/{sensor}/health", Health, "send", 1, "yes",
            "How a sensor is; the last will says offline."),
    Channel("detections", "havik/{site}/detections/{sensor}", Detection, "send", 0, "no",
            "One sensor's evidence; may be dropped under load, oldest first."),
    Channel("tracks", "havik/{site}/tracks/{track}", Track, "send", 1, "while alive",
            "One moving thing; an empty payload clears it."),
    Channel("incidents", "havik/{site}/incidents/{incident}", Incident, "send", 1, "until closed",
            "One flight and its follow-up; an empty payload clears it."),
    Channel("flights", "havik/{site}/flights/{track}", NotedFlight, "send", 1, "no",
            "An approved flight, which is no alarm."),
    Channel("finds", "havik/{site}/finds/{find}", Find, "send", 1, "no",
            "A find, or a search that found nothing."),
    Channel("custody", "havik/{site}/custody/{find}", Custody, "send", 1, "no",
            "One handover of what was found."),
    Channel("alarms", "havik/{site}/alarms/{source}", Alarm, "send", 1, "while it matters",
            "What the alarm rules make of one source; an empty payload clears it."),
    Channel("proposals", "havik/{site}/proposals/{proposal}", Proposal, "send", 1, "while open",
            "What a sensor's alarm proposes to be looked for; an empty payload clears it."),
    Channel("replies", "havik/{site}/replies/{command}", Reply, "send", 1, "no",
            "The answer to a command, after its record is durable."),
    *(
        Channel(f"commands-{name}", f"havik/{{site}}/commands/{name}", command, "receive", 1, "no",
                (command.__doc__ or "").splitlines()[0])
        for name, command in COMMANDS.items()
    ),
)  # fmt: skip

FILES = (Notice,)  # written for others, on no topic
LOGGED = (Audit,)  # in the log alone, on no topic


def schemas() -> dict[str, object]:
    """JSON Schema of every message, by the type's name."""
    types: list[type[msgspec.Struct]] = [
        *(channel.payload for channel in CHANNELS),
        *LOGGED,
        *FILES,
    ]
    made: dict[str, object] = {}
    for kind in types:
        schema = msgspec.json.schema(kind, ref_template="#/$defs/{name}")
        made[kind.__name__] = {"$schema": SCHEMA_DIALECT, "title": kind.__name__, **schema}
    return made


def asyncapi() -> dict[str, object]:
    """The AsyncAPI 3 document of all topics."""
    channels: dict[str, object] = {}
    operations: dict[str, object] = {}
    messages: dict[str, object] = {}
    for channel in CHANNELS:
        kind = channel.payload.__name__
        variables = [part[1:-1] for part in channel.address.split("/") if part.startswith("{")]
        messages[kind] = {
            "contentType": "application/json",
            "payload": {"$ref": f"schemas/{kind}.json"},
        }
        channels[channel.name] = {
            "address": channel.address,
            "description": f"{channel.summary} Retained: {channel.retained}.",
            "parameters": {name: {"description": f"The {name}'s name."} for name in variables},
            "messages": {kind: {"$ref": f"#/components/messages/{kind}"}},
        }
        operations[f"{channel.action}-{channel.name}"] = {
            "action": channel.action,
            "channel": {"$ref": f"#/channels/{channel.name}"},
            "messages": [{"$ref": f"#/channels/{channel.name}/messages/{kind}"}],
            "bindings": {"mqtt": {"qos": channel.qos, "retain": channel.retained != "no"}},
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Havik gateway",
            "version": version("havik"),
            "description": "What consoles get and what they may ask, over MQTT 3.1.1 or 5.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }


def documents() -> dict[str, bytes]:
    """Every generated document by its path under `docs/`."""
    made = {f"schemas/{name}.json": _pretty(schema) for name, schema in schemas().items()}
    return {"asyncapi.json": _pretty(asyncapi()), **made}


def _pretty(document: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document, order="sorted"), indent=2) + b"\n"


def main(folder: Path) -> None:
    """Write the documents into `folder`."""
    for name, text in documents().items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
