from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from havik.signal.radio.iq import SAMPLE_TYPES, quantise, sample_bytes, to_complex64

# One sample, 0.5 - 0.25j, as each type holds it (SigMF's definitions; little-endian).
ROWS = [
    ("cf32", "0000003f 000080be", 0.5 - 0.25j),
    ("cf64", "000000000000e03f 000000000000d0bf", 0.5 - 0.25j),
    ("ci16", "0040 00e0", 0.5 - 0.25j),
    ("ci8", "40 e0", 0.5 - 0.25j),
    ("cu8", "ff 00", 1 - 1j),
]


@pytest.mark.parametrize(("sample_type", "wire", "value"), ROWS)
def test_one_sample_read_both_ways(sample_type: str, wire: str, value: complex) -> None:
    raw = bytes.fromhex(wire)
    assert len(raw) == sample_bytes(sample_type)
    assert to_complex64(raw, sample_type).tolist() == [value]
    assert quantise(np.array([value], np.complex64), sample_type) == raw


@pytest.mark.parametrize("sample_type", SAMPLE_TYPES)
@given(seed=st.integers(0, 2**32 - 1))
def test_quantising_loses_less_than_a_step(sample_type: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    wave = (rng.uniform(-0.9, 0.9, (50, 2)) @ [1, 1j]).astype(np.complex64)
    step = {"ci16": 2**-15, "ci8": 2**-7, "cu8": 2**-7}.get(sample_type, 1e-6)
    back = to_complex64(quantise(wave, sample_type), sample_type)
    assert np.abs(back - wave).max() <= step


def test_what_is_beyond_full_scale_is_clipped_not_wrapped() -> None:
    loud = np.array([9 - 9j], np.complex64)
    for sample_type in ("ci16", "ci8", "cu8"):
        (back,) = to_complex64(quantise(loud, sample_type), sample_type)
        assert back == pytest.approx(1 - 1j, abs=0.01)


def test_a_cut_off_last_sample_is_left_out() -> None:
    assert len(to_complex64(b"\0" * 11, "ci16")) == 2
    assert len(to_complex64(b"", "cf32")) == 0
