"""Options that several commands share, named and explained once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
LogFolder = Annotated[
    Path | None, typer.Option("--log", help="The central log's folder.", metavar="PATH")
]
Broker = Annotated[
    str, typer.Option("--broker", help="mqtt://[user@]host[:port], or mqtts:// for TLS.")
]
Site = Annotated[str, typer.Option("--site", help="The site's name.")]
Seconds = Annotated[float, typer.Option("--seconds", help="How long.", min=1)]
By = Annotated[str, typer.Option("--by", help="Your desk or role: an opaque reference, no name.")]
LOCAL_BROKER = "mqtt://127.0.0.1:1883"
