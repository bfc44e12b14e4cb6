"""The console's screen: what the topics say, laid out for one look at three in the morning.

Messages in, a picture out; no I/O, time is passed in.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ..drivers.readings import Position
from .messages import Detection, Find, Health, Incident, Track

STATE_STYLE = {"online": "green", "degraded": "yellow", "offline": "bold red"}
MOST_TRACKS = 12
MOST_KEPT = 500
RIGHT = {"height", "speed", "course", "seen", "for", "readings", "refused", "dropped"}

Kept = TypeVar("Kept", Incident, Track, Find)


class Screen:
    """The newest message of each subject."""

    def __init__(self) -> None:
        self.incidents: dict[str, Incident] = {}
        self.tracks: dict[str, Track] = {}
        self.health: dict[str, Health] = {}
        self.finds: dict[str, Find] = {}
        self.detections = 0
        self.emissions: dict[str, Detection] = {}
        self.unreadable = 0

    def take(self, topic: str, payload: bytes) -> None:
        """Take in one message; what is not readable is counted and shown."""
        levels = topic.split("/")
        if len(levels) != 4 or levels[0] != "havik":
            return
        try:
            self._take(levels, payload)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self.unreadable += 1

    def _take(self, levels: list[str], payload: bytes) -> None:
        room, subject = levels[2], levels[3]
        if subject == "health":
            self.health[f"{levels[1]}/{room}"] = msgspec.json.decode(payload, type=Health)
        elif room == "incidents":
            _keep(self.incidents, subject, payload, Incident)
        elif room == "tracks":
            _keep(self.tracks, subject, payload, Track)
        elif room == "finds":
            _keep(self.finds, subject, payload, Find)
        elif room == "detections":
            self.detections += 1
            detection = msgspec.json.decode(payload, type=Detection)
            if detection.kind == "radio-emission":
                self.emissions[subject] = detection

    def draw(self, now_ns: int) -> RenderableType:
        """The whole screen at `now_ns`."""
        return Group(
            self._header(now_ns),
            *self._incident_panels(now_ns),
            self._track_table(now_ns),
            self._sensor_table(now_ns),
        )

    def _header(self, now_ns: int) -> RenderableType:
        sites = {health.site for health in self.health.values()}
        line = Text.assemble(
            ("HAVIK ", "bold cyan"),
            (", ".join(sorted(sites)) or "waiting for a gateway", "bold"),
            f"   {_clock(now_ns)} UTC   {self.detections} detections   {len(self.finds)} finds",
        )
        if self.unreadable:
            line.append(f"   {self.unreadable} unreadable messages", "red")
        return line

    def _incident_panels(self, now_ns: int) -> list[RenderableType]:
        if not self.incidents:
            return [Panel(Text("No open incident", "green"), border_style="green")]
        newest_first = sorted(self.incidents.values(), key=lambda i: -i.first_contact_ns)
        return [_incident_panel(incident, self.finds, now_ns) for incident in newest_first]

    def _track_table(self, now_ns: int) -> RenderableType:
        table = Table(title="Tracks", title_justify="left", expand=True, box=None, padding=(0, 1))
        for name in ("what", "by", "claims to be", "position", "height", "speed", "course", "seen"):
            table.add_column(name, justify="right" if name in RIGHT else "left", no_wrap=True)
        order = sorted(self.tracks.values(), key=lambda t: (t.incident is None, -t.last_seen_ns))
        for track in order[:MOST_TRACKS]:
            table.add_row(
                track.aircraft_class,
                track.basis,
                ", ".join(track.claims) or "-",
                _position(track.position),
                _with_unit(track.height_agl_m, "m"),
                _with_unit(track.speed_m_s, "m/s"),
                _with_unit(track.course_deg, "°"),
                _ago(now_ns, track.last_seen_ns),
                style="bold red" if track.incident else "",
            )
        if len(order) > MOST_TRACKS:
            table.caption = f"and {len(order) - MOST_TRACKS} more"
        return table

    def _sensor_table(self, now_ns: int) -> RenderableType:
        table = Table(title="Sensors", title_justify="left", expand=True, box=None, padding=(0, 1))
        for name in ("sensor", "state", "for", "readings", "refused", "dropped", "heard", "why"):
            table.add_column(name, justify="right" if name in RIGHT else "left", no_wrap=True)
        for _, health in sorted(self.health.items()):
            emission = self.emissions.get(health.sensor)
            table.add_row(
                health.sensor,
                Text(health.state, STATE_STYLE[health.state]),
                _ago(now_ns, health.since_ns),
                f"{health.readings:,}",
                f"{sum(health.refused.values()):,}",
                f"{sum(health.dropped.values()):,}",
                emission.label if emission and emission.label else "-",
                health.reason or "",
            )
        return table


def _incident_panel(incident: Incident, finds: dict[str, Find], now_ns: int) -> Panel:
    alarm = incident.state == "alarm"
    what = ", ".join(incident.labels) or "aircraft"
    contact = "in contact" if incident.contact else "contact lost"
    title = f" {incident.state.upper()}: {what}, {contact} "
    lines = Table.grid(padding=(0, 2))
    for name, value in _incident_lines(incident, finds, now_ns):
        lines.add_row(name, value)
    return Panel(
        lines,
        title=Text(title, "bold white on red" if alarm else "bold black on yellow"),
        title_align="left",
        border_style="red" if alarm else "yellow",
    )


def _incident_lines(
    incident: Incident, finds: dict[str, Find], now_ns: int
) -> Iterator[tuple[str, RenderableType]]:
    """What the operator acts on comes first."""
    if incident.hold:
        yield "HOLD", Text(f"{', '.join(incident.hold)}: nobody in before the search", "bold red")
    if incident.search:
        zones = (place.zone or _position(place.position) for place in incident.search)
        yield "search", Text(", ".join(zones), "bold")
    if incident.drop:
        yield (
            "drop",
            Text(f"suspected at {incident.drop.zone}, {_position(incident.drop.position)}"),
        )
    claimed = incident.operator_claimed
    yield "pilot", f"{_position(claimed)} (claimed)" if claimed else "unknown"
    yield "aircraft", _position(incident.position)
    yield "claims", ", ".join(incident.claims) or "none"
    ago = _ago(now_ns, incident.first_contact_ns)
    yield (
        "since",
        f"{_clock(incident.first_contact_ns)} UTC ({ago}), by {', '.join(incident.sensors)}",
    )
    yield from (("find", _find_in_words(finds.get(name), name)) for name in incident.finds)
    yield "steps", " > ".join(step.step for step in incident.steps[-7:])


def _find_in_words(find: Find | None, name: str) -> str:
    if find is None:
        return name
    if find.negative_search:
        return f"{find.place_ref or find.place} searched, nothing found"
    items = ", ".join(f"{item.quantity:g} {item.unit} {item.category}" for item in find.items)
    return f"{items} at {find.place_ref or find.place}"


def _keep(table: dict[str, Kept], subject: str, payload: bytes, kind: type[Kept]) -> None:
    """Keep the newest of each subject; an empty payload clears it; the eldest make room."""
    table.pop(subject, None)
    if payload:
        table[subject] = msgspec.json.decode(payload, type=kind)
    while len(table) > MOST_KEPT:
        del table[next(iter(table))]


def _clock(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns / 1e9, UTC).strftime("%H:%M:%S")


def _ago(now_ns: int, time_ns: int) -> str:
    seconds = max(0, round((now_ns - time_ns) / 1e9))
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"


def _position(position: Position | None) -> str:
    if position is None:
        return "unknown"
    return f"{position.latitude_deg:.5f}, {position.longitude_deg:.5f}"


def _with_unit(value: float | None, unit: str) -> str:
    return "-" if value is None else f"{value:.0f} {unit}"
