from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from havik.drivers.radio.iq_plausible import absurd_share, foreign, likely_type, other_type
from havik.signal.radio.iq import SAMPLE_TYPES, quantise
from havik.signal.radio.waveforms import noise

FILES = {
    "a PNG picture": b"\x89PNG\r\n\x1a\n",
    "a JPEG picture": b"\xff\xd8\xff\xe0",
    "a PDF document": b"%PDF-1.7",
    "a zip archive": b"PK\x03\x04",
    "a gzip file": b"\x1f\x8b\x08",
    "a RIFF (WAV) file": b"RIFF\0\0\0\0WAVE",
    "a program": b"\x7fELF\x02",
    "a packet capture": b"\x0a\x0d\x0d\x0a\0\0",
    "a database": b"SQLite format 3\0",
    "text": b"time,range,doppler\n1,2,3\n",
}


@pytest.mark.parametrize("kind", FILES)
def test_foreign_files_are_named(kind: str) -> None:
    assert foreign(FILES[kind] + bytes(range(200)) * (kind != "text")) == kind


def wire(sample_type: str, level: float = 0.2, seed: int = 1) -> bytes:
    """Noise as a receiver gives it, some way below full scale."""
    return quantise(noise(np.random.default_rng(seed), 40_000, level**2), sample_type)


def test_samples_are_not_foreign() -> None:
    for sample_type in SAMPLE_TYPES:
        assert foreign(wire(sample_type)) is None
    assert foreign(b"") is None
    assert foreign(bytes(5000)) is None


@pytest.mark.parametrize("level", [0.05, 0.2, 0.5])
@pytest.mark.parametrize("sample_type", SAMPLE_TYPES)
def test_the_true_type_is_not_refused(sample_type: str, level: float) -> None:
    raw = wire(sample_type, level)
    assert other_type(raw, sample_type) is None
    assert absurd_share(raw, sample_type) < 0.01


CONFUSED = [
    ("cf32", "cf64", "cf32"), ("cf32", "ci16", "cf32"), ("cf32", "ci8", "cf32"),
    ("cf64", "ci16", "cf64"), ("cf64", "cu8", "cf64"),
    ("ci16", "ci8", "ci16"), ("ci16", "cu8", "ci16"), ("ci8", "ci16", "ci8 or cu8"),
    ("cu8", "ci16", "ci8 or cu8"), ("ci8", "cu8", "ci8"), ("cu8", "ci8", "cu8"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "said", "verdict"), CONFUSED)
def test_another_type_is_named(written: str, said: str, verdict: str) -> None:
    assert other_type(wire(written), said) == verdict


@pytest.mark.parametrize(("written", "verdict"), [("ci16", "ci16"), ("ci8", "ci8 or cu8")])
@pytest.mark.parametrize("said", ["cf32", "cf64"])
def test_integers_are_no_floats(written: str, verdict: str, said: str) -> None:
    raw = wire(written)
    assert absurd_share(raw, said) > 0.05
    assert likely_type(raw) == verdict


def test_doubles_are_no_floats() -> None:
    raw = wire("cf64")
    assert absurd_share(raw, "cf32") > 0.2
    assert likely_type(raw) == "cf64"


def test_an_overloaded_receiver_is_believed() -> None:
    clipped = quantise(noise(np.random.default_rng(2), 40_000, 1e4), "cu8")
    assert other_type(clipped, "cu8") is None


def test_few_bytes_have_no_verdict() -> None:
    assert other_type(wire("cf32")[:4000], "ci16") is None
    assert likely_type(wire("ci16")[:4000]) is None


def test_silence_and_not_a_number_are_not_absurd() -> None:
    assert absurd_share(bytes(8000), "cf32") == 0
    assert absurd_share(np.full(1000, np.nan, "<f4").tobytes(), "cf32") == 0
    assert other_type(bytes(8000), "cf32") is None


def test_real_recordings_are_what_their_names_say(recordings: Path) -> None:
    for path in sorted((recordings / "rf").glob("*.iq")):
        sample_type = path.stem.rsplit("_", 1)[1]
        raw = path.read_bytes()[: 1 << 18]
        assert foreign(raw) is None, path.name
        assert other_type(raw, sample_type) is None, path.name
        assert absurd_share(raw, sample_type) < 0.01, path.name
