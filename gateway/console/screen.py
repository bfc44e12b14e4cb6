"""The console's screen: what the topics say, laid out for one look at three in the morning.

Messages in, a picture out; no I/O, time is passed in. The picture fits the terminal: incidents
come first, each at least as a line, then sensors that are not well, then tracks, then the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import msgspec
from msgspec.structs import replace
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from ..messages import ALARMING, Alarm, Detection, Find, Health, Incident, Track
from .incident_panel import (
    ago,
    clock,
    incident_line,
    incident_panel,
    position_text,
    printable,
    urgency,
)

STATE_STYLE = {"online": "green", "degraded": "yellow", "offline": "bold red"}
MOST_TRACKS = 12
MOST_ILL = 4  # of each kind
MOST_KEPT = 500
HEARD_FOR_NS = 60_000_000_000
RIGHT = {"height", "speed", "course", "seen", "for", "readings", "refused", "dropped"}

Kept = TypeVar("Kept", Incident, Track, Find, Health, Detection, Alarm)
Line = list[Segment]
Lines = Callable[..., list[Line]]


class Screen:
    """The newest message of each subject."""

    def __init__(self) -> None:
        self.incidents: dict[str, Incident] = {}
        self.tracks: dict[str, Track] = {}
        self.health: dict[str, Health] = {}
        self.finds: dict[str, Find] = {}
        self.alarms: dict[str, Alarm] = {}
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
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self.unreadable += 1

    def _take(self, levels: list[str], payload: bytes) -> None:
        room, subject = levels[2], levels[3]
        if subject == "health":
            self._take_health(f"{levels[1]}/{room}", payload)
        elif room == "incidents":
            _keep(self.incidents, subject, payload, Incident)
        elif room == "tracks":
            _keep(self.tracks, subject, payload, Track)
        elif room == "finds":
            _keep(self.finds, subject, payload, Find)
        elif room == "alarms":
            _keep(self.alarms, f"{levels[1]}/{subject}", payload, Alarm)
        elif room == "detections":
            self.detections += 1
            if msgspec.json.decode(payload, type=Detection).family in ALARMING:
                _keep(self.emissions, f"{levels[1]}/{subject}", payload, Detection)

    def _take_health(self, key: str, payload: bytes) -> None:
        before = self.health.get(key)
        _keep(self.health, key, payload, Health)
        after = self.health.get(key)
        if before is not None and after is not None and after.since_ns is None:
            # A last will was written long ago: what it tells came after the last word before.
            since_ns = before.since_ns if before.state == after.state else before.time_ns
            self.health[key] = replace(after, since_ns=since_ns)

    def draw(self, now_ns: int) -> RenderableType:
        """The whole screen at `now_ns`."""
        return _Picture(self, now_ns)


class _Picture:
    """A screen at one moment, as large as the terminal that it is drawn on."""

    def __init__(self, screen: Screen, now_ns: int) -> None:
        self._screen = screen
        self._now_ns = now_ns

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw what there is room for, what matters most first."""
        width, height = options.max_width, options.max_height - 1  # one for the console's own word
        free = options.update(height=None)

        def lines(*parts: RenderableType) -> list[Line]:
            return [line for part in parts for line in console.render_lines(part, free, pad=False)]

        drawn = lines(self._header())
        ill = lines(*self._ill())
        drawn += self._incidents(lines, height - len(drawn) - len(ill)) + ill
        drawn += self._table(lines, self._tracks(width), height - len(drawn))
        drawn += self._table(lines, self._sensors(width), height - len(drawn))
        for line in drawn[:height]:
            yield from line
            yield Segment.line()

    def _header(self) -> Text:
        screen = self._screen
        sites = sorted({health.site for health in screen.health.values()})
        modes = {health.mode for health in screen.health.values()} - {"live"}
        line = Text(no_wrap=True, overflow="ellipsis")
        line.append("HAVIK ", "bold cyan")
        line.append(printable(", ".join(sites)) or "waiting for a gateway", "bold")
        if modes:
            line.append(f"  {', '.join(sorted(modes)).upper()}", "bold magenta")
        line.append(f"  {clock(self._now_ns)} UTC")
        line.append(f"  {screen.detections} detections  {len(screen.finds)} finds")
        if screen.unreadable:
            line.append(f"  {screen.unreadable} unreadable messages", "red")
        return line

    def _incidents(self, lines: Lines, room: int) -> list[Line]:
        """Each incident whole while there is room for a line of each of the others."""
        screen, now_ns = self._screen, self._now_ns
        waiting = sorted(screen.incidents.values(), key=urgency)
        if not waiting:
            return lines(Text("No open incident", "green"))
        drawn: list[Line] = []
        while waiting:
            incident = waiting.pop(0)
            whole = lines(incident_panel(incident, screen.tracks, screen.finds, now_ns))
            if len(drawn) + len(whole) + len(waiting) <= room:
                drawn += whole
            elif len(drawn) + 1 < room or not waiting:
                drawn += lines(incident_line(incident, now_ns))
            else:
                more = f"and {len(waiting) + 1} more open incidents"
                return drawn + lines(Text(more, "bold red"))
        return drawn

    def _ill(self) -> Iterator[Text]:
        """What the site does not see: sensors not online, and alarms that are not told each."""
        for alarm in list(self._screen.alarms.values())[:MOST_ILL]:
            if words := _alarm_words(alarm):
                yield Text(printable(f"{alarm.source}: {words}"), "yellow", no_wrap=True)
        ill = [one for one in self._screen.health.values() if one.state != "online"]
        ill.sort(key=lambda health: (health.state != "offline", health.sensor))
        for health in ill[:MOST_ILL]:
            line = Text(no_wrap=True, overflow="ellipsis")
            line.append(health.state.upper(), STATE_STYLE[health.state])
            since = "" if health.since_ns is None else f" for {self._since(health)}"
            line.append(printable(f" {health.sensor}{since}"), "bold")
            line.append(printable(f": {health.reason}") if health.reason else "")
            yield line
        if len(ill) > MOST_ILL:
            yield Text(f"and {len(ill) - MOST_ILL} more sensors are not online", "bold red")

    def _tracks(self, width: int) -> Table:
        names = ("what", "by", "claims", "position", "height", "speed", "course", "seen")
        table = _new_table("Tracks", names)
        order = sorted(
            self._screen.tracks.values(), key=lambda t: (t.incident is None, -t.last_seen_ns)
        )
        for track in order[:MOST_TRACKS]:
            _add(
                table,
                track.aircraft_class,
                track.basis,
                _tail(", ".join(track.claims) or "-", width - 74),
                position_text(track.position),
                _with_unit(track.height_agl_m, "m"),
                _with_unit(track.speed_m_s, "m/s"),
                _with_unit(track.course_deg, "°"),
                ago(self._now_ns, track.last_seen_ns),
                style="bold red" if track.incident else "",
            )
        return table

    def _sensors(self, width: int) -> Table:
        names = ("sensor", "state", "for", "readings", "refused", "dropped", "heard", "why")
        table = _new_table("Sensors", names)
        for key, health in sorted(self._screen.health.items()):
            _add(
                table,
                health.sensor,
                Text(health.state, STATE_STYLE[health.state]),
                self._since(health),
                f"{health.readings:,}",
                f"{sum(health.refused.values()):,}",
                f"{sum(health.dropped.values()):,}",
                self._heard(key),
                _head(health.reason or "", width - 78),
            )
        return table

    def _since(self, health: Health) -> str:
        return "-" if health.since_ns is None else ago(self._now_ns, health.since_ns)

    def _heard(self, key: str) -> str:
        """The drone or controller that a receiver heard last, for a minute."""
        emission = self._screen.emissions.get(key)
        if emission is None or self._now_ns - emission.time_ns > HEARD_FOR_NS:
            return "-"
        return printable(emission.label or "-")

    def _table(self, lines: Lines, table: Table, room: int) -> list[Line]:
        """As many rows as fit; the rest in number."""
        drawn = lines(table) if table.row_count else []
        if len(drawn) <= room:
            return drawn
        rows = room - (len(drawn) - table.row_count) - 1
        if rows < 1:
            return []
        left_out = Text(f"and {table.row_count - rows} more", "dim")
        return drawn[: len(drawn) - table.row_count + rows] + lines(left_out)


