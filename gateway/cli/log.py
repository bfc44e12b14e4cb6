"""`havik log …` on the command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..log.folder import default_folder
from .options import Json, LogFolder

app = typer.Typer(no_args_is_help=True, help="The central log.")


@app.command("list")
def list_log(
    log: LogFolder = None,
    as_json: Json = False,
    kind: Annotated[
        str | None, typer.Option("--kind", help="Only incident, find or audit.")
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
