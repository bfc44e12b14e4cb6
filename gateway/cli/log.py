"""`havik log …` on the command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..errors import UsageError
from ..log.folder import default_folder
from ..log.periods import DEFAULT_ZONE
from .options import Json, LogFolder

app = typer.Typer(no_args_is_help=True, help="The central log.")


@app.command("list")
def list_log(
    log: LogFolder = None,
    as_json: Json = False,
    kind: Annotated[
        str | None, typer.Option("--kind", help="Only incident, find, audit or alarm.")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", help="Only the newest.", min=1)] = None,
) -> None:
    """The entries, in order."""
    from .log_commands import list_entries

    list_entries(log or default_folder(), as_json=as_json, kind=kind, limit=limit, out=sys.stdout)


@app.command("verify")
def verify_log(
    log: LogFolder = None,
    checkpoint: Annotated[
        Path | None, typer.Option("--checkpoint", metavar="FILE", help="One that was kept.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check every entry, every hash and every signature; exit code 1 if one is wrong."""
    from .log_commands import verify_log as verify

    folder = log or default_folder()
    whole = verify(folder, checkpoint=checkpoint, as_json=as_json, out=sys.stdout)
    raise typer.Exit(0 if whole else 1)


@app.command("checkpoint")
def keep_checkpoint(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to keep it.")],
    log: LogFolder = None,
) -> None:
    """Keep the newest signed checkpoint elsewhere: a log that is cut back later shows by it."""
    from .log_commands import save_checkpoint

    save_checkpoint(log or default_folder(), file)


report_app = typer.Typer(no_args_is_help=True, help="Tables of what the log holds.")
app.add_typer(report_app, name="report")


@report_app.command("vmr")
def report_vmr(
    year: Annotated[str, typer.Option("--year", help="2021, or 2019..2021.")],
    basis: Annotated[
        str, typer.Option("--basis", help="What is counted: incidents, item_lines or objects.")
    ] = "item_lines",
    site: Annotated[str | None, typer.Option("--site", help="Only this one.")] = None,
    mode: Annotated[str, typer.Option("--mode", help="live, test or exercise.")] = "live",
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="As it stood then, ISO 8601 with offset.")
    ] = None,
    time_zone: Annotated[
        str, typer.Option("--time-zone", help="Whose clock the periods follow.")
    ] = DEFAULT_ZONE,
    as_csv: Annotated[bool, typer.Option("--csv", help="One line a figure.")] = False,
    png: Annotated[Path | None, typer.Option("--png", help="Draw it here.")] = None,
    log: LogFolder = None,
    as_json: Json = False,
) -> None:
    """The four-monthly table of finds: totals, and shares by category, place and method."""
    from .report_commands import ReportOptions, draw, make_vmr, write_csv, write_json, write_text

    if as_csv and as_json:
        raise UsageError("--csv and --json are two forms; choose one")
    options = ReportOptions(
        years=year, basis=basis, site=site, mode=mode, as_of=as_of, time_zone=time_zone
    )
    report = make_vmr(log or default_folder(), options)
    if png is not None:
        draw(report, png)
    write = write_json if as_json else write_csv if as_csv else write_text
    write(report, sys.stdout)


@report_app.command("operations")
def report_operations(
    begins: Annotated[str, typer.Option("--from", help="A day, or a moment, ISO 8601.")],
    ends: Annotated[
        str | None, typer.Option("--to", help="Up to without this day or moment; now.")
    ] = None,
    site: Annotated[str | None, typer.Option("--site", help="Only this one.")] = None,
    mode: Annotated[str, typer.Option("--mode", help="live, test or exercise.")] = "live",
    time_zone: Annotated[
        str, typer.Option("--time-zone", help="Whose clock tells day from night.")
    ] = DEFAULT_ZONE,
    log: LogFolder = None,
    as_json: Json = False,
) -> None:
    """Alarms a day and a night, false ones, times to answer, sensors in service, hot spots."""
    from .operations_commands import report_operations as report

    report(
        log or default_folder(),
        begins=begins,
        ends=ends,
        site=site,
        mode=mode,
        time_zone=time_zone,
        as_json=as_json,
        out=sys.stdout,
    )
