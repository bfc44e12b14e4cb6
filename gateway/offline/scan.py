"""`havik scan`: radio recordings to named emissions."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

import msgspec

from ...config.loader import load
from ...config.settings import Settings
from ...drivers.errors import CaptureError
from ...drivers.radio.iq_files import IqFile, IqSegment, open_iq_file
from ...signal.radio.droneid_payload import DroneIdMessage
from ...signal.radio.emissions import Emission, EmissionFinder
from ...signal.radio.iq import Samples
from ..cli.progress import Progress
from ..errors import UsageError
from ..legal import droneid_in_words, may_read_droneid
from ..library import library
from .scan_table import print_table


@dataclass(frozen=True, slots=True)
class Scanned:
    """One recording with what was found in it.

    Parameters
    ----------
    file : IqFile
    emissions : list of Emission
        By start; times from the file's first sample.
    notes : list of str
        What was left out, and why.
    """

    file: IqFile
    emissions: list[Emission]
    notes: list[str]


def scan(
    files: Sequence[Path],
    *,
    sample_type: str | None,
    rate_hz: float | None,
    center_hz: float | None,
    as_json: bool,
    png: Path | None,
    out: TextIO,
    notes: TextIO | None = None,
    reads_payload: bool = False,
) -> None:
    """Write what is in each recording to `out`, and what was left out to `notes`.

    Parameters
    ----------
    files : sequence of Path
        Raw I/Q, or either file of a SigMF pair.
    sample_type, rate_hz, center_hz : optional
        What the user knows; the files' own words where not given.
    as_json : bool
        One JSON object a line; a table otherwise.
    png : Path, optional
        Where to draw the spectrogram with what was found.
    notes : file, optional
        Standard error where not given.
    reads_payload : bool
        Whether DroneID payloads are read: only on a stated legal basis (`check_basis`).

    Raises
    ------
    UsageError
        If a file cannot be read or cannot be what it is said to be; nothing is scanned then.
    """
    notes = notes or sys.stderr
    if png is not None:
        _check_picture(files, png)
    try:
        opened = [open_iq_file(file, sample_type, rate_hz, center_hz) for file in files]
    except CaptureError as error:
        raise UsageError(str(error)) from None
    with Progress(sum(file.samples for file in opened), "scanning") as progress:
        for file in opened:
            scanned = scan_file(file, progress, reads_payload=reads_payload)
            with progress.paused():
                _write(scanned, as_json=as_json, named=len(opened) > 1, out=out)
                for note in scanned.notes:
                    print(f"{file.path}: {note}", file=notes)
            if png is not None:
                _draw(scanned, png)


def check_basis(site: Path, now_ns: int) -> None:
    """Refuse to go on unless the settings of `site` state a legal basis that has not run out.

    Raises
    ------
    UsageError
        If they do not; the text says what is missing.
    SettingsError
        If they cannot be read.
    """
    legal = load(site, Settings).legal
    if not may_read_droneid(legal, now_ns):
        raise UsageError(
            f"{site}: DroneID payloads are {droneid_in_words(legal, now_ns)}; state `basis`, "
            "`approved_by` and `expires` under [legal.droneid_payload], or leave out --legal-basis"
        )


def scan_file(file: IqFile, progress: Progress, *, reads_payload: bool = False) -> Scanned:
    """Find the emissions in one recording."""
    emissions: list[Emission] = []
    not_finite = left_out = 0
    for segment in file.segments:
        finder = EmissionFinder(
            file.sample_rate_hz, segment.center_hz or 0.0, thorough=True, library=library()
        )
        finder.reads_payload = reads_payload
        for samples, wrong in _blocks(file, segment, progress):
            emissions += _later(finder.feed(samples), segment, file)
            not_finite += wrong
        emissions += _later(finder.close(), segment, file)
        left_out += finder.boxes_left_out
    emissions.sort(key=lambda emission: (emission.start_s, emission.center_hz))
    return Scanned(file, emissions, list(_notes(file, not_finite, left_out)))


def _blocks(file: IqFile, segment: IqSegment, progress: Progress) -> Iterator[tuple[Samples, int]]:
    for samples, wrong in file.blocks(segment):
        yield samples, wrong
        progress.advance(len(samples))


def _later(found: list[Emission], segment: IqSegment, file: IqFile) -> Iterator[Emission]:
    """Count the times from the file's first sample, not the segment's."""
    first_s = segment.first_sample / file.sample_rate_hz
    return (replace(emission, start_s=emission.start_s + first_s) for emission in found)


def _notes(file: IqFile, not_finite: int, left_out: int) -> Iterator[str]:
    if file.cut_bytes:
        yield f"the last sample is cut off; {file.cut_bytes} bytes are left out"
    if not_finite:
        yield f"{not_finite} of {file.samples} samples are not finite; they count as silence"
    if left_out:
        yield f"{left_out} weak emissions are left out: the band is too full"


def _write(scanned: Scanned, *, as_json: bool, named: bool, out: TextIO) -> None:
    if as_json:
        for emission in scanned.emissions:
            print(_json_line(emission, scanned.file.path if named else None), file=out)
    else:
        known = any(segment.center_hz for segment in scanned.file.segments)
        print_table(scanned.emissions, str(scanned.file.path), on_the_air=known, out=out)


def _json_line(emission: Emission, file: Path | None) -> str:
    row: dict[str, object] = {
        "label": emission.label,
        "family": emission.family,
        "start_s": round(emission.start_s, 8),
        "duration_s": round(emission.duration_s, 8),
        "center_hz": round(emission.center_hz, 1),
        "bandwidth_hz": round(emission.bandwidth_hz, 1),
        "snr_db": round(emission.snr_db, 2),
        "confidence": round(emission.confidence, 4),
        "evidence": emission.evidence,
    }
    if emission.payload not in (None, "not permitted"):  # without a legal basis there is none
        row["payload"] = emission.payload
    if emission.message is not None:
        row["claims"] = _claims(emission.message)
    if file is not None:
        row["file"] = str(file)
    return msgspec.json.encode(row).decode()


def _claims(message: DroneIdMessage) -> dict[str, object]:
    """What a DroneID message tells, without what it does not."""
    known: dict[str, object] = msgspec.to_builtins(message)
    return {name: value for name, value in known.items() if value is not None}


def _check_picture(files: Sequence[Path], png: Path) -> None:
    """Find out before the work whether the picture can be written."""
    if len(files) > 1:
        raise UsageError(f"--png draws one recording: name one file, not {len(files)}")
    if png.is_dir():
        raise UsageError(f"{png} is a folder: name the picture's file, as {png / 'scan.png'}")
    if png.resolve() == files[0].resolve():
        raise UsageError(f"{png} is the recording itself: name another file for the picture")
    if not png.parent.is_dir():
        raise UsageError(f"{png.parent} is not there: make the folder, or name another")
    if not os.access(png if png.exists() else png.parent, os.W_OK):
        raise UsageError(f"{png} cannot be written: name a file in a folder of your own")


def _draw(scanned: Scanned, png: Path) -> None:
    from .pictures import draw_spectrogram  # matplotlib takes a second to import

    try:
        draw_spectrogram(scanned.file, scanned.emissions, png)
    except OSError as error:
        raise UsageError(f"{png} cannot be written: {error.strerror or error}") from None
