"""The central log as its writers see it: append-only, each entry a leaf of one Merkle tree.

An entry's row holds its bytes, the hash of the largest subtree that it completes (the peaks of any
size are among them, so an append reads O(log n) rows) and the tree's root after it (so that
`verify` can name the first entry that is wrong).

Every commit signs a checkpoint. Without it, whoever can write the file could change the entries
since the last one and recompute all hashes; with it, no committed entry is ever outside a
signature. The cost is one Ed25519 signature and one short row for a batch, beside a disk
synchronisation that takes many times as long.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ..messages import Recorded, encode
from . import folder as place
from .checkpoints import Checkpoint, read_checkpoint
from .database import connect, transaction
from .entries import Envelope, seal, to_bytes
from .merkle import Frontier, leaf_hash, peak_ends
from .notes import NoteError, Signer
from .reading import LogReader
from .schema import STATEMENTS


class LogDamaged(Exception):
    """The log on the disk contradicts itself: nothing may be added to it."""


class CentralLog(LogReader):
    """The central log in one folder, made at its first use.

    Several processes may have it open. One object serves one thread at a time.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    UsageError
        If the folder cannot be used, or what is there is damaged.
    """

    def __init__(self, folder: Path) -> None:
        place.prepare(folder)
        self.folder = folder
        try:
            super().__init__(connect(folder / place.LOG))
        except sqlite3.Error as error:
            raise place.unusable(folder, error) from None
        try:
            self._signer = _start(self._db, folder)
        except (sqlite3.Error, OSError, NoteError) as error:
            self.close()
            raise place.unusable(folder, error) from None

    def append(self, records: Sequence[Recorded | bytes]) -> list[int | None]:
        """Add records, or their encoded bytes, in order; return when they are on the disk.

        Returns
        -------
        list of int or None
            Each record's index. A record that is in the log already keeps the index that it has.
            `None` is a refusal: bytes that are no record, or an id that other bytes have.

        Raises
        ------
        LogDamaged
            If the log does not fit its own last checkpoint: nothing was added.
        sqlite3.Error
            If the disk is full or cannot be written: nothing was added.
        """
        with transaction(self._db):
            frontier = self._frontier()
            before = frontier.size
            indices = [self._add(record, frontier) for record in records]
            if frontier.size > before:
                _sign(self._db, self._signer, frontier)
        return indices

    def _frontier(self) -> Frontier:
        """Read the tree's right edge; to sign what it does not fit would hide a damage."""
        ends = peak_ends(self.size)
        select = "SELECT subtree FROM entry WHERE entry_index = ?"
        rows = [self._db.execute(select, (end - 1,)).fetchone() for end in ends]
        if None in rows:
            raise LogDamaged("entries are missing; run `havik log verify`")
        frontier = Frontier(self.size, [peak for (peak,) in rows])
        try:
            last = read_checkpoint(self.checkpoint(), self._signer.verifier)
        except (NoteError, LookupError) as error:
            raise LogDamaged(f"the last checkpoint: {error}; run `havik log verify`") from None
        if (last.size, last.root) != (frontier.size, frontier.root):
            raise LogDamaged("the last checkpoint is of other entries; run `havik log verify`")
        return frontier

    def _add(self, record: Recorded | bytes, frontier: Frontier) -> int | None:
        try:
            envelope = seal(record if isinstance(record, bytes) else encode(record))
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        data = to_bytes(envelope)
        known = self._db.execute(
            "SELECT entry_index, content FROM entry WHERE id = ?", (envelope.id,)
        ).fetchone()
        if known is not None:
            return int(known[0]) if known[1] == data else None
        return self._insert(envelope, data, frontier)

    def _insert(self, envelope: Envelope, data: bytes, frontier: Frontier) -> int:
        index = frontier.size
        subtree = frontier.append(leaf_hash(data))
        self._db.execute(
            "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)",
            (index, envelope.id, envelope.kind, data, subtree, frontier.root),
        )
        return index


def _start(db: sqlite3.Connection, folder: Path) -> Signer:
    """Make what a new log needs, in one transaction; read the key of one that is there."""
    with transaction(db):
        tables = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'checkpoint'").fetchone()
        signer = place.make_signer(folder) if tables is None else place.read_signer(folder)
        for statement in STATEMENTS:
            db.execute(statement)
        if tables is None:
            _sign(db, signer, Frontier())
    return signer


def _sign(db: sqlite3.Connection, signer: Signer, frontier: Frontier) -> None:
    note = Checkpoint(signer.name, frontier.size, frontier.root).sign(signer)
    db.execute("INSERT INTO checkpoint VALUES (?, ?)", (frontier.size, note))
