"""`havik find …` on the command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..log.folder import default_folder
from .options import LOCAL_BROKER, Broker, By, Json, LogFolder, Site

app = typer.Typer(no_args_is_help=True, help="Contraband records.")


@app.command("add")
def add(
    place: Annotated[str, typer.Option("--place", help="Where, as `yard`.")],
    method: Annotated[str, typer.Option("--method", help="How, as `drone_alarm_search`.")],
    site: Annotated[str, typer.Option("--site", help="The site's name.")],
    item: Annotated[
        list[str] | None,
        typer.Option("--item", help="CATEGORY[/SUB][:QUANTITY[UNIT]][:WEIGHTg], any number."),
    ] = None,
    negative: Annotated[
        bool, typer.Option("--negative", help="A search that found nothing.")
    ] = False,
    incident: Annotated[str | None, typer.Option(help="The flight that it belongs to.")] = None,
    at: Annotated[str | None, typer.Option("--at", help="ISO 8601 with offset; now.")] = None,
    place_ref: Annotated[
        str | None, typer.Option(help="The object plan's code, as `yard-b`; never a cell.")
    ] = None,
    route: Annotated[str | None, typer.Option(help="How it came in: an assessment.")] = None,
    finder_role: Annotated[str | None, typer.Option(help="A role, never a name.")] = None,
    note: Annotated[str | None, typer.Option(help="At most 200 characters; no names.")] = None,
    mode: Annotated[
        str | None,
        typer.Option(help="live, test or exercise, into a log alone; as its incident, else live."),
    ] = None,
    broker: Annotated[
        str | None, typer.Option("--broker", help="A running gateway's; the log alone otherwise.")
    ] = None,
    log: LogFolder = None,
) -> None:
    """Record a find, or a search that found nothing."""
    from ..broker import from_url
    from ..commands import RecordFind
    from ..console.client import make
    from ..finds import parse_item
    from .find_commands import add_by_gateway, add_to_log

    command = make(
        RecordFind,
        place=place,
        method=method,
        found_at=at,
        place_ref=place_ref,
        route=route,
        incident=incident,
        negative_search=negative,
        items=tuple(parse_item(text) for text in item or ()),
        finder_role=finder_role,
        note=note,
    )
    if broker is not None:
        print(add_by_gateway(from_url(broker), site, command))
    else:
        print(add_to_log(log or default_folder(), site, mode, command).find)


@app.command("list")
def list_all(log: LogFolder = None, as_json: Json = False) -> None:
    """The finds of a log."""
    from .find_commands import list_finds

    list_finds(log or default_folder(), as_json=as_json, out=sys.stdout)


@app.command("show")
def show(
    find: Annotated[str, typer.Argument(metavar="FIND", help="As `havik find list` names it.")],
    log: LogFolder = None,
    as_json: Json = False,
) -> None:
    """All of one find."""
    from .find_commands import show_find

    show_find(log or default_folder(), find, as_json=as_json, out=sys.stdout)


@app.command("link")
def link(
    find: Annotated[str, typer.Argument(metavar="FIND", help="As `havik find list` names it.")],
    incident: Annotated[str, typer.Option("--incident", help="The flight; it may be closed.")],
    site: Site,
    by: By,
    broker: Broker = LOCAL_BROKER,
) -> None:
    """Say of which flight a recorded find is."""
    from ..broker import from_url
    from ..commands import Link
    from ..console.client import make
    from .incident_commands import command

    command(from_url(broker), site, make(Link, find=find, incident=incident, by=by))


@app.command("suggest")
def suggest(
    find: Annotated[str, typer.Argument(metavar="FIND", help="As `havik find list` names it.")],
    log: LogFolder = None,
    as_json: Json = False,
) -> None:
    """Flights that a find may be of, with a score and its reasons: an assessment, no link."""
    from .incident_commands import suggest_links

    suggest_links(log or default_folder(), find, as_json=as_json, out=sys.stdout)


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="One item line a row.")],
    mode: Annotated[str, typer.Option("--mode", help="live, test or exercise.")] = "live",
    log: LogFolder = None,
    as_json: Json = False,
) -> None:
    """Take in a register; exit code 1 if rows were refused, the good ones are in."""
    from .import_commands import import_register

    folder = log or default_folder()
    whole = import_register(folder, file, mode, as_json=as_json, out=sys.stdout)
    raise typer.Exit(0 if whole else 1)
