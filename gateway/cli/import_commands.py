"""`havik find import`: an institution's register into the central log."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TextIO

import msgspec

from ..console.plain import on_one_line
from ..errors import UsageError
from ..log import facts
from ..log import folder as place
from ..log.database import connect_to_read
from ..log.entries import from_bytes
from ..log.recorder import Recorder, RecordLost
from ..messages import Find
from ..register import Register, add_row, read_rows, version_of
from .find_commands import named_site
from .progress import Progress

BATCH = 1_000
"""Finds that are made durable together."""


class Imported(msgspec.Struct, kw_only=True):
    """What an import came to."""

    rows: int
    added: int = 0
    corrected: int = 0
    unchanged: int = 0
    refused: list[dict[str, int | str]] = []


def import_register(folder: Path, file: Path, mode: str, *, as_json: bool, out: TextIO) -> bool:
    """Import a register, tell what came of it, and tell whether every row went in.

    Parameters
    ----------
    folder : Path
        Of the central log, made where it is not there.
    file : Path
    mode : str
        `live`, `test` or `exercise`.

    Raises
    ------
    UsageError
        If the file is no register, or the log cannot be used.
    """
    register = _read(file, mode)
    place.prepare(folder)
    told = asyncio.run(_record(folder, register))
    with Progress(len(register.finds), "counting") as progress:
        facts.current(folder, progress.advance).close()
    told.refused = [{"row": one.row, "reason": one.reason} for one in register.refused]
    for one in register.refused:
        print(on_one_line(f"{file}: row {one.row}: {one.reason}"), file=sys.stderr)
    if as_json:
        print(msgspec.json.encode(told).decode(), file=out)
    else:
        print(
            f"{told.rows} rows: {told.added} finds added, {told.corrected} corrected, "
            f"{told.unchanged} known already; {len(told.refused)} rows refused",
            file=out,
        )
    return not register.refused


def _read(file: Path, mode: str) -> Register:
    known_mode = named_site("site", mode).mode
    register = Register()
    now_ns = time.time_ns()
    try:
        size = file.stat().st_size
        with file.open("rb") as lines, Progress(size, "reading") as progress:
            for number, row in read_rows(_lines(lines, progress)):
                add_row(register, number, row, known_mode, now_ns)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{file}: not UTF-8; save it as CSV UTF-8") from None
    except UsageError as error:
        raise UsageError(f"{file}: {error}") from None
    return register


def _lines(file: Iterator[bytes], progress: Progress) -> Iterator[str]:
    for line in file:
        progress.advance(len(line))
        yield line.decode("utf-8")


async def _record(folder: Path, register: Register) -> Imported:
    told = Imported(rows=register.rows)
    finds = list(register.finds.values())
    async with Recorder(folder) as recorder:
        with Progress(len(finds), "recording") as progress:
            for start in range(0, len(finds), BATCH):
                batch = finds[start : start + BATCH]
                known = await asyncio.to_thread(_known, folder, [find.find for find in batch])
                records: list[Find] = []
                for find in batch:
                    before = known.get(find.find)
                    record = version_of(find, before)
                    told.unchanged += record is None
                    told.corrected += record is not None and before is not None
                    told.added += record is not None and before is None
                    records += [] if record is None else [record]
                try:
                    await recorder.submit(*records)
                except RecordLost as error:
                    raise UsageError(
                        f"{folder}: row {start + 1} and on are not recorded, {error}; make room "
                        "and import again, nothing is added twice"
                    ) from None
                progress.advance(len(batch))
    return told


def _known(folder: Path, names: Sequence[str]) -> dict[str, Find]:
    """Read the newest version of each find that the log has."""
    with (
        closing(facts.current(folder)) as rows,
        closing(connect_to_read(folder / place.LOG)) as log,
    ):
        newest = {
            name: index
            for name in names
            for (index,) in rows.execute(
                "SELECT entry_index FROM find_line WHERE find = ? ORDER BY version DESC LIMIT 1",
                (name,),
            )
        }
        found: dict[str, Find] = {}
        for name, index in newest.items():
            (data,) = log.execute(
                "SELECT content FROM entry WHERE entry_index = ?", (index,)
            ).fetchone()
            found[name] = msgspec.json.decode(bytes(from_bytes(data).content), type=Find)
    return found
