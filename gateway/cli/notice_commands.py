"""`havik find notice`: the notice of seizure, as paper and as JSON beside it."""

from __future__ import annotations

import asyncio
import time
from hashlib import sha256
from pathlib import Path
from typing import get_args

import msgspec

from ...config.codes import Language
from ..errors import UsageError
from ..messages import Audit, new_id
from ..notice import make_notice
from .custody_commands import handovers
from .find_commands import find_find, record

DISCLOSED = "notice-made"
"""The action of the audit entry; its text is the SHA-256 of the notice as JSON."""


def write_notice(
    folder: Path, name: str, by: str, *, pdf: Path | None, to_json: Path | None, language: str
) -> None:
    """Write the notice of a find, and tell the log that it was made and by whom.

    Raises
    ------
    UsageError
        If there is no such find, it found nothing, or a file cannot be written.
    """
    from ..notice_paper import draw_notice  # the paper's library is needed for this alone

    if pdf is None and to_json is None:
        raise UsageError("nothing to write; name a file with --pdf, --json or both")
    try:
        words: Language = msgspec.convert(language, Language)
    except msgspec.ValidationError:
        raise UsageError(
            f"--language {language}: there are {', '.join(get_args(Language))}"
        ) from None
    find, now_ns = find_find(folder, name), time.time_ns()
    notice = make_notice(find, handovers(folder, name), words, now_ns)
    data = msgspec.json.format(msgspec.json.encode(notice), indent=2) + b"\n"
    try:
        audit = msgspec.convert(
            {
                "schema": "havik.audit/1",
                "id": new_id(now_ns),
                "site": find.site,
                "time_ns": now_ns,
                "mode": find.mode,
                "action": DISCLOSED,
                "subject": name,
                "by": by,
                "text": f"version {find.version}, sha256 {sha256(data).hexdigest()}",
            },
            Audit,
        )
    except msgspec.ValidationError:
        raise UsageError(
            "--by: at most 64 letters, digits and . _ : - are allowed, never a name"
        ) from None
    asyncio.run(record(folder, audit))  # first: no paper leaves that the log does not know of
    try:
        if to_json is not None:
            to_json.write_bytes(data)
        if pdf is not None:
            draw_notice(notice, pdf, words)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"{error.filename}: {reason}; name a file that can be written") from None
