from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havik.signal.radio.scraps import Box, gathered

BIN_HZ = 50e3
STRONG = Box(100, 120, 300, 400, 100.2, 119.6, 1000.0, 0.9)

ROWS = [
    ("its skirt, a bandwidth away", replace(STRONG, first_bin=420, last_bin=425, snr=5), False),
    ("farther than a bandwidth", replace(STRONG, first_bin=501, last_bin=520, snr=5), True),
    ("too strong for a skirt", replace(STRONG, first_bin=420, last_bin=425, snr=50), True),
    ("begins before it", replace(STRONG, first_row=90, first_bin=420, last_bin=425, snr=5), True),
    ("a part beside it", replace(STRONG, first_bin=405, last_bin=410, snr=500), False),
    ("its twin, not so near", replace(STRONG, first_bin=415, last_bin=500, snr=800), False),
    ("as near, not as long", replace(STRONG, last_row=112, first_bin=415, last_bin=500, snr=800),
     True),
    ("as near, not as dense", replace(STRONG, first_bin=415, last_bin=500, snr=200), True),
    ("denser than it", replace(STRONG, first_bin=405, last_bin=410, snr=5000), True),
    ("after it", replace(STRONG, first_row=130, last_row=140, snr=500), True),
    ("mostly after it", replace(STRONG, first_row=115, last_row=126, first_bin=405, last_bin=410,
                                snr=500), True),
]  # fmt: skip


@pytest.mark.parametrize(("what", "box", "is_told"), ROWS, ids=[row[0] for row in ROWS])
def test_what_is_an_emission_by_itself(what: str, box: Box, is_told: bool) -> None:
    assert len(gathered([box, STRONG], BIN_HZ)) == 1 + is_told, what


def test_a_part_widens_its_emission_and_a_skirt_does_not() -> None:
    part = replace(STRONG, first_bin=405, last_bin=410, snr=500, filled=1.0)
    skirt = replace(STRONG, first_bin=280, last_bin=295, snr=5)
    (whole,) = gathered([skirt, part, STRONG], BIN_HZ)
    assert (whole.first_bin, whole.last_bin) == (300, 410)
    assert whole.energy == pytest.approx(STRONG.energy + part.energy)
    assert (whole.start_row, whole.end_row) == (STRONG.start_row, STRONG.end_row)


def test_a_box_with_gaps_gathers_from_farther_than_a_full_one() -> None:
    part = replace(STRONG, first_bin=430, last_bin=440, snr=500)
    assert len(gathered([STRONG, part], BIN_HZ)) == 2
    assert len(gathered([replace(STRONG, filled=0.3), part], BIN_HZ)) == 1


def test_proven_emissions_have_skirts_but_take_no_parts() -> None:
    skirt = replace(STRONG, first_bin=405, last_bin=410, snr=5)
    part = replace(STRONG, first_bin=405, last_bin=410, snr=500)
    assert gathered([skirt], BIN_HZ, [STRONG]) == []
    assert gathered([part], BIN_HZ, [STRONG]) == [part]


def test_nothing_gathers_to_nothing() -> None:
    assert gathered([], BIN_HZ) == []
    assert gathered([], BIN_HZ, [STRONG]) == []


@st.composite
def some_boxes(draw: st.DrawFn) -> list[Box]:
    boxes: list[Box] = []
    for _ in range(draw(st.integers(1, 12))):
        row, column = draw(st.integers(0, 200)), draw(st.integers(0, 1000))
        rows, bins = draw(st.integers(1, 50)), draw(st.integers(1, 200))
        snr, filled = draw(st.floats(0.1, 1e4)), draw(st.floats(0.05, 1))
        boxes.append(Box(row, row + rows, column, column + bins, row, row + rows, snr, filled))
    return boxes


@given(some_boxes())
def test_nothing_is_invented_and_the_strongest_stays(boxes: list[Box]) -> None:
    kept = gathered(boxes, BIN_HZ)
    assert 1 <= len(kept) <= len(boxes)
    strongest = max(boxes, key=lambda box: box.energy)
    assert any((box.first_row, box.last_row) == (strongest.first_row, strongest.last_row)
               and box.first_bin <= strongest.first_bin and box.last_bin >= strongest.last_bin
               for box in kept)  # fmt: skip
    assert sum(box.energy for box in kept) <= sum(box.energy for box in boxes) * 1.001
    assert all(0 < box.filled <= 1 for box in kept)
