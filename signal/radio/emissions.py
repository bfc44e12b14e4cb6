"""A stream of samples to emissions: the one class that `havik scan` and the gateway share.

The stream is worked in pages of fixed length that overlap by the longest matched burst, so that
the answer does not depend on how the samples were handed over. A page gives the emissions that
start in it; one that lasts longer than a page is told in pieces.
Cost: the power cells for every sample; matched stages only for boxes that are wide enough.
Memory: one page and its overlap, about 22 ms of samples.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .boxes import Box, find_boxes
from .channel import Segment
from .classify import Emission, Seen, carrier_emission, classify, droneid_emission
from .droneid import BANDWIDTH_HZ, DroneIdBurst, find_bursts
from .iq import Samples
from .spectrum import AVERAGED, Cells, bins_for, noise_floor, power_cells, spurs

PAGE_S = 20e-3
OVERLAP_S = 1.5e-3
MARGIN_S = 0.25e-3
"""Before and after a box that goes to a matched stage: the box's edges are a cell wide."""

DRONEID_NARROWEST_HZ = 5e6
DRONEID_SHORTEST_S = 0.25e-3
EDGE_HZ = 1e6  # a box's edges are blurred by its smoothing and by what lies beside it


__all__ = ["Emission", "EmissionFinder"]


