"""One page of samples to its emissions: power, bursts that are proven, boxes for the rest.

1. Power cells, the noise floor under them, and what is there all the time (`spectrum.py`).
2. DroneID bursts are sought (`seek.py`): everywhere when the search is thorough, the page too short
   to know its own floor or the rate low, else where one may be (`regions.py`).
3. What a proven burst explains is taken out; the rest is boxed (`boxes.py`) and named
   (`classify.py`).

Cost: the power cells for every sample, about 10 ns; the matched stages only where there is more
power than noise gives.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from .boxes import Box, find_boxes
from .channel import Segment
from .classify import (
    LOOKED_AT_NARROW_S,
    LOOKED_AT_S,
    Emission,
    Seen,
    classify,
    droneid_emission,
    is_within,
)
from .droneid import DroneIdBurst, each_once, is_same
from .droneid_link import decode_burst
from .faint import with_faint
from .iq import Samples
from .measures import WIDE_HZ
from .notch import without_bands
from .regions import LONGEST_S, Look, find_regions, looks
from .seek import LIVE, THOROUGH, seek_bursts
from .signature import Library
from .spectrum import AVERAGED, Cells, bins_for, is_tone, noise_floor, power_cells, spurs
from .standing import LOOKED_AT_S as LOOKED_AT_STANDING_S
from .standing import plateaus
from .steady import CarrierLog
from .zadoff_chu import BANDWIDTH_HZ

SHORT_PAGE_S = 10e-3
"""A burst fills less than a tenth of a longer page, and no quantile of its cells."""

MARGIN_S = 0.25e-3
"""Before and after what goes to a matched stage: the edges are a cell wide."""

LOOK_S = 4e-3
"""What a matched stage takes at once."""

EVERYWHERE_HZ = 16e6
"""Up to this rate a live stream is searched everywhere: at 20 MS/s a busy band leaves no time."""

SPUR_SHARE = 0.1
"""Of the noise in a burst's band: spurs of less power are left, and cost less than half a dB."""
STANDING_EVERY = 10
"""Pages of a live stream of which one is asked for what never pauses."""

SPARSE, LOOKED_AT_SPARSE_S = 0.3, 8e-3
"""A wide box that is mostly empty may be a tone that wanders: that shows in a longer time."""

SKIRT_HZ = 0.3e6
"""Beyond a burst's band: leakage of the window, and a carrier at the very edge of the band."""


@dataclass(frozen=True, slots=True)
class Page:
    """Samples of a stream: those that are its own, and some of the next page.

    Parameters
    ----------
    samples : complex64, shape (n,)
    start : int
        Of the page, in samples of the stream.
    own : int
        How many of the samples are the page's own: what starts in them is told.
    told : int
        How many samples the page before has seen: what ends in them is not told again.
    """

    samples: Samples
    start: int
    own: int
    told: int


@dataclass(frozen=True, slots=True)
class _Power:
    """The page's power: cells over their floor, and the bins that spurs hold."""

    cells: Cells
    floor: Cells
    steady: Cells
    ratio: Cells
    held: list[tuple[int, int]]


