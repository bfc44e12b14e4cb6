"""`havik log list`, `havik log verify` and `havik log checkpoint`: the central log for people."""

from __future__ import annotations

import sqlite3
import sys
from base64 import b64encode
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import msgspec

from ..console.plain import on_one_line
from ..errors import UsageError
from ..finds import in_words as find_in_words
from ..log import folder as place
from ..log.checkpoints import Checkpoint, read_checkpoint
from ..log.entries import Entry, schema_of
from ..log.notes import NoteError
from ..log.reading import LogReader
from ..log.spool import count_waiting
from ..log.verify import Verdict, verify
from ..messages import Alarm, Audit, Custody, Find, Incident, NotedFlight, Proposal, Recorded
from .progress import Progress

KINDS = {
    "incident": schema_of(Incident),
    "find": schema_of(Find),
    "audit": schema_of(Audit),
    "alarm": schema_of(Alarm),
    "proposal": schema_of(Proposal),
}
_NAMES = {schema: name for name, schema in KINDS.items()}


def list_entries(
    folder: Path, *, as_json: bool, kind: str | None, limit: int | None, out: TextIO
) -> None:
    """Write the entries of a log in order, a line each.

    Parameters
    ----------
    folder : Path
    as_json : bool
        One JSON object a line, with the message as it was recorded; a table otherwise.
    kind : str, optional
        Only these: `incident`, `find`, `audit`, `alarm` or `proposal`.
    limit : int, optional
        Only the newest so many.

    Raises
    ------
    UsageError
        If there is no log, it cannot be read, or there is no such kind.
    """
    if kind is not None and kind not in KINDS:
        raise UsageError(f"--kind {kind} is none; there are {', '.join(KINDS)}")
    if limit is not None and limit < 1:
        raise UsageError(f"--limit {limit} shows nothing; give 1 or more")
    kinds = None if kind is None else [KINDS[kind]]
    with LogReader.open(folder) as log:
        entries: Iterable[Entry] = log.entries(kinds=kinds)
        if limit is not None:
            newest = zip(range(limit), log.newest(kinds), strict=False)
            entries = reversed([entry for _, entry in newest])
        for entry in entries:
            print(_json_line(entry) if as_json else _table_line(entry), file=out)
    waiting = _waiting(folder)
    if waiting is not None:
        print(waiting, file=sys.stderr if as_json else out)


def verify_log(folder: Path, *, checkpoint: Path | None, as_json: bool, out: TextIO) -> bool:
    """Verify a log, write the verdict, and tell whether the log is whole.

    Parameters
    ----------
    folder : Path
    checkpoint : Path, optional
        A file that `save_checkpoint` made.
    as_json : bool
        One JSON object; a line for people otherwise.

    Raises
    ------
    UsageError
        If there is no log, or the checkpoint's file cannot be read.
    """
    kept = None if checkpoint is None else _read_text(checkpoint)
    place.require(folder)
    with Progress(_size(folder), "verifying") as progress:
        verdict = verify(folder, checkpoint=kept, advance=progress.advance)
    if as_json:
        print(_verdict_json(verdict, folder), file=out)
    else:
        print(_verdict_line(verdict, compared=kept is not None), file=out)
        waiting = _waiting(folder)
        if waiting is not None:
            print(waiting, file=out)
    return verdict.ok


def save_checkpoint(folder: Path, file: Path) -> None:
    """Keep the newest checkpoint in a file of its own; a file that is there stays as it is.

    Raises
    ------
    UsageError
        If there is no log, its checkpoint is not good, or the file cannot be made.
    """
    with LogReader.open(folder) as log:
        try:
            note = log.checkpoint()
            read_checkpoint(note, place.read_verifier(folder))
        except (sqlite3.Error, LookupError, NoteError, OSError) as error:
            reason = f"{folder}: no good checkpoint ({error}); see `havik log verify`"
            raise UsageError(reason) from None
    try:
        with file.open("x", encoding="utf-8") as kept:
            kept.write(note)
    except FileExistsError:
        raise UsageError(f"{file} is there already and is kept; name another file") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror or error}") from None


def _json_line(entry: Entry) -> str:
    kind = entry.envelope.kind
    line = {
        "index": entry.index,
        "kind": _NAMES.get(kind, kind),
        "message": entry.envelope.content,
    }
    return msgspec.json.encode(line).decode()


def _table_line(entry: Entry) -> str:
    envelope = entry.envelope
    kind = _NAMES.get(envelope.kind, envelope.kind)
    mode = "" if envelope.mode == "live" else f"[{envelope.mode}] "
    return on_one_line(
        f"{entry.index:>8}  {_moment(envelope.time_ns)}  {kind:<8}  {mode}{_says(entry)}"
    )


def _says(entry: Entry) -> str:
    try:
        return _in_words(entry.message())
    except msgspec.DecodeError as error:
        return f"not readable by this software: {error}"


