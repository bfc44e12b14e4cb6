"""One entry of the central log: the bytes that the tree hashes, and what they say.

The bytes are a JSON envelope around the message. Its header stays readable for software that does
not know the message's schema, and for a later kind of envelope that holds a commitment in place of
a content which the law wants deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from ..messages import Mode, Recorded, decode_recorded


class _Header(msgspec.Struct, frozen=True, kw_only=True):
    schema: str
    id: str
    site: str
    time_ns: int
    mode: Mode = "live"


class Envelope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an entry's bytes hold: the message's header, and its JSON as it was recorded."""

    envelope: Literal["havik.entry/1"] = "havik.entry/1"
    kind: str  # the message's schema
    id: str
    site: str
    time_ns: int
    mode: Mode
    content: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry at its place in the log."""

    index: int
    envelope: Envelope

    def message(self) -> Recorded:
        """Read the content.

        Raises
        ------
        msgspec.ValidationError
            If it is of a schema that this software does not know.
        """
        return decode_recorded(bytes(self.envelope.content))


_headers = msgspec.json.Decoder(_Header)
_envelopes = msgspec.json.Decoder(Envelope)


def schema_of(kind: type[Recorded]) -> str:
    """Give the schema's name of a kind of record, as `havik.find/1`."""
    return str(kind.__struct_config__.tag)


def seal(message: bytes) -> Envelope:
    """Put an encoded message into its envelope.

    Raises
    ------
    msgspec.ValidationError, msgspec.DecodeError
        If it has no header of a message.
    """
    header = _headers.decode(message)
    return Envelope(
        kind=header.schema,
        id=header.id,
        site=header.site,
        time_ns=header.time_ns,
        mode=header.mode,
        content=msgspec.Raw(message),
    )


def to_bytes(envelope: Envelope) -> bytes:
    """Give the bytes that the tree hashes."""
    return msgspec.json.encode(envelope)


def from_bytes(data: bytes) -> Envelope:
    """Read an entry's bytes.

    Raises
    ------
    msgspec.ValidationError, msgspec.DecodeError
        If they are not an envelope.
    """
    return _envelopes.decode(data)
