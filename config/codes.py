"""The code lists: of finds, what, where, how and by which way; of incidents, how they ended.

The lists are TOML beside this file, each with its source. A code that has once been used in a
record is never taken out or given another meaning; a new one joins.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

Language = Literal["en", "nl"]

FOLDER = Path(__file__).with_name("codes")


class Code(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One code's labels, and the codes that say it closer."""

    label_nl: str = msgspec.field(name="nl")
    label_en: str = msgspec.field(name="en")
    subs: dict[str, Code] = {}

    def label(self, language: Language) -> str:
        """What people call it."""
        return self.label_nl if language == "nl" else self.label_en


class Codes(msgspec.Struct, frozen=True, kw_only=True):
    """All lists, by code."""

    categories: dict[str, Code]
    places: dict[str, Code]
    methods: dict[str, Code]
    routes: dict[str, Code]
    outcomes: dict[str, Code]  # of incidents
    checklists: dict[str, dict[str, Code]]  # of searches, by the zone's kind


@cache
def codes() -> Codes:
    """Read the lists; once in a process."""
    return Codes(
        categories=_read("categories"),
        places=_read("places"),
        methods=_read("methods"),
        routes=_read("routes"),
        outcomes=_read("outcomes"),
        checklists=msgspec.toml.decode(
            (FOLDER / "checklists.toml").read_bytes(), type=dict[str, dict[str, Code]]
        ),
    )


def _read(name: str) -> dict[str, Code]:
    text = (FOLDER / f"{name}.toml").read_bytes()
    return msgspec.toml.decode(text, type=dict[str, Code])
