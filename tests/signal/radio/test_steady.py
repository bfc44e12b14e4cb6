from __future__ import annotations

import pytest

from havik.signal.radio.classify import Seen
from havik.signal.radio.steady import LONGEST_S, CarrierLog

PAGE_S = 20e-3


def carrier(page: int, center_hz: float = 1e6, width_hz: float = 100e3) -> Seen:
    return Seen(page * PAGE_S, PAGE_S, center_hz, width_hz, snr=10.0, filled=1.0)


def test_a_carrier_is_told_once_when_it_ends() -> None:
    log = CarrierLog(2.4e9)
    assert [log.take([carrier(page)]) for page in range(5)] == [[]] * 5
    (told,) = log.take([])
    assert (told.label, told.family) == ("carrier", "background")
    assert told.start_s == 0
    assert told.duration_s == pytest.approx(5 * PAGE_S)
    assert told.center_hz == 2.4e9 + 1e6
    assert told.snr_db == pytest.approx(10)
    assert log.close() == []


def test_one_that_lasts_is_told_once_a_second() -> None:
    log = CarrierLog(0.0)
    told = [one for page in range(250) for one in log.take([carrier(page)])] + log.close()
    assert len(told) == 5
    assert sum(one.duration_s for one in told) == pytest.approx(250 * PAGE_S)
    assert max(one.duration_s for one in told) <= LONGEST_S + PAGE_S
    assert [one.start_s for one in told] == pytest.approx([0, 1, 2, 3, 4])


def test_carriers_apart_are_two_and_one_that_drifts_is_one() -> None:
    log = CarrierLog(0.0)
    for page in range(4):
        drifting = carrier(page, 1e6 + page * 50e3)
        assert log.take([drifting, carrier(page, 3e6)]) == []
    assert [round(one.duration_s / PAGE_S) for one in log.close()] == [4, 4]
    assert log.take([carrier(9, 1e6)]) == []
    assert len(log.take([carrier(10, 1.5e6)])) == 1
