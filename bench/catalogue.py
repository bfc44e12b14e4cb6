"""The one list of benchmarks, and how they are run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TextIO, cast

import msgspec
from rich.console import Console

from .rows import Row, as_json, show

BENCHES = {
    "radio": "scan: MS/s against the bare FFT, detection of weak bursts, false alarms",
    "droneid": "DroneID payloads decoded by their ratio to the noise, time, offsets",
    "radar": "false alarms, accuracy against the bound, cubes a second against the bare FFT",
    "radar-class": "the class of a target from radar chips, on recordings that were held out",
    "radio-labels": "each simulated link seen and rightly named, by its ratio to the noise",
    "radio-backgrounds": "no drone and no controller label in what is on the air everywhere",
    "drivers": "decoding: frames and bytes a second against bare unpacking",
    "delay": "from a sensor's last byte to the console's message",
    "tracks": "distance to the truth and speed beside a peer, growth with tracks and sensors",
    "swarm": "a flood of claimed aircraft: rates, delay, memory, and the radar track among them",
    "reports": "the four-monthly table by the number of finds",
    "remote-id": "Remote ID: captures, vectors, messages a second decoded, payload to track",
    "fuzz": "hostile bytes at every driver: nothing raised, nothing grows",
    "trust": "spoofed claims found at stated false alarms, beside a plain distance rule",
    "log": "durable records a second, and verification",
}
"""Each by its room in this folder."""


class BenchError(ValueError):
    """A benchmark that cannot be run as asked; the text says why and what to do."""


class UnknownBench(BenchError):
    """There is no benchmark of that name; the text names those there are."""


def run(name: str, *, as_json_lines: bool, out: TextIO, keep: Path | None = None) -> None:
    """Run one benchmark or `all`; write its rows as a table or as JSON lines.

    Parameters
    ----------
    name : str
    as_json_lines : bool
        One JSON object a line; a table otherwise.
    out : file
    keep : Path, optional
        A folder for the rows as JSON lines, whatever is shown.

    Raises
    ------
    UnknownBench
        If there is none of that name.
    BenchError
        If the folder cannot be made.
    """
    if name != "all" and name not in BENCHES:
        raise UnknownBench(f"no benchmark {name}; there are all, {', '.join(BENCHES)}")
    if keep is not None:
        _make(keep)
    for bench in BENCHES if name == "all" else (name,):
        print(f"{bench}: {BENCHES[bench]}", file=sys.stderr)
        lines = _write(_job(bench)(), as_json_lines, out)
        if keep is not None:
            (keep / f"{bench}.jsonl").write_text(lines)


def run_fuzz(
    drivers: Sequence[str],
    inputs: int | None,
    corpus: Path | None,
    *,
    as_json_lines: bool,
    out: TextIO,
) -> None:
    """Run the campaign of hostile bytes on some drivers or all.

    Raises
    ------
    BenchError
        If there is no such driver, or one let an error out.
    """
    from ..drivers.catalogue import DRIVERS
    from . import fuzz

    for name in drivers:
        if name not in DRIVERS:
            raise BenchError(f"no driver {name}; there are {', '.join(DRIVERS)}")
    try:
        _write(fuzz.run(drivers, inputs or fuzz.INPUTS, corpus), as_json_lines, out)
    except fuzz.Raised as found:
        raise BenchError(str(found)) from None


def run_radar_class(
    files: Sequence[Path], model: Path | None, *, as_json_lines: bool, out: TextIO
) -> None:
    """Learn from chips and judge by others, or by five folds of the same file.

    Parameters
    ----------
    files : sequence of path
        What is learned from and, unless folds shall do, what is judged by.
    model : path, optional
        A file for the model that was learned.
    as_json_lines : bool
        One object with all that was counted; a table of the figures with their aims otherwise.
    out : file

    Raises
    ------
    BenchError
        If a file cannot be used.
    """
    from . import radar_class

    if len(files) > 2:
        raise BenchError(f"{files[2]}: one file more than TRAIN.npz and TEST.npz; leave it out")
    try:
        scores = radar_class.judge(*files, model_file=model)
    except (radar_class.ChipFileError, radar_class.TrainingError) as error:
        raise BenchError(str(error)) from None
    if as_json_lines:
        out.write(msgspec.json.encode(scores).decode() + "\n")
    else:
        _write(radar_class.as_rows(scores), False, out)


def _write(rows: list[Row], as_json_lines: bool, out: TextIO) -> str:
    lines = "".join(as_json(row).decode() + "\n" for row in rows)
    if as_json_lines:
        out.write(lines)
    else:
        show(rows, Console(file=out, width=None if out.isatty() else 140))
    return lines


def _make(folder: Path) -> None:
    """Make the folder before the work, not after it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BenchError(f"--keep {folder}: {reason}; name another folder") from None


def _job(bench: str) -> Callable[[], list[Row]]:
    module = import_module(f".{bench.replace('-', '_')}", __package__)
    return cast(Callable[[], list[Row]], module.run)
