"""Whether a central log is whole: every hash computed anew, every checkpoint's signature checked.

What the file alone can show is shown: an entry changed, removed, inserted or moved, a hash or a
checkpoint changed, the last entries taken away. A log that was cut back to an earlier state,
checkpoints and all, is a whole log of that time: only a checkpoint that was kept elsewhere shows
it, and so it does a log that was rewritten with its own key.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from . import facts
from . import folder as place
from .checkpoints import Checkpoint, read_checkpoint
from .database import connect_to_read
from .entries import from_bytes
from .merkle import Frontier, leaf_hash
from .notes import NoteError, Verifier

# One row a query: a damaged page stops the walk at its own entry, not at one before.
_NEXT_ENTRY = """
SELECT entry_index, id, kind, content, subtree, root FROM entry
WHERE entry_index >= ? ORDER BY entry_index LIMIT 1
"""
_CHECKPOINT = "SELECT note FROM checkpoint WHERE size = ?"
# A damaged schema makes SQLite quote bytes that are no text, and Python fails at its message.
_UNREADABLE = (sqlite3.Error, UnicodeDecodeError)
_COUNTS = "SELECT (SELECT count(*) FROM entry), (SELECT count(*) FROM checkpoint)"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What verifying found.

    `entries` is how many fit all hashes: all of them, or those before the first fault.
    `first_bad` is the index of the first entry that is wrong, missing or not vouched for, and
    `None` where no entry can be named. `checkpoint` is the last good one of the log itself, and
    `checkpoint_time_ns` when the last entry under it was made.
    """

    ok: bool
    entries: int
    first_bad: int | None = None
    reason: str | None = None
    checkpoint: Checkpoint | None = None
    checkpoint_time_ns: int | None = None


class _Bad(Exception):
    """The first fault: the walk ends there."""

    def __init__(self, index: int | None, reason: str) -> None:
        super().__init__(reason)
        self.index = index


def verify(
    folder: Path,
    *,
    checkpoint: str | None = None,
    advance: Callable[[int], None] | None = None,
) -> Verdict:
    """Verify the log in `folder`; O(n log n) hashes, one pass, constant memory.

    Parameters
    ----------
    folder : Path
    checkpoint : str, optional
        A checkpoint's note that was kept elsewhere.
    advance : callable, optional
        Told how many entries more are done.

    Raises
    ------
    UsageError
        If there is no central log.
    """
    place.require(folder)
    walk = _Walk(advance or _ignore)
    bad: _Bad | None = None
    try:
        _check(folder, checkpoint, walk)
    except _Bad as fault:
        bad = fault
    except _UNREADABLE as error:
        bad = _Bad(walk.entries, f"it cannot be read: {error}")
    return Verdict(
        ok=bad is None,
        entries=walk.entries if bad is None or bad.index is None else min(bad.index, walk.entries),
        first_bad=None if bad is None else bad.index,
        reason=None if bad is None else str(bad),
        checkpoint=walk.checkpoint,
        checkpoint_time_ns=walk.checkpoint_time_ns,
    )


def _check(folder: Path, note: str | None, walk: _Walk) -> None:
    verifier = _keys(folder)
    kept = None if note is None else _kept(note, verifier)
    if not (folder / place.LOG).is_file():
        raise _Bad(0, f"{place.LOG} is gone")
    with closing(connect_to_read(folder / place.LOG)) as db:
        db.execute("PRAGMA cell_size_check = ON")
        db.execute("BEGIN")  # one snapshot, however much a gateway appends meanwhile
        walk.through(db, verifier, kept)
        _check_rest(db, walk, kept)
        _check_reports(db, folder)


def _check_reports(db: sqlite3.Connection, folder: Path) -> None:
    """Check what reports count from against the entries."""
    try:
        wrong = facts.differing(db, folder)
    except _UNREADABLE as error:
        raise _Bad(None, f"the log is whole; {facts.REPORTS} is damaged: {error}") from None
    if wrong is not None:
        raise _Bad(
            None,
            f"the log is whole; {facts.REPORTS} does not say what entry {wrong} does: delete "
            "that file, the next report makes it anew",
        )


def _check_rest(db: sqlite3.Connection, walk: _Walk, kept: Checkpoint | None) -> None:
    """Check what is not an entry: nothing behind the last, nothing beside the order, no damage."""
    try:
        walk.end(db, kept)
        (report,) = db.execute("PRAGMA integrity_check(1)").fetchone()
    except _UNREADABLE as error:
        report = error
    if report != "ok":
        raise _Bad(None, f"the entries are whole, but the database is damaged: {report}")


