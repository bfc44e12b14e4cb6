"""The tables of `log.db`, and the triggers that keep the log append-only.

The triggers stop mistakes, and show intent: who owns the file can drop them. What was changed then
is found by `verify`, from the hashes and the signatures.
"""

STATEMENTS = (
    """
    CREATE TABLE IF NOT EXISTS entry (
        entry_index INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        content BLOB NOT NULL,
        subtree BLOB NOT NULL,
        root BLOB NOT NULL
    ) STRICT
    """,
    "CREATE INDEX IF NOT EXISTS entry_kind ON entry (kind)",
    "CREATE TABLE IF NOT EXISTS checkpoint (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT",
    """
    CREATE TRIGGER IF NOT EXISTS entry_stays BEFORE UPDATE ON entry
    BEGIN SELECT RAISE(ABORT, 'the central log is append-only'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS entry_is_kept BEFORE DELETE ON entry
    BEGIN SELECT RAISE(ABORT, 'the central log is append-only'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS checkpoint_stays BEFORE UPDATE ON checkpoint
    BEGIN SELECT RAISE(ABORT, 'the central log is append-only'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS checkpoint_is_kept BEFORE DELETE ON checkpoint
    BEGIN SELECT RAISE(ABORT, 'the central log is append-only'); END
    """,
    # INSERT OR REPLACE deletes without a delete trigger: only what comes next may be inserted.
    """
    CREATE TRIGGER IF NOT EXISTS entry_comes_next BEFORE INSERT ON entry
    WHEN NEW.entry_index <> (SELECT coalesce(max(entry_index) + 1, 0) FROM entry)
        OR EXISTS (SELECT 1 FROM entry WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'the central log is append-only'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS checkpoint_comes_next BEFORE INSERT ON checkpoint
    WHEN NEW.size <= (SELECT max(size) FROM checkpoint)
    BEGIN SELECT RAISE(ABORT, 'the central log is append-only'); END
    """,
)
