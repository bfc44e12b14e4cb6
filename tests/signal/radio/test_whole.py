from __future__ import annotations

import numpy as np
import pytest

from havik.signal.radio.scraps import Box
from havik.signal.radio.spectrum import AVERAGED, LEAKAGE
from havik.signal.radio.whole import whole

BIN_HZ = 39_062.5


def cells(
    *bursts: tuple[slice, slice, float], rows: int = 200, bins: int = 256
) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Cells of noise of mean 1, each burst with so much more."""
    rng = np.random.default_rng(17)
    shape = AVERAGED / LEAKAGE
    level = np.ones((rows, bins))
    for in_time, in_band, snr in bursts:
        level[in_time, in_band] += snr
    return (rng.gamma(shape, 1 / shape, (rows, bins)) * level).astype(np.float32)


def scrap(rows: slice, bins: slice, snr: float = 1.5) -> Box:
    return Box(rows.start, rows.stop, bins.start, bins.stop, rows.start, rows.stop, snr, 0.6)


def test_scraps_of_one_burst_become_the_burst() -> None:
    """As strong as the noise, 20 bins wide, 40 rows long."""
    ratio = cells((slice(60, 100), slice(100, 120), 1.0))
    scraps = [scrap(slice(64, 70), slice(104, 112)), scrap(slice(80, 90), slice(106, 116))]
    (box,) = whole(ratio, scraps, BIN_HZ)
    assert (box.first_row, box.last_row) == pytest.approx((60, 100), abs=1)
    assert (box.first_bin, box.last_bin) == pytest.approx((100, 120), abs=2)
    assert box.snr == pytest.approx(1.0, abs=0.15)


def test_the_next_burst_on_the_channel_stays_apart() -> None:
    """Fifteen rows on and five off, as a racing controller's packets."""
    ratio = cells(*((slice(at, at + 15), slice(100, 120), 1.5) for at in (40, 60, 80)))
    scraps = [scrap(slice(at + 3, at + 9), slice(104, 114)) for at in (40, 60, 80)]
    found = whole(ratio, scraps, BIN_HZ)
    assert [box.first_row for box in found] == pytest.approx([40, 60, 80], abs=1)
    assert [box.last_row for box in found] == pytest.approx([55, 75, 95], abs=1)


def test_strips_that_begin_and_end_together_are_one() -> None:
    ratio = cells(*((slice(60, 90), slice(at, at + 30), 0.8) for at in (40, 110)))
    found = whole(ratio, [scrap(slice(65, 80), slice(at + 8, at + 20)) for at in (40, 110)], BIN_HZ)
    assert [(box.first_bin, box.last_bin) for box in found] == [pytest.approx((40, 140), abs=2)]


def test_strong_and_wide_boxes_are_left_as_they_are() -> None:
    ratio = cells()
    strong, wide = scrap(slice(10, 20), slice(5, 9), 20.0), scrap(slice(30, 40), slice(0, 120))
    assert whole(ratio, [strong, wide], BIN_HZ) == [strong, wide]
