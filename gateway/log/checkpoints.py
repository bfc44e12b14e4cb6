"""Checkpoints (C2SP tlog-checkpoint): a signed note that vouches for the whole log at one size.

    origin            the log's own name, which is the name of its key
    size              number of entries
    base64(root)      root of the Merkle tree over them

No line is added for the time (the specification advises against it): the entries that the root
covers carry theirs.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass

from .notes import NoteError, Signer, Verifier

_TEXT = re.compile(
    r"(?P<origin>[^\n]+)\n(?P<size>0|[1-9][0-9]{0,18})\n(?P<root>[A-Za-z0-9+/]{43}=)\n"
)


@dataclass(frozen=True)
class Checkpoint:
    """The log named `origin` had this `root` (32 bytes) at this `size`."""

    origin: str
    size: int
    root: bytes

    def sign(self, signer: Signer) -> str:
        """Give the signed note."""
        return signer.sign(f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n")


def read_checkpoint(note: str, verifier: Verifier) -> Checkpoint:
    """Open a checkpoint of the log whose key is `verifier`.

    Raises
    ------
    NoteError
        If it is no signed note, not this log's, or no checkpoint.
    """
    match = _TEXT.fullmatch(verifier.open(note))
    if match is None or match["origin"] != verifier.name:
        raise NoteError(f"it is no checkpoint of {verifier.name}")
    return Checkpoint(match["origin"], int(match["size"]), b64decode(match["root"]))
