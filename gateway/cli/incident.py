"""`havik incident …` on the command line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ..log.folder import default_folder
from .options import LOCAL_BROKER, Broker, By, Json, LogFolder, Site

if TYPE_CHECKING:
    from ..commands import AnyCommand

app = typer.Typer(no_args_is_help=True, help="The search workflow.")

Name = Annotated[str, typer.Argument(metavar="INCIDENT", help="As `havik incident list` names it.")]


@app.command("list")
def list_all(log: LogFolder = None, as_json: Json = False) -> None:
    """The incidents of a log."""
    from .incident_commands import list_incidents

    list_incidents(log or default_folder(), as_json=as_json, out=sys.stdout)


@app.command("show")
def show(incident: Name, log: LogFolder = None, as_json: Json = False) -> None:
    """All of one incident."""
    from .incident_commands import show_incident

    show_incident(log or default_folder(), incident, as_json=as_json, out=sys.stdout)


@app.command("acknowledge")
def acknowledge(incident: Name, site: Site, by: By, broker: Broker = LOCAL_BROKER) -> None:
    """Say that a person has seen the alarm."""
    from ..commands import Acknowledge

    _ask(broker, site, Acknowledge, incident=incident, by=by)


@app.command("note")
def note(
    incident: Name,
    text: Annotated[str, typer.Argument(help="At most 200 characters; no names.")],
    site: Site,
    by: By,
    broker: Broker = LOCAL_BROKER,
) -> None:
    """Add a remark."""
    from ..commands import Note

    _ask(broker, site, Note, incident=incident, by=by, text=text)


Zone = Annotated[str, typer.Argument(help="A zone of the site's settings, as `yard-b`.")]
Unit = Annotated[str | None, typer.Option("--unit", help="Who searches: an opaque reference.")]


@app.command("dispatch")
def dispatch(
    incident: Name,
    unit: Annotated[str, typer.Argument(help="Who is sent: an opaque reference, no name.")],
    site: Site,
    by: By,
    zone: Annotated[str | None, typer.Option("--zone", help="Where to.")] = None,
    broker: Broker = LOCAL_BROKER,
) -> None:
    """Say which unit was sent."""
    from ..commands import Dispatch

    _ask(broker, site, Dispatch, incident=incident, unit=unit, by=by, zone=zone)


@app.command("suspect")
def suspect(incident: Name, zone: Zone, site: Site, by: By, broker: Broker = LOCAL_BROKER) -> None:
    """Suspect a drop in a zone: it is on hold until it is searched."""
    from ..commands import Suspect

    _ask(broker, site, Suspect, incident=incident, zone=zone, by=by)


@app.command("search")
def search(
    incident: Name,
    zone: Zone,
    site: Site,
    by: By,
    unit: Unit = None,
    broker: Broker = LOCAL_BROKER,
) -> None:
    """Open the search of a zone, with its checklist."""
    from ..commands import OpenSearch

    _ask(broker, site, OpenSearch, incident=incident, zone=zone, by=by, unit=unit)


@app.command("check")
def check(
    incident: Name,
    zone: Zone,
    items: Annotated[list[str], typer.Argument(metavar="ITEM...", help="What was looked at.")],
    site: Site,
    by: By,
    broker: Broker = LOCAL_BROKER,
) -> None:
    """Say that items of the checklist were looked at."""
    from ..commands import Check

    _ask(broker, site, Check, incident=incident, zone=zone, items=tuple(items), by=by)


@app.command("search-done")
def search_done(
    incident: Name, zone: Zone, site: Site, by: By, broker: Broker = LOCAL_BROKER
) -> None:
    """Close a search: its list is done, and a find or a negative search is recorded."""
    from ..commands import CloseSearch

    _ask(broker, site, CloseSearch, incident=incident, zone=zone, by=by)


@app.command("release")
def release(
    incident: Name,
    zone: Annotated[str, typer.Argument(help="The zone that has been searched.")],
    site: Site,
    by: By,
    role: Annotated[
        str | None, typer.Option("--role", help="One that may release; --by without it.")
    ] = None,
    broker: Broker = LOCAL_BROKER,
) -> None:
    """Lift the hold of a zone that has been searched."""
    from ..commands import Release

    _ask(broker, site, Release, incident=incident, zone=zone, by=by, role=role)


@app.command("close")
def close(
    incident: Name,
    site: Site,
    by: By,
    outcome: Annotated[str, typer.Option("--outcome", help="A code, as `nothing_found`.")],
    text: Annotated[str | None, typer.Option("--text", help="More, in words.")] = None,
    broker: Broker = LOCAL_BROKER,
) -> None:
    """End an incident whose flight is gone and whose zones are released."""
    from ..commands import Close

    _ask(broker, site, Close, incident=incident, by=by, outcome=outcome, text=text)


@app.command("shelve")
def shelve(
    source: Annotated[str, typer.Argument(help="An alarm source, as `fence-1.north`.")],
    site: Site,
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="Why; no names.")],
    until: Annotated[str, typer.Option("--until", help="ISO 8601 with offset.")],
    broker: Broker = LOCAL_BROKER,
) -> None:
    """Silence an alarm source until a moment."""
    from ..commands import Shelve

    _ask(broker, site, Shelve, source=source, by=by, reason=reason, until=until)


@app.command("unshelve")
def unshelve(
    source: Annotated[str, typer.Argument(help="An alarm source that is shelved.")],
    site: Site,
    by: By,
    broker: Broker = LOCAL_BROKER,
) -> None:
    """Let a shelved alarm source speak again."""
    from ..commands import Unshelve

    _ask(broker, site, Unshelve, source=source, by=by)


def _ask(broker: str, site: str, kind: type[AnyCommand], **given: object) -> None:
    """Make a command of what was given, and have it done."""
    from ..broker import from_url
    from ..console.client import make
    from .incident_commands import command

    what = make(kind, **given)
    command(from_url(broker), site, what)
