"""JSON objects that are run together, with anything or nothing between them, one by one."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}"]', re.DOTALL)


def pieces(text: bytes, opening: re.Pattern[bytes] | None = None) -> Iterator[bytes]:
    """Cut `text` where objects begin and end; the pieces together are `text` again.

    A piece is an object, or what stands between two (an array's commas and brackets, white space,
    NUL, junk), or an object whose end is missing.

    Parameters
    ----------
    text : bytes
        Any bytes.
    opening : pattern, optional
        How an object begins, where this cannot stand inside one: behind a broken object the next
        one is found by it.

    Notes
    -----
    Cost: two passes, whatever the input.
    """
    openings = opening.finditer(text) if opening else ()
    starts = [0, *(match.start() for match in openings), len(text)]
    for start, end in itertools.pairwise(starts):
        yield from _objects(text[start:end])


def _objects(text: bytes) -> Iterator[bytes]:
    end = 0
    while (start := text.find(b"{", end)) >= 0:
        if start > end:
            yield text[end:start]
        end = _end(text, start)
        yield text[start:end]
    if end < len(text):
        yield text[end:]


def _end(text: bytes, start: int) -> int:
    """Give where the object that begins at `start` ends; the end of `text` where it does not."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        mark = token.group()
        depth += (mark == b"{") - (mark == b"}")
        if mark == b'"':  # a string without an end
            break
        if depth == 0:
            return token.end()
    return len(text)
