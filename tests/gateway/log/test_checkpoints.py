from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

import pytest

from havik.gateway.log.checkpoints import Checkpoint, read_checkpoint
from havik.gateway.log.notes import NoteError, Signer

SIGNER = Signer.generate("havik-log-1")
ROOT = sha256(b"").digest()
ROOT_TEXT = (
    "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="  # of the empty tree: printf '' | sha256sum
)


def test_a_checkpoint_is_three_lines_signed() -> None:
    assert b64encode(ROOT).decode() == ROOT_TEXT
    note = Checkpoint("havik-log-1", 0, ROOT).sign(SIGNER)
    assert note.startswith(f"havik-log-1\n0\n{ROOT_TEXT}\n\n— havik-log-1 ")


@pytest.mark.parametrize("size", [0, 1, 9, 10, 2**62])
def test_what_is_signed_is_read_back(size: int) -> None:
    checkpoint = Checkpoint("havik-log-1", size, ROOT)
    assert read_checkpoint(checkpoint.sign(SIGNER), SIGNER.verifier) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        f"another-log\n3\n{ROOT_TEXT}\n",
        f"havik-log-1\n03\n{ROOT_TEXT}\n",
        f"havik-log-1\n-3\n{ROOT_TEXT}\n",
        f"havik-log-1\n\n{ROOT_TEXT}\n",
        f"havik-log-1\n3\n{ROOT_TEXT}\nmore\n",
        f"havik-log-1\n3\n{ROOT_TEXT[4:]}\n",
        "havik-log-1\n3\n",
        "\n",
    ],
)
def test_what_is_signed_but_no_checkpoint_of_this_log_is_refused(text: str) -> None:
    with pytest.raises(NoteError, match="no checkpoint"):
        read_checkpoint(SIGNER.sign(text), SIGNER.verifier)


def test_another_keys_checkpoint_is_refused() -> None:
    note = Checkpoint("havik-log-1", 0, ROOT).sign(Signer.generate("havik-log-1"))
    with pytest.raises(NoteError):
        read_checkpoint(note, SIGNER.verifier)