class EmissionFinder:
    """Samples in, emissions out; times count from the first sample fed.

    Parameters
    ----------
    sample_rate_hz : float
    center_hz : float
        The tuned centre, added to all frequencies; 0 leaves them relative.
    """

    def __init__(self, sample_rate_hz: float, center_hz: float = 0.0) -> None:
        self._rate_hz = sample_rate_hz
        self._tuned_hz = center_hz
        self._bins = bins_for(sample_rate_hz)
        self._bin_hz = sample_rate_hz / self._bins
        self._row = AVERAGED * self._bins
        self._overlap = max(1, round(OVERLAP_S * sample_rate_hz / self._row)) * self._row
        self._page = max(2, round(PAGE_S * sample_rate_hz / self._row)) * self._row
        self._buffer = np.empty(self._page + self._overlap, np.complex64)
        self._filled = 0
        self._start = 0  # of the buffer, in samples of the stream
        self._continued = False  # whether a page before has seen the start of this one
        self.boxes_left_out = 0

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
        found = self._emissions(self._buffer[: self._filled], self._filled)
        self._start += self._filled
        self._filled = 0
        self._continued = False
        return found

    def _turn_page(self) -> list[Emission]:
        found = self._emissions(self._buffer, self._page)
        self._buffer[: self._overlap] = self._buffer[self._page :].copy()
        self._filled = self._overlap
        self._start += self._page
        self._continued = True
        return found

    def _emissions(self, page: Samples, own: int) -> list[Emission]:
        """The emissions that start in the first `own` samples of `page`."""
        cells = power_cells(page, self._bins)
        if len(cells) == 0:
            return []
        floor, steady = noise_floor(cells, self._bin_hz)
        held = spurs(floor, steady, len(cells))
        notched = floor.copy()
        for first, last in held:
            notched[max(0, first - 1) : last + 1] = steady[max(0, first - 1) : last + 1]
        boxes, left_out = find_boxes(cells, notched, self._bin_hz)
        self.boxes_left_out += left_out
        own_rows = -(-own // self._row)
        boxes = [box for box in boxes if not self._was_told(box) and box.first_row < own_rows]
        bursts = list(self._droneid(page, boxes, cells, floor, own))
        found = [self._carrier(place, floor, steady, own_rows) for place in held]
        for box in boxes:
            seen = self._seen(box)
            area = seen.duration_s * seen.bandwidth_hz
            if sum(_shared(emission, seen, self._tuned_hz) for emission in bursts) < area / 2:
                found.append(self._named(page, seen))
        return sorted([*bursts, *found], key=lambda emission: emission.start_s)

    def _was_told(self, box: Box) -> bool:
        """Whether the page before, which saw as far as this page's overlap, has told it all."""
        return self._continued and box.first_row == 0 and box.last_row < self._overlap // self._row

    def _carrier(self, place: tuple[int, int], floor: Cells, steady: Cells, rows: int) -> Emission:
        bins = slice(*place)
        snr = max(float(steady[bins].sum() / floor[bins].sum()) - 1, 1e-3)
        return carrier_emission(self._seen(Box(0, rows, *place, snr, 1.0)), self._tuned_hz)

    def _seen(self, box: Box) -> Seen:
        first_s = self._start / self._rate_hz
        row_s = self._row / self._rate_hz
        low_hz = box.first_bin * self._bin_hz - self._rate_hz / 2
        return Seen(
            start_s=first_s + box.first_row * row_s,
            duration_s=box.rows * row_s,
            center_hz=low_hz + (box.bins - 1) * self._bin_hz / 2,
            bandwidth_hz=box.bins * self._bin_hz,
            snr=box.snr,
            filled=box.filled,
        )

    def _segment(self, page: Samples, start_s: float, duration_s: float) -> tuple[Segment, float]:
        """Cut a box's time and a margin; give it with its start in the stream."""
        first = int((start_s - MARGIN_S) * self._rate_hz) - self._start
        last = int((start_s + duration_s + MARGIN_S) * self._rate_hz) - self._start
        first = max(first, 0)
        segment = Segment(page[first : min(last, len(page))], self._rate_hz)
        return segment, (self._start + first) / self._rate_hz

    def _named(self, page: Samples, seen: Seen) -> Emission:
        segment, start_s = self._segment(page, seen.start_s, seen.duration_s)
        return classify(seen, segment, start_s, self._tuned_hz)

    def _droneid(
        self, page: Samples, boxes: list[Box], cells: Cells, floor: Cells, own: int
    ) -> Iterator[Emission]:
        """Look for DroneID bursts in every box that is wide and long enough for one."""
        told: list[tuple[float, float]] = []
        for box in boxes:
            seen = self._seen(box)
            if seen.bandwidth_hz < DRONEID_NARROWEST_HZ or seen.duration_s < DRONEID_SHORTEST_S:
                continue
            segment, start_s = self._segment(page, seen.start_s, seen.duration_s)
            slack_hz = max(0.0, (seen.bandwidth_hz - BANDWIDTH_HZ) / 2) + EDGE_HZ
            for burst in find_bursts(segment, seen.center_hz - slack_hz, seen.center_hz + slack_hz):
                at_s, hz = start_s + burst.start_s, burst.carrier_hz
                if any(abs(at_s - s) < 50e-6 and abs(hz - f) < 100e3 for s, f in told):
                    continue
                told.append((at_s, hz))
                if at_s * self._rate_hz - self._start < own:
                    snr = self._snr(burst, at_s, cells, floor)
                    yield droneid_emission(burst, start_s, snr, self._tuned_hz)

    def _snr(self, burst: DroneIdBurst, at_s: float, cells: Cells, floor: Cells) -> float:
        """Mean power of the burst's cells over the floor, less the floor itself."""
        row_s = self._row / self._rate_hz
        first = (at_s - self._start / self._rate_hz) / row_s
        rows = slice(max(0, int(np.ceil(first))), max(1, int(first + burst.duration_s / row_s)))
        middle = (burst.carrier_hz + self._rate_hz / 2) / self._bin_hz
        half = BANDWIDTH_HZ / 2 / self._bin_hz
        bins = slice(max(0, int(middle - half)), int(middle + half))
        inside = cells[rows, bins]
        return float(inside.mean() / floor[bins].mean()) - 1 if inside.size else 1.0


def _shared(emission: Emission, seen: Seen, tuned_hz: float) -> float:
    """How much of a box is this emission, in seconds times hertz."""
    end_s = min(emission.start_s + emission.duration_s, seen.start_s + seen.duration_s)
    time_s = end_s - max(emission.start_s, seen.start_s)
    apart_hz = abs(emission.center_hz - tuned_hz - seen.center_hz)
    reach_hz = (emission.bandwidth_hz + seen.bandwidth_hz) / 2 - apart_hz
    width_hz = min(reach_hz, emission.bandwidth_hz, seen.bandwidth_hz)
    return max(0.0, time_s) * max(0.0, width_hz)
