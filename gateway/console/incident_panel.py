"""One incident for a person who has been woken by it: what to do first, then where, then why.

Everything that came over the air is shown as it is, without markup and without control characters:
whoever broadcasts a name does not draw on the console.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ...drivers.readings import Position
from ..finds import in_words
from ..messages import Find, Incident, Track
from ..workflow import is_searched

MOST_FINDS = 3
MOST_CLAIMS = 3
TIMED = ("acknowledged", "dispatched", "search-opened", "searched", "released")
"""Steps whose time since the alarm is shown."""


def incident_panel(
    incident: Incident, tracks: Mapping[str, Track], finds: Mapping[str, Find], now_ns: int
) -> Panel:
    """All that an operator acts on, in a frame that tells how urgent it is."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in _lines(incident, tracks, finds, now_ns):
        grid.add_row(Text(name, "bold red" if name == "HOLD" else ""), value)
    return Panel(
        grid,
        title=Text(f" {_title(incident)} ", _style(incident)),
        title_align="left",
        border_style="red" if incident.state == "alarm" else "yellow",
    )


def incident_line(incident: Incident, now_ns: int) -> Text:
    """The same in one line, for when there is no room."""
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(f" {incident.state.upper()} ", _style(incident))
    line.append(printable(f" {next_step(incident)}"), "bold")
    if incident.state == "alarm" and incident.hold:
        line.append(printable(f"  HOLD {', '.join(incident.hold)}"), "bold red")
    what = ", ".join(incident.labels) or "aircraft"
    since = ago(now_ns, incident.first_contact_ns)
    line.append(printable(f"  {what} {since} ago  {incident.incident}"))
    return line


def next_step(incident: Incident) -> str:
    """What a person does next."""
    for search in incident.searches:
        if search.closed_ns is None and incident.state != "alarm":
            left = [one.item for one in search.checklist if one.time_ns is None]
            if left:
                return f"search {search.zone}: {', '.join(left)}"
            if not is_searched(incident, search.zone, search.opened_ns):
                return f"record what {search.zone} gave"
            return f"close the search of {search.zone}"
    unsearched = [zone for zone in incident.hold if not is_searched(incident, zone)]
    searched = [zone for zone in incident.hold if zone not in unsearched]
    if incident.state == "alarm":
        return "acknowledge"
    if unsearched:
        return f"search {', '.join(unsearched)}, record the outcome"
    if searched:
        return f"release {', '.join(searched)}"
    return "watch: it is still there" if incident.contact else "close"


def urgency(incident: Incident) -> tuple[bool, bool, bool, int]:
    """Sort key: alarms, then flights in contact, then holds; the newest first among equals."""
    return (
        incident.state != "alarm",
        not incident.contact,
        not incident.hold,
        -incident.first_contact_ns,
    )


def _style(incident: Incident) -> str:
    return "bold white on red" if incident.state == "alarm" else "bold black on yellow"


def _title(incident: Incident) -> str:
    what = ", ".join(incident.labels) or "aircraft"
    what = f"fence {what}" if incident.kind == "intrusion" else what
    contact = "in contact" if incident.contact else "contact lost"
    mode = "" if incident.mode == "live" else f"{incident.mode.upper()} "
    return printable(f"{mode}{incident.state.upper()}: {what}, {contact}, {incident.site}")


def _lines(
    incident: Incident, tracks: Mapping[str, Track], finds: Mapping[str, Find], now_ns: int
) -> Iterator[tuple[str, Text]]:
    yield "next", Text(printable(next_step(incident)), "bold")
    if incident.hold:
        hold = printable(", ".join(incident.hold))
        yield "HOLD", Text(f"{hold}: nobody in before it is released", "bold red")
    others = [place.zone or position_text(place.position) for place in incident.search]
    if others := [zone for zone in others if zone not in incident.hold]:
        yield "search", Text(printable(", ".join(others)), "bold")
    if incident.drop:
        zone, where = incident.drop.zone or "", position_text(incident.drop.position)
        yield "drop", Text(printable(f"suspected at {zone}, {where}"), "bold")
    yield "aircraft", Text(_aircraft(incident, tracks, now_ns))
    pilot = incident.operator_claimed
    yield "pilot", Text(f"{position_text(pilot)} (claimed)" if pilot else "unknown")
    if incident.claims:
        yield "claims", Text(printable(_some(incident.claims, MOST_CLAIMS)))
    first = f"{clock(incident.first_contact_ns)} UTC ({ago(now_ns, incident.first_contact_ns)} ago)"
    yield "since", Text(printable(f"{first}, by {', '.join(incident.sensors)}"))
    for name in incident.finds[-MOST_FINDS:]:
        find = finds.get(name)
        yield "find", Text(printable(name if find is None else in_words(find)))
    yield "steps", Text(printable(_steps(incident)))
    if took := [f"{name} {incident.times[name]:.0f} s" for name in TIMED if name in incident.times]:
        yield "took", Text(", ".join(took))
    yield "id", Text(incident.incident, "dim")


def _aircraft(incident: Incident, tracks: Mapping[str, Track], now_ns: int) -> str:
    """Where it is now; an incident's own position may be as old as its last version."""
    its = [t for t in tracks.values() if t.position and t.incident == incident.incident]
    if not its:
        where = position_text(incident.position)
        return where if incident.position is None else f"last at {where}"
    track = max(its, key=lambda one: (one.basis != "claimed", one.last_seen_ns))
    told = [position_text(track.position)]
    if track.height_agl_m is not None:
        told.append(f"{track.height_agl_m:.0f} m high")
    if track.speed_m_s is not None:
        told.append(f"{track.speed_m_s:.0f} m/s")
    if track.course_deg is not None:
        told.append(f"course {track.course_deg:.0f}°")
    basis = "claimed" if track.basis == "claimed" else "measured"
    return f"{', '.join(told)} ({basis} {ago(now_ns, track.last_seen_ns)} ago)"


def _steps(incident: Incident) -> str:
    told = [
        f"{clock(step.time_ns)[:5]} {step.step}"
        + (f" {step.zone}" if step.zone else "")
        + (f" by {step.by}" if step.by else "")
        for step in incident.steps[-4:]
    ]
    before = len(incident.steps) - len(told)
    return " > ".join([f"{before} before", *told] if before else told)


def _some(names: tuple[str, ...], most: int) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def printable(text: str) -> str:
    """`text` without what would move a terminal's cursor or change its colours."""
    return "".join(c if c.isprintable() else "·" for c in text)


def clock(time_ns: int) -> str:
    """Hours, minutes and seconds, UTC."""
    return datetime.fromtimestamp(time_ns / 1e9, UTC).strftime("%H:%M:%S")


def ago(now_ns: int, time_ns: int) -> str:
    """How long since, as a person says it."""
    seconds = max(0, round((now_ns - time_ns) / 1e9))
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"


def position_text(position: Position | None) -> str:
    """To a metre or so, as a map takes it."""
    if position is None:
        return "unknown"
    return f"{position.latitude_deg:.5f}, {position.longitude_deg:.5f}"
