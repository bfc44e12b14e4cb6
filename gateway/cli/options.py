"""Options that several commands share, named and explained once."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer


def finite(value: float | None) -> float | None:
    """Refuse `nan` and `inf`, which are numbers to Python and to no clock."""
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"{value} is not a finite number")
    return value


Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
LogFolder = Annotated[
    Path | None, typer.Option("--log", help="The central log's folder.", metavar="PATH")
]
Broker = Annotated[
    str, typer.Option("--broker", help="mqtt://[user@]host[:port], or mqtts:// for TLS.")
]
Site = Annotated[str, typer.Option("--site", help="The site's name.")]
MaybeBroker = Annotated[
    str | None, typer.Option("--broker", help="A running gateway's; the log alone otherwise.")
]
MaybeSite = Annotated[str | None, typer.Option("--site", help="The site's name; for --broker.")]
Seconds = Annotated[float, typer.Option("--seconds", help="How long.", min=1, callback=finite)]
By = Annotated[str, typer.Option("--by", help="Your desk or role: an opaque reference, no name.")]
LOCAL_BROKER = "mqtt://127.0.0.1:1883"