class PageReader:
    """Pages in, emissions out.

    Parameters
    ----------
    sample_rate_hz, center_hz : float
    thorough, library
        As `EmissionFinder`.
    """

    def __init__(
        self, sample_rate_hz: float, center_hz: float, *, thorough: bool,
        library: Library | None = None,
    ) -> None:  # fmt: skip
        self._library = library
        self._thorough = thorough
        self._depth = THOROUGH if thorough else LIVE
        self._rate_hz = sample_rate_hz
        self._tuned_hz = center_hz
        self._bins = bins_for(sample_rate_hz)
        self._bin_hz = sample_rate_hz / self._bins
        self._row = AVERAGED * self._bins
        self._row_s = self._row / sample_rate_hz
        self._last_bursts: list[DroneIdBurst] = []
        self._carriers = CarrierLog(center_hz)
        self._pages = 0
        self.boxes_left_out = 0
        self.reads_payload = False

    def read(self, page: Page) -> list[Emission]:
        """Give the page's emissions, by start."""
        cells = power_cells(page.samples, self._bins)
        if len(cells) == 0:
            return []
        floor, steady = noise_floor(cells, self._bin_hz)
        held = spurs(floor, steady, len(cells))
        power = _Power(cells, floor, steady, cells / _notched(floor, steady, held), held)
        bursts = self._bursts(page, power)
        new = [burst for burst in bursts if self._is_new(page, burst)]
        found = [self._droneid(page, burst, power) for burst in new]
        self._last_bursts = new
        self._take_out(bursts, power.ratio, page)
        tones = [place for place in held if is_tone(cells[:, slice(*place)])]
        found += self._carriers.take([self._carrier(page, place, power) for place in tones])
        standing = self._standing(page, power)
        found += standing
        found += (
            one
            for one in self._others(page, power, [self._box(page, b, power) for b in bursts])
            if not any(is_within(one, of) for of in standing)
        )
        return sorted(found, key=lambda emission: emission.start_s)

    def close(self) -> list[Emission]:
        """Give what still lasts; the next page does not go on where the last one ended."""
        self._last_bursts = []
        return self._carriers.close()

    def _bursts(self, page: Page, power: _Power) -> list[DroneIdBurst]:
        """The DroneID bursts in the page; their starts count from the stream's."""
        found: list[DroneIdBurst] = []
        looked_at = self._looks(power.ratio)
        samples = self._without_spurs(page, power) if looked_at else page.samples
        for look in looked_at:
            first, last = (
                max(0, int((row_s * self._row_s + margin_s) * self._rate_hz))
                for row_s, margin_s in ((look.first_row, -MARGIN_S), (look.last_row, MARGIN_S))
            )
            found += seek_bursts(
                samples, self._rate_hz, look.ranges_hz, self._depth, slice(first, last)
            )
        start_s = page.start / self._rate_hz
        return each_once(_later(burst, start_s) for burst in found)

    def _without_spurs(self, page: Page, power: _Power) -> Samples:
        """The page's samples; without spurs that are strong beside the noise under a burst."""
        extra = sum(
            float((power.steady - power.floor)[slice(*place)].sum()) for place in power.held
        )
        noise = float(power.floor.mean()) * BANDWIDTH_HZ / self._bin_hz
        if extra < SPUR_SHARE * noise:
            return page.samples
        low_hz = -self._rate_hz / 2
        bands_hz = [(low_hz + (first - 1.5) * self._bin_hz, low_hz + (last + 0.5) * self._bin_hz)
                    for first, last in power.held]  # fmt: skip
        return without_bands(page.samples, self._rate_hz, bands_hz)

    def _looks(self, ratio: Cells) -> list[Look]:
        room_hz = (self._rate_hz - BANDWIDTH_HZ) / 2 + SKIRT_HZ
        if room_hz <= 0:
            return []
        whole = self._thorough or self._rate_hz <= EVERYWHERE_HZ
        if whole or len(ratio) * self._row_s < SHORT_PAGE_S:
            return [Look(0, len(ratio) + 1, ((-room_hz, room_hz),))]
        regions = find_regions(ratio, self._rate_hz, self._row_s)
        longest, burst = (int(np.ceil(s / self._row_s)) + 1 for s in (LOOK_S, LONGEST_S))
        return looks(regions, longest, burst)

    def _segment(self, page: Page, first_s: float, last_s: float) -> tuple[Segment, float]:
        """Cut a time of the page and a margin; give it with its start in the stream."""
        first = max(0, int((first_s - MARGIN_S) * self._rate_hz))
        last = int((last_s + MARGIN_S) * self._rate_hz) + 1
        segment = Segment(page.samples[first:last], self._rate_hz)
        return segment, (page.start + first) / self._rate_hz

    def _is_new(self, page: Page, burst: DroneIdBurst) -> bool:
        """Whether a burst starts in this page, and the page before has not told it."""
        at = burst.start_s * self._rate_hz - page.start
        told = any(is_same(burst, one) for one in self._last_bursts)
        return at < page.own and not told

    def _droneid(self, page: Page, burst: DroneIdBurst, power: _Power) -> Emission:
        named = droneid_emission(burst, self._box(page, burst, power).snr, self._tuned_hz)
        if not self.reads_payload:
            return replace(named, payload="not permitted")
        first_s = burst.start_s - page.start / self._rate_hz
        segment, start_s = self._segment(page, first_s, first_s + burst.duration_s)
        message = decode_burst(segment, burst.start_s - start_s, burst.carrier_hz, burst.symbols)
        if message is None:
            return replace(named, payload="encrypted or undecodable")
        return replace(named, payload="decoded", message=message)

    def _box(self, page: Page, burst: DroneIdBurst, power: _Power) -> Box:
        """The box of a proven burst."""
        rows, bins = self._place(page, burst)
        filled = slice(rows.start + 1, max(rows.stop - 1, rows.start + 2))
        inside = power.cells[filled, bins]
        snr = float(inside.mean() / power.floor[bins].mean()) - 1 if inside.size else 0.0
        return Box(
            first_row=rows.start, last_row=rows.stop, first_bin=bins.start, last_bin=bins.stop,
            start_row=rows.start, end_row=rows.stop, snr=snr, filled=1.0,
        )  # fmt: skip

    def _place(self, page: Page, burst: DroneIdBurst) -> tuple[slice, slice]:
        """The rows and bins that a burst touches."""
        first_s = burst.start_s - page.start / self._rate_hz
        low = (burst.carrier_hz - BANDWIDTH_HZ / 2 + self._rate_hz / 2) / self._bin_hz
        high = low + BANDWIDTH_HZ / self._bin_hz
        first, last = first_s / self._row_s, (first_s + burst.duration_s) / self._row_s
        return (
            slice(max(0, int(first)), max(1, int(np.ceil(last)))),
            slice(max(0, int(low)), max(1, int(np.ceil(high)))),
        )

    def _take_out(self, bursts: list[DroneIdBurst], ratio: Cells, page: Page) -> None:
        """Set the cells that proven bursts explain to the floor's level."""
        skirt = int(np.ceil(SKIRT_HZ / self._bin_hz))
        for burst in bursts:
            rows, bins = self._place(page, burst)
            ratio[max(0, rows.start - 1) : rows.stop + 1,
                  max(0, bins.start - skirt) : bins.stop + skirt] = 1  # fmt: skip

    def _carrier(self, page: Page, place: tuple[int, int], power: _Power) -> Seen:
        bins = slice(*place)
        snr = max(float(power.steady[bins].sum() / power.floor[bins].sum()) - 1, 1e-3)
        rows = page.own / self._row
        return self._seen(page, Box(0, int(np.ceil(rows)), *place, 0.0, rows, snr, 1.0))

    def _others(self, page: Page, power: _Power, bursts: list[Box]) -> Iterator[Emission]:
        boxes, left_out = find_boxes(power.ratio, self._bin_hz, bursts)
        self.boxes_left_out += left_out
        boxes = with_faint(power.ratio, boxes, self._bin_hz, self._row_s, bursts)
        for box in boxes:
            was_told = box.first_row == 0 and box.last_row * self._row < page.told
            if box.first_row * self._row >= page.own or was_told:
                continue
            first_s = box.start_row * self._row_s
            narrow = box.bins * self._bin_hz < WIDE_HZ
            longest_s = LOOKED_AT_NARROW_S if narrow else LOOKED_AT_S
            if not narrow and box.filled < SPARSE:
                longest_s = LOOKED_AT_SPARSE_S
            last_s = min(box.end_row * self._row_s, first_s + longest_s)
            segment, start_s = self._segment(page, first_s, last_s)
            yield classify(self._seen(page, box), segment, start_s, self._tuned_hz, self._library)

    def _standing(self, page: Page, power: _Power) -> list[Emission]:
        """What is wide and never pauses, where it has a link's structure."""
        self._pages += 1
        if not self._thorough and self._pages % STANDING_EVERY != 1:
            return []
        rows = page.own / self._row
        if rows * self._row_s < SHORT_PAGE_S / 2:
            return []
        found: list[Emission] = []
        for first, last in plateaus(power.floor, self._bin_hz):
            snr = float(power.floor[first:last].mean() / np.quantile(power.floor, 0.1)) - 1
            box = Box(0, int(rows), first, last, 0.0, rows, max(snr, 1e-3), 1.0)
            segment, start_s = self._segment(page, 0.0, LOOKED_AT_STANDING_S)
            seen = self._seen(page, box)
            named = classify(seen, segment, start_s, self._tuned_hz, self._library)
            if named.label != "unknown" and not named.label.endswith("fsk"):
                found.append(named)
        return found

    def _seen(self, page: Page, box: Box) -> Seen:
        low_hz = box.first_bin * self._bin_hz - self._rate_hz / 2
        return Seen(
            start_s=page.start / self._rate_hz + box.start_row * self._row_s,
            duration_s=(box.end_row - box.start_row) * self._row_s,
            center_hz=low_hz + (box.bins - 1) * self._bin_hz / 2,
            bandwidth_hz=box.bins * self._bin_hz,
            snr=box.snr,
            filled=box.filled,
            is_cut=box.first_row * self._row < page.told
            or box.last_row * self._row > page.own
            or box.last_row >= len(page.samples) // self._row,
        )


def _notched(floor: Cells, steady: Cells, held: list[tuple[int, int]]) -> Cells:
    """The floor, raised to the level of what is there all the time."""
    notched = floor.copy()
    for first, last in held:
        beside = slice(max(0, first - 1), last + 1)
        notched[beside] = steady[beside]
    return notched


def _later(burst: DroneIdBurst, start_s: float) -> DroneIdBurst:
    """The burst of a segment that starts at `start_s` of the stream; what lies before is cut."""
    cut_s = max(0.0, -(burst.start_s + start_s))
    return replace(
        burst,
        start_s=burst.start_s + start_s + cut_s,
        duration_s=burst.duration_s - cut_s,
    )
