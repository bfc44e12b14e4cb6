from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from havik.gateway.log.reading import LogReader
from havik.gateway.messages import Audit

if TYPE_CHECKING:
    from tests.gateway.conftest import Havik

ADD = ("find", "add", "--place", "yard", "--method", "dog", "--site", "noord")


def audits(folder: Path) -> list[Audit]:
    with LogReader.open(folder) as log:
        messages = [entry.message() for entry in log.entries()]
    return [one for one in messages if isinstance(one, Audit)]


def test_a_notice_is_written_and_the_log_knows(havik: Havik, tmp_path: Path) -> None:
    log, pdf, data = tmp_path / "log", tmp_path / "n.pdf", tmp_path / "n.json"
    name = havik(*ADD, "--item", "phone:2#AA1", "--log", log)[1].strip()
    made = ("find", "notice", name, "--by", "biv-1", "--log", log)
    assert havik(*made, "--pdf", pdf, "--json", data)[0] == 0
    assert pdf.read_bytes().startswith(b"%PDF-")
    notice = json.loads(data.read_text())
    assert (notice["schema"], notice["find"]) == ("havik.notice/1", name)
    (audit,) = audits(log)
    digest = hashlib.sha256(data.read_bytes()).hexdigest()
    assert (audit.action, audit.subject, audit.by) == ("notice-made", name, "biv-1")
    assert audit.text == f"version 1, sha256 {digest}"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ((), "nothing to write; name a file with --pdf"),
        (("--pdf", "/none/n.pdf"), "/none/n.pdf: no such file or directory; name a file"),
        (("--json", "/none/n.json"), "/none/n.json: no such file or directory; name a file"),
        (("--json", "n.json", "--language", "fr"), "--language fr: there are en, nl"),
        (("--json", "n.json", "--by", "Jan Jansen"), "--by: at most 64 letters"),
    ],
)
def test_what_cannot_be_is_refused(
    havik: Havik, tmp_path: Path, more: tuple[str, ...], told: str
) -> None:
    log = tmp_path / "log"
    name = havik(*ADD, "--item", "phone", "--log", log)[1].strip()
    made = ("find", "notice", name, "--by", "biv-1", "--log", log)
    assert told in havik.refuses(*made, *more)
    nothing = havik(*ADD, "--negative", "--log", log)[1].strip()
    other = ("find", "notice", nothing, "--by", "biv-1", "--log", log, "--json", tmp_path / "n")
    assert "nothing was found" in havik.refuses(*other)
