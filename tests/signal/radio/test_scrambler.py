from __future__ import annotations

import pytest

from havik.signal.radio.scrambler import INITIAL, gold


def by_definition(initial: int, length: int) -> list[int]:
    """TS 36.211, 7.2, bit by bit, with both registers as integers."""
    first, second = 1, initial
    out: list[int] = []
    for n in range(1600 + length):
        if n >= 1600:
            out.append((first ^ second) & 1)
        fed = (first >> 3 ^ first) & 1
        first = first >> 1 | fed << 30
        fed = (second >> 3 ^ second >> 2 ^ second >> 1 ^ second) & 1
        second = second >> 1 | fed << 30
    return out


@pytest.mark.parametrize(
    ("initial", "length"), [(INITIAL, 7200), (1, 1), (0x7FFFFFFF, 29), (5, 400)]
)
def test_the_sequence_is_the_standards(initial: int, length: int) -> None:
    assert gold(initial, length).tolist() == by_definition(initial, length)


def test_its_halves_are_balanced() -> None:
    """A Gold sequence has about as many ones as zeros: 3,600 of 7,200 within five deviations."""
    assert abs(int(gold(INITIAL, 7200).sum()) - 3600) < 5 * 42.5
