"""A stream of samples to emissions: the one class that `havik scan` and the gateway share.

The stream is worked in pages of fixed length that overlap by the longest matched burst, so that
the answer does not depend on how the samples were handed over. A page gives the emissions that
start in it; one that lasts longer than a page is told in pieces.
Cost: `page.py`'s. Memory: one page and its overlap, about 22 ms of samples.
"""

from __future__ import annotations

import numpy as np

from .classify import Emission
from .hops import HopLog
from .iq import Samples
from .page import Page, PageReader
from .signature import Library
from .spectrum import AVERAGED, bins_for

__all__ = ["Emission", "EmissionFinder"]

PAGE_S = 20e-3
OVERLAP_S = 1.5e-3


class EmissionFinder:
    """Samples in, emissions out; times count from the first sample fed.

    Parameters
    ----------
    sample_rate_hz : float
    center_hz : float
        The tuned centre, added to all frequencies; 0 leaves them relative.
    thorough : bool
        Also search where longer signals would hide a burst of less than their power. A recording
        can wait for that; a live stream in a busy band cannot.
    library : Library, optional
        The links that have names; without one, structure alone gives them.
    """

    def __init__(
        self, sample_rate_hz: float, center_hz: float = 0.0, *, thorough: bool = False,
        library: Library | None = None,
    ) -> None:  # fmt: skip
        row = AVERAGED * bins_for(sample_rate_hz)
        self._reader = PageReader(sample_rate_hz, center_hz, thorough=thorough, library=library)
        self._hops = HopLog(library or Library(), at_once=not thorough)
        self._overlap = max(1, round(OVERLAP_S * sample_rate_hz / row)) * row
        self._page = max(2, round(PAGE_S * sample_rate_hz / row)) * row
        self._buffer = np.empty(self._page + self._overlap, np.complex64)
        self._filled = 0
        self._start = 0  # of the buffer, in samples of the stream
        self._continued = False  # whether a page before has seen the start of this one

    @property
    def boxes_left_out(self) -> int:
        """How many emissions were too many for their page, and are not told."""
        return self._reader.boxes_left_out

    @property
    def reads_payload(self) -> bool:
        """Whether DroneID payloads are read: off until somebody says so, and stated to be legal."""
        return self._reader.reads_payload

    @reads_payload.setter
    def reads_payload(self, permitted: bool) -> None:
        self._reader.reads_payload = permitted

    def feed(self, samples: Samples) -> list[Emission]:
        """Take in samples in pieces of any size; give the emissions of the pages they complete.

        Parameters
        ----------
        samples : complex64, shape (n,)
            Finite; full scale is 1.
        """
        found: list[Emission] = []
        taken = 0
        while taken < len(samples):
            room = len(self._buffer) - self._filled
            piece = samples[taken : taken + room]
            self._buffer[self._filled : self._filled + len(piece)] = piece
            self._filled += len(piece)
            taken += len(piece)
            if self._filled == len(self._buffer):
                found += self._turn_page()
        return found

    def skip(self, samples: int) -> list[Emission]:
        """Note that `samples` are missing here; give what was found before the hole."""
        found = self.close()
        self._start += max(0, samples)
        return found

    def close(self) -> list[Emission]:
        """Give what is left at the end; samples fed after it count on from there."""
        found = self._read(self._filled, self._filled) + self._reader.close() + self._hops.close()
        self._start += self._filled
        self._filled = 0
        self._continued = False
        return found

    def _turn_page(self) -> list[Emission]:
        found = self._read(len(self._buffer), self._page)
        self._buffer[: self._overlap] = self._buffer[self._page :].copy()
        self._filled = self._overlap
        self._start += self._page
        self._continued = True
        return found

    def _read(self, filled: int, own: int) -> list[Emission]:
        told = self._overlap if self._continued else 0
        found = self._reader.read(Page(self._buffer[:filled], self._start, own, told))
        return self._hops.take(found)
