"""`havik find …` on the command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..log.folder import default_folder
from .options import LOCAL_BROKER, Broker, By, Json, LogFolder, MaybeBroker, MaybeSite, Site

FindName = Annotated[str, typer.Argument(metavar="FIND", help="As `havik find list` names it.")]

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
    proposal: Annotated[
        str | None, typer.Option(help="The sensor's proposal that it confirms.")
    ] = None,
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
        proposal=proposal,
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


@app.command("correct")
def correct(
    find: FindName,
    reason: Annotated[str, typer.Option("--reason", help="Why; no names.")],
    by: By,
    place: Annotated[str | None, typer.Option(help="Instead of what it says.")] = None,
    method: Annotated[str | None, typer.Option(help="Instead of what it says.")] = None,
    item: Annotated[
        list[str] | None, typer.Option("--item", help="All lines that it should have.")
    ] = None,
    negative: Annotated[
        bool | None, typer.Option("--negative/--positive", help="Nothing was found, or was.")
    ] = None,
    at: Annotated[str | None, typer.Option("--at", help="ISO 8601 with offset.")] = None,
    place_ref: Annotated[str | None, typer.Option(help="As `yard-b`; never a cell.")] = None,
    route: Annotated[str | None, typer.Option(help="How it came in: an assessment.")] = None,
    finder_role: Annotated[str | None, typer.Option(help="A role, never a name.")] = None,
    note: Annotated[str | None, typer.Option(help="At most 200 characters; no names.")] = None,
    clear: Annotated[
        list[str] | None, typer.Option(help="place_ref, route, finder_role or note: say nothing.")
    ] = None,
    site: MaybeSite = None,
    broker: MaybeBroker = None,
    log: LogFolder = None,
) -> None:
    """Record the next version of a find; the one before stays in the log."""
    from ..commands import CorrectFind
    from ..console.client import make
    from ..finds import parse_item
    from .custody_commands import correct_find

    command = make(
        CorrectFind,
        find=find,
        reason=reason,
        by=by,
        place=place,
        method=method,
        found_at=at,
        place_ref=place_ref,
        route=route,
        negative_search=negative,
        items=None if item is None else tuple(parse_item(text) for text in item),
        finder_role=finder_role,
        note=note,
        clear=tuple(clear or ()),
    )
    print(correct_find(log or default_folder(), broker, site, command))


@app.command("handover")
def hand_over(
    find: FindName,
    giver: Annotated[str, typer.Option("--from", help="Who gives: an opaque reference.")],
    receiver: Annotated[str, typer.Option("--to", help="Who takes: an opaque reference.")],
    seal: Annotated[str | None, typer.Option("--seal", help="The number on the seal.")] = None,
    at: Annotated[str | None, typer.Option("--at", help="ISO 8601 with offset; now.")] = None,
    item: Annotated[int | None, typer.Option("--item", min=1, help="One line; else all.")] = None,
    broken: Annotated[bool, typer.Option("--broken", help="The seal was not whole.")] = False,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Why the seal is another, or broken.")
    ] = None,
    condition: Annotated[str | None, typer.Option("--condition", help="No names.")] = None,
    place_ref: Annotated[str | None, typer.Option(help="Where, as `store-1`.")] = None,
    photo: Annotated[
        str | None, typer.Option("--photo-sha256", help="Of a photo kept elsewhere.")
    ] = None,
    site: MaybeSite = None,
    broker: MaybeBroker = None,
    log: LogFolder = None,
) -> None:
    """Record that what was found went from one to another; both sign for it."""
    from ..commands import HandOver
    from ..console.client import make
    from .custody_commands import record_handover

    command = make(
        HandOver,
        find=find,
        giver=giver,
        receiver=receiver,
        item=item,
        handed_at=at,
        place_ref=place_ref,
        seal=seal,
        seal_intact=not broken,
        condition=condition,
        reason=reason,
        photo_sha256=photo,
    )
    print(record_handover(log or default_folder(), broker, site, command))


@app.command("custody")
def custody(find: FindName, log: LogFolder = None, as_json: Json = False) -> None:
    """Who had what was found, and where the chain has a gap: exit code 1 then."""
    from .custody_commands import show_custody

    whole = show_custody(log or default_folder(), find, as_json=as_json, out=sys.stdout)
    raise typer.Exit(0 if whole else 1)


@app.command("notice")
def notice(
    find: FindName,
    by: By,
    pdf: Annotated[Path | None, typer.Option("--pdf", metavar="OUT", help="To be signed.")] = None,
    to_json: Annotated[
        Path | None, typer.Option("--json", metavar="OUT", help="The same as data.")
    ] = None,
    language: Annotated[str, typer.Option("--language", help="nl or en.")] = "nl",
    log: LogFolder = None,
) -> None:
    """The notice of seizure for the police; the log tells that it was made."""
    from .notice_commands import write_notice

    write_notice(log or default_folder(), find, by, pdf=pdf, to_json=to_json, language=language)


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
