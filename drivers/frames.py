"""Frames out of a stream: found by their magic, believed when their own lengths add up."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from .errors import FrameError

Content = TypeVar("Content")

JUNK = "junk between frames"
CUT_OFF = "cut off at the end"


@dataclass(frozen=True, slots=True)
class Parsed(Generic[Content]):
    """A whole frame: what it holds, and the bytes it says it has, padding included."""

    content: Content
    length: int


Parse = Callable[[bytearray, int], Parsed[Content] | None]
"""Reads the frame at a buffer's start, and changes nothing in it.

Gives None while bytes are missing; raises `FrameError` as soon as no further byte could mend it.
The second argument tells how many of the buffer's bytes it had before for this same frame.
"""


class FrameReader(Generic[Content]):
    """Bytes in, frames out. No I/O: the result is the same however the stream is cut in pieces.

    A refused frame costs one byte: the search goes on right behind where it began. An accepted one
    costs its magic, not its length: a frame that lost bytes on the way reaches into the next one,
    which is found all the same.

    Parameters
    ----------
    magic : bytes
        What every frame begins with.
    parse : callable
        Reads one frame. It refuses a length beyond the longest that the device can send: that
        bounds the buffer.

    Attributes
    ----------
    refused : Counter
        Frames, and runs of junk, that were not read, by reason.
    """

    def __init__(self, magic: bytes, parse: Parse[Content]) -> None:
        self.refused: Counter[str] = Counter()
        self._magic = magic
        self._parse = parse
        self._buffer = bytearray()
        self._seen = 0  # how much of the frame at the buffer's start `parse` had before
        self._owned = 0.0  # how much at the buffer's start belongs to a frame already counted
        self._stray = False  # whether bytes before the buffer belonged to none

    @property
    def buffered(self) -> int:
        """Bytes that wait for the rest of their frame."""
        return len(self._buffer)

    def feed(self, data: bytes) -> Iterator[Content]:
        """Give what each frame that `data` completes holds."""
        self._buffer += data
        while self._find():
            try:
                frame = self._parse(self._buffer, self._seen)
            except FrameError as error:
                self._refuse(error.reason)
                continue
            if frame is None:
                self._seen = len(self._buffer)
                return
            self._owned = max(self._owned, frame.length)
            self._skip(len(self._magic))
            yield frame.content

    def close(self) -> Iterator[Content]:
        """End the stream: count the frame whose rest did not come, give those inside it."""
        while self._buffer.startswith(self._magic):
            self._refuse(CUT_OFF)
            yield from self.feed(b"")
        self._skip(len(self._buffer))
        self._stray = False
        self._owned = 0.0

    def _find(self) -> bool:
        """Drop what lies before the next magic; tell whether there is one."""
        start = self._buffer.find(self._magic)
        if start < 0:
            self._skip(max(len(self._buffer) - len(self._magic) + 1, 0))
            return False
        if start > 0:
            self._skip(start)
        self._stray = False
        if self._owned == math.inf:
            self._owned = 0.0  # the rest of a refused frame ends here
        return True

    def _refuse(self, reason: str) -> None:
        """Count the frame at the buffer's start; all up to the next magic is its rest."""
        self.refused[reason] += 1
        self._owned = math.inf
        self._skip(1)

    def _skip(self, count: int) -> None:
        if count > self._owned and not self._stray:
            self.refused[JUNK] += 1  # at once: a line at the wrong speed has no next frame
            self._stray = True
        self._owned = max(self._owned - count, 0.0)
        self._seen = 0
        del self._buffer[:count]
