"""Signed notes (C2SP signed-note): a text, a blank line, and a line for each signature.

    — name base64(key hash ‖ signature)

The text ends with a line end, which is signed with it. The key hash is the first four bytes of
SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key); 0x01 is Ed25519 (RFC 8032), the one kind used here. A
public key is written `name+hash+base64(0x01 ‖ public key)`, a secret one with `PRIVATE+KEY+`
before it and its seed for the key, as Go's golang.org/x/mod/sumdb/note writes them.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"
SECRET = "PRIVATE+KEY+"  # noqa: S105 - the format's first word, no secret
_NAME = re.compile(r"[^\s+]+")
_SIGNATURE = re.compile(r"— ([^\s+]+) (\S+)")


class NoteError(ValueError):
    """A note, or a key, that is not what it must be: the message says why."""


@dataclass(frozen=True)
class Verifier:
    """Opens the notes of one named public key."""

    name: str
    public: Ed25519PublicKey

    @property
    def key_hash(self) -> bytes:
        """The four bytes that a signature begins with."""
        body = self.name.encode() + b"\n" + ED25519 + self.public.public_bytes_raw()
        return sha256(body).digest()[:4]

    def __str__(self) -> str:
        return _write_key(self.name, self.key_hash, self.public.public_bytes_raw())

    @classmethod
    def read(cls, text: str) -> Verifier:
        """Read a public key.

        Raises
        ------
        NoteError
            If `text` is not one, to the last bit.
        """
        name, raw = _read_key(text)
        verifier = cls(name, Ed25519PublicKey.from_public_bytes(raw))
        if str(verifier) != text:
            raise NoteError("the public key does not match its own hash")
        return verifier

    def open(self, note: str) -> str:
        """Give the text of `note` if this key signed it; other keys' signatures are left alone.

        Raises
        ------
        NoteError
            If it is no note, or this key did not sign it.
        """
        text, mark, lines = note.rpartition("\n\n")
        signatures = [_SIGNATURE.fullmatch(line) for line in lines.split("\n")[:-1]]
        if not mark or not note.endswith("\n") or not signatures or None in signatures:
            raise NoteError("it is no signed note")
        text += "\n"
        for signature in filter(None, signatures):
            blob = _decode(signature[2])
            if signature[1] == self.name and blob[:4] == self.key_hash:
                return self._check(text, blob[4:])
        raise NoteError(f"{self.name} has not signed it")

    def _check(self, text: str, signature: bytes) -> str:
        try:
            self.public.verify(signature, text.encode())
        except InvalidSignature:
            raise NoteError(f"the signature of {self.name} is wrong") from None
        return text


@dataclass(frozen=True)
class Signer:
    """Signs notes with one named secret key."""

    name: str
    secret: Ed25519PrivateKey

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(self.name, self.secret.public_key())

    def write(self) -> str:
        """Write the secret key: for a file that only its owner reads, never for a log."""
        raw = self.secret.private_bytes_raw()
        return SECRET + _write_key(self.name, self.verifier.key_hash, raw)

    @classmethod
    def read(cls, text: str) -> Signer:
        """Read a secret key.

        Raises
        ------
        NoteError
            If `text` is not one, to the last bit.
        """
        name, raw = _read_key(text.removeprefix(SECRET))
        signer = cls(name, Ed25519PrivateKey.from_private_bytes(raw))
        if signer.write() != text:
            raise NoteError("the secret key does not match its own hash")
        return signer

    @classmethod
    def generate(cls, name: str) -> Signer:
        """Make a new key."""
        return cls(name, Ed25519PrivateKey.generate())

    def sign(self, text: str) -> str:
        """Make a note of `text`, which ends with a line end."""
        blob = self.verifier.key_hash + self.secret.sign(text.encode())
        return f"{text}\n— {self.name} {b64encode(blob).decode()}\n"


def _write_key(name: str, key_hash: bytes, raw: bytes) -> str:
    return f"{name}+{key_hash.hex()}+{b64encode(ED25519 + raw).decode()}"


def _read_key(text: str) -> tuple[str, bytes]:
    name, _, rest = text.partition("+")
    raw = _decode(rest.partition("+")[2])
    if not _NAME.fullmatch(name) or len(raw) != 33 or raw[:1] != ED25519:
        raise NoteError("it is no Ed25519 key of a signed note")
    return name, raw[1:]


def _decode(text: str) -> bytes:
    try:
        raw = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteError("it is not base64") from None
    if b64encode(raw).decode() != text:  # spare bits that are set: another text for the same bytes
        raise NoteError("it is not canonical base64")
    return raw
