from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from havik.signal.radio.rate_matching import gather, placement, spread
from havik.signal.radio.turbo import Bits, decode, encode, permutation


def by_polynomials(bits: list[int]) -> tuple[list[int], list[int]]:
    """Parity and tail by long division in GF(2): z = x (1 + D + D^3) / (1 + D^2 + D^3)."""
    fed: list[int] = []

    def past(back: int) -> int:
        return fed[len(fed) - back] if len(fed) >= back else 0

    parity: list[int] = []
    tail: list[int] = []
    for bit in bits:
        new = bit ^ past(2) ^ past(3)
        parity.append(new ^ past(1) ^ past(3))
        fed.append(new)
    for _ in range(3):
        tail += [past(2) ^ past(3), past(1) ^ past(3)]
        fed.append(0)
    return parity, tail


@pytest.mark.parametrize("length", [40, 1408])
def test_the_streams_are_those_of_the_standard(length: int) -> None:
    bits = np.random.default_rng(length).integers(0, 2, length).astype(np.uint8)
    streams = encode(bits)
    parity, tail = by_polynomials(bits.tolist())
    other, other_tail = by_polynomials(bits[permutation(length)].tolist())
    assert streams[0, :length].tolist() == bits.tolist()
    assert streams[1, :length].tolist() == parity
    assert streams[2, :length].tolist() == other
    # TS 36.212, 5.1.3.2.2: x z x down the first column of the tail, z x z down the second.
    assert streams[:, length:].T.ravel().tolist() == tail + other_tail


def test_the_interleaver_takes_every_bit_once() -> None:
    assert sorted(permutation(1408).tolist()) == list(range(1408))
    assert permutation(40)[:4].tolist() == [0, 13, 6, 19]  # (3 i + 10 i^2) mod 40


@settings(max_examples=15, deadline=None)
@given(st.binary(min_size=176, max_size=176), st.integers(0, 2**32 - 1))
def test_what_was_encoded_is_decoded_out_of_noise(block: bytes, seed: int) -> None:
    """QPSK at 0 dB; the capacity of that channel is twice the rate."""
    bits = np.unpackbits(np.frombuffer(block, np.uint8))
    sent = 1 - 2 * spread(encode(bits), 7200).astype(np.float32)
    heard = sent + np.random.default_rng(seed).standard_normal(7200).astype(np.float32)
    got = decode(gather(heard, 1412), lambda guess: bool(np.array_equal(guess, bits)))
    assert got is not None


def test_noise_alone_is_no_block() -> None:
    asked: list[Bits] = []
    noise = np.random.default_rng(3).standard_normal((3, 1412)).astype(np.float32)

    def is_right(guess: Bits) -> bool:
        asked.append(guess)
        return False

    assert decode(noise, is_right) is None
    assert 1 < len(asked) <= 8


def test_the_air_has_every_coded_bit_but_no_dummy() -> None:
    placed = placement(1412, 7200)
    counts = np.bincount(placed, minlength=3 * 1412)
    assert counts.min() == 1
    assert counts.max() == 2
    # TS 36.212, 5.1.4.1.1: 1,412 bits fill 45 rows of 32 but for 28 dummies before them. The air
    # begins two columns in, with column 8 (P(2)) of the systematic stream: dummy in the first row.
    assert placed[:3].tolist() == [8 + 32 - 28, 8 + 64 - 28, 8 + 96 - 28]