def _new_table(title: str, columns: Iterable[str]) -> Table:
    """A table whose rows are a line each."""
    table = Table(title=title, title_justify="left", expand=True, box=None, padding=(0, 2, 0, 0))
    for name in columns:
        table.add_column(name, justify="right" if name in RIGHT else "left", no_wrap=True)
    return table


def _add(table: Table, *cells: str | Text, style: str = "") -> None:
    """Add a row of plain words: what came over the air is no markup."""
    texts = (Text(printable(cell)) if isinstance(cell, str) else cell for cell in cells)
    table.add_row(*texts, style=style)


def _head(text: str, width: int) -> str:
    room = max(width, 8)
    return text if len(text) <= room else f"{text[: room - 1]}…"


def _tail(text: str, width: int) -> str:
    """The end of a name, by which serial numbers differ."""
    room = max(width, 8)
    return text if len(text) <= room else f"…{text[1 - room :]}"


def _alarm_words(alarm: Alarm) -> str:
    """Say why a source is not told each time; nothing of one that is."""
    if alarm.shelved is not None:
        shelf = alarm.shelved
        return f"shelved by {shelf.by} until {clock(shelf.until_ns)} UTC: {shelf.reason}"
    if alarm.kind == "flood":
        return f"{alarm.activations} alarms in ten minutes; some fences are not told each"
    if alarm.chattering:
        return f"chattering, {alarm.activations} times, last at {clock(alarm.since_ns)} UTC"
    return ""


def _keep(table: dict[str, Kept], subject: str, payload: bytes, kind: type[Kept]) -> None:
    """Keep the newest of each subject; an empty payload clears it; the eldest make room."""
    message = msgspec.json.decode(payload, type=kind) if payload else None
    table.pop(subject, None)
    if message is not None:
        table[subject] = message
    while len(table) > MOST_KEPT:
        del table[next(iter(table))]


def _with_unit(value: float | None, unit: str) -> str:
    return "-" if value is None else f"{value:.0f} {unit}"