def _keys(folder: Path) -> Verifier:
    """Read the public key; where the secret one is to be read, both must be one pair."""
    try:
        verifier = place.read_verifier(folder)
    except (OSError, NoteError) as error:
        raise _Bad(0, f"no checkpoint can be trusted: {place.PUBLIC_KEY}: {error}") from None
    try:
        pair = place.read_signer(folder).verifier
    except (FileNotFoundError, PermissionError):
        return verifier
    except (OSError, NoteError) as error:
        raise _Bad(None, f"{place.SECRET_KEY} is damaged: {error}") from None
    if pair != verifier:
        raise _Bad(0, f"{place.SECRET_KEY} and {place.PUBLIC_KEY} are not one pair")
    return verifier


def _kept(note: str, verifier: Verifier) -> Checkpoint:
    try:
        return read_checkpoint(note, verifier)
    except NoteError as error:
        raise _Bad(None, f"the kept checkpoint is not this log's: {error}") from None


@dataclass
class _Walk:
    """The way through the log: how far it is whole, and what vouches for that."""

    advance: Callable[[int], None]
    frontier: Frontier = field(default_factory=Frontier)
    checkpoint: Checkpoint | None = None
    checkpoint_time_ns: int | None = None
    entries: int = 0
    checkpoints: int = 0
    last_time_ns: int | None = None

    def through(self, db: sqlite3.Connection, verifier: Verifier, kept: Checkpoint | None) -> None:
        """Walk from the empty log to the newest entry."""
        self._vouch(db, verifier)
        self._compare(kept)
        while row := db.execute(_NEXT_ENTRY, (self.entries,)).fetchone():
            self._entry(*row)
            self._vouch(db, verifier)
            self._compare(kept)
            self.advance(1)

    def _entry(
        self, index: object, name: object, kind: object, data: object, subtree: object, root: object
    ) -> None:
        """Check one entry against itself and against all entries before it."""
        if index != self.entries:
            raise _Bad(self.entries, f"it is missing; entry {index} comes next")
        if not isinstance(data, bytes):
            raise _Bad(self.entries, "its content is no longer bytes")
        if self.frontier.append(leaf_hash(data)) != subtree or self.frontier.root != root:
            raise _Bad(self.entries, "its content does not fit its hashes")
        try:
            envelope = from_bytes(data)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _Bad(self.entries, f"it is no record: {error}") from None
        if (envelope.id, envelope.kind) != (name, kind):
            raise _Bad(self.entries, "its columns do not fit its content")
        self.entries += 1
        self.last_time_ns = envelope.time_ns

    def _vouch(self, db: sqlite3.Connection, verifier: Verifier) -> None:
        """Check the checkpoint that was signed at this size, if one was."""
        row = db.execute(_CHECKPOINT, (self.entries,)).fetchone()
        if row is None:
            return
        since = 0 if self.checkpoint is None else self.checkpoint.size
        try:
            found = read_checkpoint(str(row[0]), verifier)
        except NoteError as error:
            raise _Bad(since, f"the checkpoint over {self.entries} entries: {error}") from None
        if (found.size, found.root) != (self.entries, self.frontier.root):
            raise _Bad(since, f"the checkpoint over {self.entries} entries is of others")
        self.checkpoints += 1
        self.checkpoint = found
        self.checkpoint_time_ns = self.last_time_ns

    def _compare(self, kept: Checkpoint | None) -> None:
        """Hold the log against a checkpoint that was kept elsewhere."""
        if kept is not None and kept.size == self.entries and kept.root != self.frontier.root:
            reason = f"one of the first {kept.size} entries is not what the kept checkpoint is of"
            raise _Bad(None, reason)

    def end(self, db: sqlite3.Connection, kept: Checkpoint | None) -> None:
        """Nothing may be missing behind the last entry, nor stand beside the order."""
        ((signed,),) = db.execute("SELECT coalesce(max(size), 0) FROM checkpoint")
        kept_size = 0 if kept is None else kept.size
        if signed > self.entries:
            raise _Bad(self.entries, f"it is missing; a checkpoint was signed over {signed}")
        if kept_size > self.entries:
            raise _Bad(self.entries, f"it is missing; the kept checkpoint is over {kept_size}")
        if self.checkpoint is None or self.checkpoint.size < self.entries:
            first = 0 if self.checkpoint is None else self.checkpoint.size
            raise _Bad(first, "no checkpoint vouches for it")
        counts = db.execute(_COUNTS).fetchone()
        if counts != (self.entries, self.checkpoints):
            raise _Bad(None, "there are rows beside the log's order")


def _ignore(_: int) -> None:
    """Nobody watches the progress."""
