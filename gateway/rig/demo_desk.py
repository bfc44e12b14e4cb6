"""The control room of the demonstration: it does what its people would, by MQTT commands."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import msgspec

from ...drivers.transport.mqtt import BrokerAddress
from ..commands import Acknowledge, AnyCommand, Close, RecordFind, Release
from ..console.client import ask, new_command_id
from ..messages import FindItem, Incident

LOOK_EVERY_S = 1.0
REACTION_S = 2.0
"""Between an alarm and its acknowledgement."""

PATROL_S = 8.0
"""Between a suspected drop and the patrol in the yard; in a demonstration they are fast."""

PACKAGE = (
    FindItem(category="phone", sub="mini", quantity=2),
    FindItem(
        category="drugs",
        sub="cannabis",
        quantity=1,
        unit="package",
        weight_g=48.5,
        weight_basis="gross_with_packaging",
    ),
)
"""What the invented package holds."""


class Desk:
    """Answers alarms: acknowledges, has held zones searched, releases them, closes."""

    def __init__(self, address: BrokerAddress, site: str) -> None:
        self._address = address
        self._site = site
        self._incidents: dict[str, Incident] = {}
        self._done: set[tuple[str, str]] = set()

    def hear(self, topic: str, payload: bytes) -> None:
        """Take in one message of the gateway."""
        room = topic.split("/")
        if room[2] == "incidents" and payload:
            incident = msgspec.json.decode(payload, type=Incident)
            self._incidents[incident.incident] = incident

    async def run(self) -> None:
        """Do what is to be done, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            for incident in list(self._incidents.values()):
                await self._answer(incident)

    async def _answer(self, incident: Incident) -> None:
        for name, command in to_do(incident, time.time_ns()):
            key = (incident.incident, name)
            if key not in self._done:
                self._done.add(key)
                await ask(self._address, self._site, command)


def to_do(incident: Incident, now_ns: int) -> Iterator[tuple[str, AnyCommand]]:
    """Give what a control room does next about an incident; the name tells it from the rest."""
    since_alarm_s = (now_ns - incident.first_contact_ns) / 1e9
    if incident.state == "alarm" and since_alarm_s >= REACTION_S:
        yield "acknowledge", Acknowledge(**_about(incident), by="desk-1")
    for zone in incident.hold:
        since_ns = _held_since_ns(incident, zone)  # a hover after a search asks for another one
        if _is_searched(incident, zone):
            release = Release(**_about(incident), zone=zone, by="shift-lead")
            yield f"release {zone} of {since_ns}", release
        elif (now_ns - since_ns) / 1e9 >= PATROL_S:
            yield f"search {zone} of {since_ns}", _found(incident, zone)
    if incident.state == "acknowledged" and not incident.contact and not incident.hold:
        outcome = "contraband_found" if incident.drop else "nothing_found"
        yield "close", Close(**_about(incident), by="shift-lead", outcome=outcome)


def _about(incident: Incident) -> dict[str, str]:
    return {"id": new_command_id(), "incident": incident.incident}


def _is_searched(incident: Incident, zone: str) -> bool:
    of_zone = [step.step for step in incident.steps if step.zone == zone]
    return [one for one in of_zone if one in ("searched", "drop-suspected")][-1:] == ["searched"]


def _held_since_ns(incident: Incident, zone: str) -> int:
    """When a drop was last suspected there, or else when the flight was lost."""
    held = [step for step in incident.steps if step.step == "drop-suspected" and step.zone == zone]
    lost = [step for step in incident.steps if step.step == "contact-lost"]
    return next((step.time_ns for step in [*reversed(held), *lost]), incident.time_ns)


def _found(incident: Incident, zone: str) -> RecordFind:
    """The first zone held the package; any other was searched for nothing."""
    dropped_here = incident.drop is not None and incident.drop.zone == zone
    return RecordFind(
        id=new_command_id(),
        incident=incident.incident,
        place="yard",
        place_ref=zone,
        method="drone_alarm_search",
        route="drone" if dropped_here else None,
        negative_search=not dropped_here,
        items=PACKAGE if dropped_here else (),
        finder_role="patrol",
    )
