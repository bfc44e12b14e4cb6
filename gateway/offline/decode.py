"""`havik decode` and `havik drivers`: a capture to readings, and what can be read at all."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

import msgspec
from rich.console import Console
from rich.table import Table

from ...drivers.catalogue import DRIVERS
from ...drivers.driver import Driver
from ...drivers.errors import CaptureError
from ...drivers.readings import Reading, RemoteIdReport
from ...drivers.transport.recording import Recording
from ..cli.progress import SILENT_S, Progress
from ..errors import UsageError
from ..legal import is_droneid, without_payload
from .reading_lines import UNTIMED, as_json_line, as_text_line, identifier


def decode(
    driver: str,
    file: Path,
    *,
    as_json: bool,
    out: TextIO,
    notes: TextIO | None = None,
    reads_payload: bool = False,
) -> None:
    """Write each reading in a capture to `out`, a line each, and a summary to `notes`.

    Parameters
    ----------
    driver : str
        A name of the catalogue.
    file : Path
        Serial bytes, a table of them with times, or what came over MQTT.
    as_json : bool
        One JSON object a line; I/Q samples are left out and counted in `sample_count`.
    notes : file, optional
        Standard error where not given.
    reads_payload : bool
        Whether DroneID payloads are shown: only on a stated legal basis (`scan.check_basis`).

    Raises
    ------
    UsageError
        If there is no such driver, the file cannot be read, or not one reading is in it.
    """
    chosen = _driver(driver)
    decoder = chosen.decoder()
    recording = Recording(file, chosen.wire)
    line = as_json_line if as_json else as_text_line
    readings, aircraft = 0, Aircraft()
    try:
        for reading in _with_progress(recording.readings(decoder, UNTIMED), recording, file, out):
            if not reads_payload and isinstance(reading, RemoteIdReport) and is_droneid(reading):
                reading = without_payload(reading)
            readings += 1
            aircraft.hear(reading)
            print(line(reading), file=out)
    except CaptureError as error:
        raise UsageError(str(error)) from None
    refused = decoder.refused + recording.refused
    if not readings:
        raise UsageError(_nothing_in(file, chosen, refused))
    told = [f"{readings} reading{'' if readings == 1 else 's'}", *aircraft.told(), _told(refused)]
    print("; ".join(told), file=notes or sys.stderr)


def drivers_table(out: TextIO, *, as_json: bool) -> None:
    """Write what each driver reads, over which transport, by which documents."""
    if as_json:
        for driver in DRIVERS.values():
            row = {
                "name": driver.name,
                "transport": driver.wire,
                "baud": driver.baud,
                "reads": driver.reads,
                "documents": driver.documents,
            }
            print(msgspec.json.encode(row).decode(), file=out)
        return
    table = Table("driver", "transport", "reads", "documents")
    for driver in DRIVERS.values():
        speed = f", {driver.baud} baud" if driver.baud else ""
        table.add_row(driver.name, driver.wire + speed, driver.reads, "\n".join(driver.documents))
    Console(file=out).print(table)


class Aircraft:
    """How many aircraft the Remote ID reports tell of, whatever radios each of them uses.

    Reports with one identifier are of one aircraft. Reports without any count by their
    transmitter, where that never gave an identifier.
    """

    def __init__(self) -> None:
        self._named: dict[str, set[str]] = {}
        self._transmitters: set[str] = set()

    def hear(self, reading: Reading) -> None:
        """Take one reading; others than Remote ID reports say nothing here."""
        if not isinstance(reading, RemoteIdReport):
            return
        self._transmitters.add(reading.transmitter)
        if name := identifier(reading):
            self._named.setdefault(name, set()).add(reading.transmitter)

    def told(self) -> list[str]:
        """Give the number in words; nothing where no report was heard."""
        nameless = self._transmitters.difference(*self._named.values())
        count = len(self._named) + len(nameless)
        return [f"{count} aircraft"] if count else []


def _with_progress(
    readings: Iterable[Reading], recording: Recording, file: Path, out: TextIO
) -> Iterator[Reading]:
    """Show how much of `file` was read, unless the readings themselves pass on a terminal."""
    size = file.stat().st_size if file.is_file() else 0
    done = 0
    with Progress(size, "decoding", silent_s=math.inf if out.isatty() else SILENT_S) as progress:
        for reading in readings:
            if recording.read_bytes != done:
                progress.advance(recording.read_bytes - done)
                done = recording.read_bytes
            yield reading


def _driver(name: str) -> Driver:
    if name not in DRIVERS:
        raise UsageError(f"no driver {name!r}: there are {', '.join(DRIVERS)}")
    if DRIVERS[name].missing:
        raise UsageError(str(DRIVERS[name].missing))
    return DRIVERS[name]


def _told(refused: Counter[str]) -> str:
    if not refused:
        return "nothing refused"
    reasons = ", ".join(f"{count} {reason}" for reason, count in refused.most_common())
    return f"{refused.total()} refused: {reasons}"


def _nothing_in(file: Path, chosen: Driver, refused: Counter[str]) -> str:
    """Say that no reading was found, and the likely cause."""
    others = (driver for driver in DRIVERS.values() if driver is not chosen)
    fitting = next((driver.name for driver in others if _reads(driver, file)), None)
    cause = f"it is of {fitting}" if fitting else "is it a capture of another device, or cut off?"
    return f"{file} holds nothing of {chosen.name}: {cause} ({_told(refused)})"


def _reads(driver: Driver, file: Path) -> bool:
    readings = Recording(file, driver.wire).readings(driver.decoder(), UNTIMED)
    return next(iter(readings), None) is not None
