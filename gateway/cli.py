"""The command line: the product's face. Each command's job lives in a room of its own.

Exit codes: 0 done, 1 the job ran and failed its purpose, 2 wrong use or wrong input. Imports are
inside the commands, so that `havik --help` answers at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="havik",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Drone detection and contraband sensor gateway. Receives only.",
)
log_app = typer.Typer(no_args_is_help=True, help="The central log.")
find_app = typer.Typer(no_args_is_help=True, help="Contraband records.")
incident_app = typer.Typer(no_args_is_help=True, help="The search workflow.")
app.add_typer(log_app, name="log")
app.add_typer(find_app, name="find")
app.add_typer(incident_app, name="incident")

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
LogFolder = Annotated[
    Path | None, typer.Option("--log", help="The central log's folder.", metavar="PATH")
]
Broker = Annotated[
    str, typer.Option("--broker", help="mqtt://[user@]host[:port], or mqtts:// for TLS.")
]
LOCAL_BROKER = "mqtt://127.0.0.1:1883"
