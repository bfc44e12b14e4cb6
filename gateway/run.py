"""`havik run`: the gateway of one site as a process, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path

from .check import load_site
from .log.folder import default_folder
from .pipeline import run
from .until import until_signalled


def run_site(file: Path, log_folder: Path | None, *, verbose: bool = False) -> None:
    """Run the gateway of the site in `file`.

    A sensor or a broker that is not there is waited for: after a power cut they come in any order.
    `havik check` tells of them beforehand.

    Raises
    ------
    SettingsError, UsageError
        For what a person can mend.
    """
    settings = load_site(file)
    folder = log_folder or default_folder()
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(message)s",
    )
    broker = settings.broker
    print(
        f"havik: site {settings.site.name} ({settings.site.mode}), "
        f"{len(settings.sensors)} sensors, "
        f"{f'broker {broker.host}:{broker.port}' if broker else 'no broker'}, log {folder}",
        file=sys.stderr,
        flush=True,
    )
    asyncio.run(until_signalled(run(settings, folder)))
