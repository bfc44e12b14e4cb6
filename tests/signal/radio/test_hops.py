from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from havik.signal.radio.classify import Emission
from havik.signal.radio.hops import HopLog, in_phase
from havik.signal.radio.signature import Library, Signature

LINK = Signature(
    name="toy", label="frsky", family="controller", modulation="keyed", source="a test",
    features={"duration_s": (4e-3, 5e-3)}, period_s=9e-3, bursts=3,
)  # fmt: skip


def burst(start_s: float, center_hz: float, duration_s: float = 4.7e-3) -> Emission:
    return Emission(
        "unknown-fsk", "unknown", start_s, duration_s, center_hz, 0.2e6, 10.0, 0.5,
        candidates=("toy",),
    )  # fmt: skip


def followed(bursts: list[Emission]) -> list[Emission]:
    log = HopLog(Library((LINK,)), at_once=False)
    found: list[Emission] = []
    for first in range(0, len(bursts), 3):
        found += log.take(bursts[first : first + 3])
    return found + log.close()


def test_one_hopping_controller_is_one_emission() -> None:
    rng = np.random.default_rng(91)
    sent = [burst(0.01 + nth * 9e-3, 2.404e9 + 3e5 * rng.integers(47)) for nth in range(20)]
    (one,) = followed(sent)
    assert (one.label, one.family) == ("frsky", "controller")
    assert one.evidence["bursts"] == 20
    assert one.start_s == sent[0].start_s
    assert one.start_s + one.duration_s == pytest.approx(sent[-1].start_s + 4.7e-3)
    assert len(one.parts) == 20


def test_bursts_at_random_times_are_no_controller() -> None:
    rng = np.random.default_rng(92)
    times = np.sort(rng.uniform(0, 0.3, 20)).tolist()
    found = followed([burst(at, 2.404e9 + 3e5 * rng.integers(47)) for at in times])
    assert {one.label for one in found} == {"unknown-fsk"}
    assert len(found) == 20


def test_a_clock_on_one_channel_does_not_hop() -> None:
    found = followed([burst(nth * 9e-3, 2.41e9) for nth in range(10)])
    assert {one.label for one in found} == {"unknown-fsk"}


def test_a_burst_that_a_page_cuts_is_joined() -> None:
    sent = [burst(nth * 9e-3, 2.404e9 + 3e6 * nth) for nth in range(4)]
    cut = [burst(0.036, 2.43e9, 2e-3), burst(0.038, 2.43e9, 2.7e-3)]
    (one,) = followed([*sent, *(replace(piece, is_cut=True) for piece in cut)])
    assert one.evidence["bursts"] == 5
    assert one.parts[-1].duration_s == pytest.approx(4.7e-3)


def test_the_rest_of_a_burst_counts_where_both_pages_saw_its_middle() -> None:
    """Pages overlap: the second piece begins before the first ends, and may tell no link."""
    sent = [burst(nth * 9e-3, 2.404e9 + 3e6 * nth) for nth in range(4)]
    first = replace(burst(0.036, 2.43e9, 3e-3), is_cut=True)
    rest = replace(burst(0.0375, 2.43e9, 3.2e-3), candidates=(), is_cut=True)
    (one,) = followed([*sent, first, rest])
    assert one.parts[-1].duration_s == pytest.approx(4.7e-3)


def test_whole_bursts_that_follow_at_once_stay_two() -> None:
    told = followed([burst(0.0, 2.43e9, 2e-3), burst(0.002, 2.43e9, 2.7e-3)])
    assert len(told) == 2


@pytest.mark.parametrize(("count", "found"), [(3, False), (4, True)])
def test_a_period_needs_more_bursts_than_chance_gives(count: int, found: bool) -> None:
    """(0.1 ms / 9 ms)**(n - 1) * n: 4e-4 for three, 5e-6 for four."""
    assert (in_phase([nth * 9e-3 for nth in range(count)], LINK) is not None) == found


def test_what_waits_is_bounded() -> None:
    log = HopLog(Library((LINK,)), at_once=False)
    rng = np.random.default_rng(93)
    times = np.sort(rng.uniform(0, 0.4, 2000)).tolist()
    told = log.take([burst(at, 2.404e9 + 3e5 * nth) for nth, at in enumerate(times)])
    assert len(told) >= 2000 - 2 * 600
