from __future__ import annotations

import errno
import json
from pathlib import Path

import numpy as np
import pytest

from havik.drivers.errors import CaptureError
from havik.drivers.radio.iq_files import BLOCK, IqFile, open_iq_file
from havik.signal.radio.iq import SAMPLE_TYPES, Samples, quantise, sample_bytes
from havik.signal.radio.waveforms import noise

WAVE = noise(np.random.default_rng(1), 150_000, 0.01)


def written(path: Path, sample_type: str, wave: Samples = WAVE) -> Path:
    path.write_bytes(quantise(wave, sample_type))
    return path


def all_samples(file: IqFile) -> tuple[Samples, int]:
    blocks = [block for segment in file.segments for block in file.blocks(segment)]
    return np.concatenate([samples for samples, _ in blocks]), sum(wrong for _, wrong in blocks)


@pytest.mark.parametrize("sample_type", SAMPLE_TYPES)
def test_a_file_gives_its_samples_in_blocks(tmp_path: Path, sample_type: str) -> None:
    file = open_iq_file(written(tmp_path / "a.iq", sample_type), sample_type, 20e6, 2.44e9)
    samples, not_finite = all_samples(file)
    assert file.samples == len(WAVE)
    assert (file.sample_rate_hz, file.segments[0].center_hz) == (20e6, 2.44e9)
    assert np.abs(samples - WAVE).max() <= 2**-7
    assert (not_finite, file.cut_bytes) == (0, 0)
    assert max(len(block) for block, _ in file.blocks(file.segments[0])) <= BLOCK


@pytest.mark.parametrize(
    ("name", "sample_type"),
    [
        ("x.ci8", "ci8"), ("x.cu8", "cu8"), ("x.cs16", "ci16"), ("x.cfile", "cf32"),
        ("x_20MSps_ci16.iq", "ci16"), ("x-CS8.bin", "ci8"), ("x.complex128", "cf64"),
        ("x.iq", "cf32"), ("x.raw", "cf32"),
    ],
)  # fmt: skip
def test_a_name_tells_the_type(tmp_path: Path, name: str, sample_type: str) -> None:
    path = written(tmp_path / name, sample_type)
    assert open_iq_file(path, None, 20e6, None).sample_type == sample_type


def test_what_the_caller_says_comes_before_the_name(tmp_path: Path) -> None:
    path = written(tmp_path / "x_ci8.iq", "ci16")
    assert open_iq_file(path, "ci16", 20e6, None).sample_type == "ci16"


@pytest.mark.parametrize("sample_type", SAMPLE_TYPES)
def test_a_last_sample_that_is_cut_is_left_out_and_counted(
    tmp_path: Path, sample_type: str
) -> None:
    path = tmp_path / "a.iq"
    path.write_bytes(quantise(WAVE[:100], sample_type)[:-1])
    file = open_iq_file(path, sample_type, 20e6, None)
    assert (file.samples, file.cut_bytes) == (99, sample_bytes(sample_type) - 1)


def test_samples_that_are_not_finite_are_silence_and_counted(tmp_path: Path) -> None:
    wave = WAVE.copy()
    wave[10], wave[70_000], wave[70_001] = np.nan, np.inf, complex(0, -np.inf)
    file = open_iq_file(written(tmp_path / "a.cf32", "cf32", wave), None, 20e6, None)
    samples, not_finite = all_samples(file)
    assert not_finite == 3
    assert np.isfinite(samples).all()
    assert samples[10] == samples[70_001] == 0
    assert np.array_equal(samples[11:70_000], WAVE[11:70_000])


def test_a_pair_gives_each_tuning_its_centre(tmp_path: Path) -> None:
    written(tmp_path / "a.sigmf-data", "ci16")
    meta = {
        "global": {"core:datatype": "ci16_le", "core:sample_rate": 20e6, "core:version": "1.2.0"},
        "captures": [
            {"core:sample_start": 100_000, "core:frequency": 5.8e9},
            {"core:sample_start": 0, "core:frequency": 2.4e9},
        ],
    }
    path = tmp_path / "a.sigmf-meta"
    path.write_text(json.dumps(meta))
    first, second = open_iq_file(path, None, None, None).segments
    assert (first.first_sample, first.samples, first.center_hz) == (0, 100_000, 2.4e9)
    assert (second.first_sample, second.samples, second.center_hz) == (100_000, 50_000, 5.8e9)
    file = open_iq_file(path, None, 10e6, 1e9)
    assert file.sample_rate_hz == 10e6
    assert {segment.center_hz for segment in file.segments} == {1e9}
    assert np.abs(all_samples(file)[0] - WAVE).max() <= 2**-15


def test_headers_inside_the_data_are_stepped_over(tmp_path: Path) -> None:
    raw = quantise(WAVE[:3000], "ci16")
    (tmp_path / "a.sigmf-data").write_bytes(bytes(64) + raw[:8000] + bytes(16) + raw[8000:])
    meta = {
        "global": {"core:datatype": "ci16_le", "core:sample_rate": 20e6},
        "captures": [
            {"core:sample_start": 0, "core:header_bytes": 64},
            {"core:sample_start": 2000, "core:header_bytes": 16},
        ],
    }
    (tmp_path / "a.sigmf-meta").write_text(json.dumps(meta))
    file = open_iq_file(tmp_path / "a.sigmf-data", None, None, None)
    assert np.abs(all_samples(file)[0] - WAVE[:3000]).max() <= 2**-15


def refusal(path: Path, sample_type: str | None = None, rate_hz: float | None = 20e6) -> str:
    with pytest.raises(CaptureError) as refused:
        open_iq_file(path, sample_type, rate_hz, None)
    text = str(refused.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize("rate_hz", [0.0, -20e6, float("nan"), float("inf"), 50.0])
def test_no_sample_rate_is_refused(tmp_path: Path, rate_hz: float) -> None:
    assert "give --rate in hertz" in refusal(written(tmp_path / "a.iq", "cf32"), None, rate_hz)


def test_what_the_caller_must_say(tmp_path: Path) -> None:
    path = written(tmp_path / "a.iq", "cf32")
    assert "give --rate" in refusal(path, None, None)
    assert "there are cf64, cf32, ci16, ci8, cu8" in refusal(path, "float")
    assert "give --dtype cf32" in refusal(path, "ci16")
    with pytest.raises(CaptureError, match="give --center in hertz"):
        open_iq_file(path, None, 20e6, float("nan"))


def test_files_that_cannot_be_recordings(tmp_path: Path) -> None:
    empty, short, picture, nan = (tmp_path / name for name in ("e", "s", "p", "n.cf32"))
    empty.touch()
    short.write_bytes(b"abc")
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100_000))
    nan.write_bytes(np.full(5000, np.nan, "<f4").tobytes())
    assert "is empty" in refusal(empty)
    assert "cut off before its first cf32 sample" in refusal(short)
    assert "a PNG picture" in refusal(picture)
    assert "is --dtype right?" in refusal(nan)
    assert "is a folder" in refusal(tmp_path)
    assert "check the name" in refusal(tmp_path / "gone.iq")


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "a.iq", "cf32")

    def refuse(*_: object) -> None:  # root may read every file: nothing but this refuses it
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    assert "cannot be read" in refusal(path)
