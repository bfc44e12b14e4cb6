"""The central log's folder: what stands where, and its key.

log.db      the entries and their checkpoints
spool.db    what is recorded and on its way into the log
reports.db  what reports count, derived from the entries; may be deleted
log.key     the secret that signs checkpoints; only its owner reads it
log.pub     the public half, for whoever verifies; give it away
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from ..errors import UsageError
from .notes import NoteError, Signer, Verifier

LOG = "log.db"
SPOOL = "spool.db"
SECRET_KEY = "log.key"  # noqa: S105 - a file's name
PUBLIC_KEY = "log.pub"


def default_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Give the log's folder in the user's data folder (XDG Base Directory Specification)."""
    data = environment.get("XDG_DATA_HOME", "")
    root = Path(data) if Path(data).is_absolute() else Path.home() / ".local/share"
    return root / "havik/log"


def require(folder: Path) -> None:
    """Make sure that `folder` holds a central log.

    Raises
    ------
    UsageError
        If nothing there says so.
    """
    if not any((folder / name).is_file() for name in (PUBLIC_KEY, SECRET_KEY)):
        raise UsageError(f"{folder}: no central log there; name its folder with --log PATH")


def prepare(folder: Path) -> None:
    """Make `folder`, readable by its owner alone, if it is not there.

    Raises
    ------
    UsageError
        If it cannot be made or written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"{folder}: {reason}; name another folder with --log PATH") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"{folder}: not yours to write; name another folder with --log PATH")


def unusable(folder: Path, error: Exception) -> UsageError:
    """Say that what stands in `folder` cannot be used, and what to do."""
    return UsageError(
        f"{folder}: the central log cannot be used ({error}); see `havik log verify`, "
        "then restore the folder from a copy, or name another with --log PATH"
    )


def read_signer(folder: Path) -> Signer:
    """Read the log's secret key.

    Raises
    ------
    OSError, NoteError
        If the file is not there or damaged.
    """
    return Signer.read(_read(folder / SECRET_KEY))


def read_verifier(folder: Path) -> Verifier:
    """Read the log's public key.

    Raises
    ------
    OSError, NoteError
        If the file is not there or damaged.
    """
    return Verifier.read(_read(folder / PUBLIC_KEY))


def make_signer(folder: Path) -> Signer:
    """Make the key of a new log; the caller holds the database's write lock.

    A key that an earlier start made before it was stopped is taken. The public half is written
    first: where there is a secret key, both are there.
    """
    if (folder / SECRET_KEY).exists():
        return read_signer(folder)
    signer = Signer.generate(f"havik-log-{secrets.token_hex(8)}")
    _write_whole(folder / PUBLIC_KEY, f"{signer.verifier}\n", 0o644)
    _write_whole(folder / SECRET_KEY, f"{signer.write()}\n", 0o600)
    return signer


def _read(path: Path) -> str:
    """Read a key's line; bytes that are no text make a key that is refused, not an error."""
    text = path.read_bytes().decode("utf-8", errors="replace")
    if not text.endswith("\n"):
        raise NoteError("the key's line has no end")
    return text[:-1]


def _write_whole(path: Path, text: str, mode: int) -> None:
    """Write a file that is there whole or not at all, even after a power cut."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
