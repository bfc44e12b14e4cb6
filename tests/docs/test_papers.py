"""What the papers name is there: files, commands and links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAPERS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
FILE = re.compile(r"`((?:bench|config|docs|drivers|gateway|signal|simulators|tests)/[\w/.-]+)`")
LINK = re.compile(r"\]\(([^)#:]+)\)")


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.name)
def test_every_file_and_link_that_it_names_is_there(paper: Path) -> None:
    text = paper.read_text(encoding="utf-8")
    named = [ROOT / name for name in FILE.findall(text)]
    linked = [paper.parent / name for name in LINK.findall(text)]
    assert [str(place) for place in (*named, *linked) if not place.exists()] == []
