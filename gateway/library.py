"""The library of signatures as the radio stage takes it."""

from __future__ import annotations

from functools import cache

from msgspec.structs import asdict

from ..config.signatures import signatures, trust
from ..signal.radio.signature import Library, Signature, Trust


@cache
def library() -> Library:
    """The library in `config/signatures/`; read once in a process."""
    return Library(
        signatures=tuple(Signature(name=name, **asdict(one)) for name, one in signatures().items()),
        trust={label: Trust(one.offset, one.slope) for label, one in trust().items()},
    )