def _in_words(message: Recorded) -> str:
    match message:
        case Incident():
            return _incident_in_words(message)
        case Find():
            of = "" if message.incident is None else f"; incident {message.incident}"
            return f"{message.find} version {message.version}: {find_in_words(message)}{of}"
        case Custody():
            seal = "" if message.seal is None else f"; seal {message.seal}"
            line = "" if message.item is None else f" line {message.item}"
            return f"{message.find}{line}: {message.giver} to {message.receiver}{seal}"
        case NotedFlight():
            return f"{message.claim} approved by {message.approved_by}; {message.basis}"
        case Alarm():
            return _alarm_in_words(message)
        case Proposal():
            what = ", ".join(message.categories) or "something"
            by = f"{message.sensor} ({message.method})"
            return f"{message.proposal} {message.state}: {by} proposes to look for {what}"
        case Audit():
            subject = "" if message.subject is None else f" {message.subject}"
            by = "" if message.by is None else f" by {message.by}"
            return f"{message.action}{subject}{by}" + (f": {message.text}" if message.text else "")


def _alarm_in_words(alarm: Alarm) -> str:
    parts = [alarm.kind, "active" if alarm.active else "cleared", f"{alarm.activations} times"]
    parts += [name for name in ("chattering", "standing") if getattr(alarm, name)]
    if alarm.shelved is not None:
        parts.append(f"shelved by {alarm.shelved.by} until {_moment(alarm.shelved.until_ns)}")
    if alarm.coalesced:
        parts.append(f"{alarm.coalesced} coalesced: {' '.join(alarm.sources)}")
    return f"{alarm.source}: {', '.join(parts)}"


def _incident_in_words(incident: Incident) -> str:
    parts = [incident.state, "in contact" if incident.contact else "contact lost"]
    if incident.labels:
        parts.append(" ".join(incident.labels))
    parts.append(f"confidence {incident.confidence:.2f}")
    if incident.drop is not None and incident.drop.zone is not None:
        parts.append(f"drop suspected in {incident.drop.zone}")
    if incident.hold:
        parts.append(f"on hold {' '.join(incident.hold)}")
    if incident.finds:
        parts.append(f"finds {len(incident.finds)}")
    if incident.outcome is not None:
        parts.append(f"outcome {incident.outcome}")
    if incident.steps:
        last = incident.steps[-1]
        after = incident.times.get(last.step)
        parts.append(last.step + ("" if after is None else f" {after:g} s after the alarm"))
    return f"{incident.incident} version {incident.version}: {', '.join(parts)}"


def _moment(time_ns: int) -> str:
    try:
        return datetime.fromtimestamp(time_ns // 10**9, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return f"{time_ns} ns"


def _verdict_line(verdict: Verdict, *, compared: bool) -> str:
    last = verdict.checkpoint
    if not verdict.ok or last is None:
        where = "the log" if verdict.first_bad is None else f"entry {verdict.first_bad}"
        return on_one_line(
            f"NOT VERIFIED: {where}: {verdict.reason} ({verdict.entries} entries before are whole)"
        )
    time_ns = verdict.checkpoint_time_ns
    until = "" if time_ns is None else f", until {_moment(time_ns)}"
    and_kept = "; the kept checkpoint agrees" if compared else ""
    return (
        f"verified: {verdict.entries} entries{until}, root {_base64(last.root)}, "
        f"signed by {last.origin}{and_kept}"
    )


def _verdict_json(verdict: Verdict, folder: Path) -> str:
    try:
        waiting: int | None = count_waiting(folder)
    except sqlite3.Error:
        waiting = None
    line = {
        "ok": verdict.ok,
        "entries": verdict.entries,
        "first_bad": verdict.first_bad,
        "reason": verdict.reason,
        "checkpoint": _checkpoint_json(verdict.checkpoint, verdict.checkpoint_time_ns),
        "waiting": waiting,
    }
    return msgspec.json.encode(line).decode()


def _checkpoint_json(checkpoint: Checkpoint | None, time_ns: int | None) -> object:
    if checkpoint is None:
        return None
    return {
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": _base64(checkpoint.root),
        "time_ns": time_ns,
    }


def _base64(root: bytes) -> str:
    return b64encode(root).decode()


def _waiting(folder: Path) -> str | None:
    """Say that the log does not have all yet, where it is so."""
    try:
        waiting = count_waiting(folder)
    except sqlite3.Error as error:
        return f"the spool cannot be read: {error}"
    if not waiting:
        return None
    wait = "1 record waits" if waiting == 1 else f"{waiting} records wait"
    return f"{wait} in the spool: a running gateway, or its next start, moves them into the log"


def _size(folder: Path) -> int:
    """How many entries a log seems to have: for the progress alone."""
    try:
        with LogReader.open(folder) as log:
            return log.size
    except (UsageError, sqlite3.Error):
        return 0


def _read_text(file: Path) -> str:
    try:
        return file.read_bytes().decode(errors="replace")
    except OSError as error:
        raise UsageError(
            f"{file} cannot be read: {error.strerror or error}; "
            "`havik log checkpoint FILE` makes one"
        ) from None
