"""`havik incident …` on the command line."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ..log.folder import default_folder
from .options import LOCAL_BROKER, Broker, By, Json, LogFolder, Site

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
    from ..broker import from_url
    from ..commands import Acknowledge
    from ..console.client import make
    from .incident_commands import command

    what = make(Acknowledge, incident=incident, by=by)
    command(from_url(broker), site, what)


@app.command("note")
def note(
    incident: Name,
    text: Annotated[str, typer.Argument(help="At most 200 characters; no names.")],
    site: Site,
    by: By,
    broker: Broker = LOCAL_BROKER,
) -> None:
    """Add a remark."""
    from ..broker import from_url
    from ..commands import Note
    from ..console.client import make
    from .incident_commands import command

    what = make(Note, incident=incident, by=by, text=text)
    command(from_url(broker), site, what)


@app.command("release")
def release(
    incident: Name,
    zone: Annotated[str, typer.Argument(help="The zone that has been searched.")],
    site: Site,
    by: By,
    broker: Broker = LOCAL_BROKER,
) -> None:
    """Lift the hold of a zone that has been searched."""
    from ..broker import from_url
    from ..commands import Release
    from ..console.client import make
    from .incident_commands import command

    what = make(Release, incident=incident, zone=zone, by=by)
    command(from_url(broker), site, what)


@app.command("close")
def close(
    incident: Name,
    site: Site,
    by: By,
    text: Annotated[str | None, typer.Option("--text", help="The outcome, in words.")] = None,
    broker: Broker = LOCAL_BROKER,
) -> None:
    """End an incident whose flight is gone and whose zones are released."""
    from ..broker import from_url
    from ..commands import Close
    from ..console.client import make
    from .incident_commands import command

    what = make(Close, incident=incident, by=by, text=text)
    command(from_url(broker), site, what)
