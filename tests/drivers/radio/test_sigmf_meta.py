# The sigmf library ships no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sigmf import SigMFFile  # type: ignore[import-untyped]  # it ships no types

from havik.drivers.errors import CaptureError
from havik.drivers.radio.sigmf_meta import Tuning, is_sigmf, read_sigmf


def write_pair(folder: Path, **changes: object) -> Path:
    """A pair as the sigmf library writes it; `changes` are put over its global fields."""
    data, meta = folder / "capture.sigmf-data", folder / "capture.sigmf-meta"
    np.zeros(4000, np.int16).tofile(data)
    written = SigMFFile(
        data_file=str(data),
        global_info={"core:datatype": "ci16_le", "core:sample_rate": 20e6},
    )
    written.add_capture(0, metadata={"core:frequency": 2.44e9})
    written.add_capture(1500, metadata={"core:frequency": 5.8e9})
    written.tofile(str(meta))
    if changes:
        fields = json.loads(meta.read_text())
        fields["global"] = {**fields["global"], **changes}
        meta.write_text(json.dumps(fields))
    return meta


@pytest.mark.parametrize("suffix", [".sigmf-meta", ".sigmf-data"])
def test_either_file_of_a_pair_gives_its_words(tmp_path: Path, suffix: str) -> None:
    path = write_pair(tmp_path).with_suffix(suffix)
    assert is_sigmf(path)
    meta = read_sigmf(path)
    assert meta.data == tmp_path / "capture.sigmf-data"
    assert (meta.sample_type, meta.sample_rate_hz) == ("ci16", 20e6)
    assert meta.tunings == (Tuning(0, 2.44e9), Tuning(1500, 5.8e9))


def test_what_may_be_missing_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "bare.sigmf-data").write_bytes(bytes(80))
    path = tmp_path / "bare.sigmf-meta"
    path.write_text('{"global": {"core:datatype": "cf32_le", "core:version": "1.2.0"}}')
    meta = read_sigmf(path)
    assert meta.sample_rate_hz is None
    assert meta.tunings == (Tuning(0, None),)


def test_a_data_set_of_another_name_is_found(tmp_path: Path) -> None:
    path = write_pair(tmp_path, **{"core:dataset": "other.raw"})
    (tmp_path / "other.raw").write_bytes(bytes(80))
    assert read_sigmf(path).data.name == "other.raw"


REFUSED = [
    ({"core:datatype": "ri16_le"}, "convert the samples"),
    ({"core:datatype": "cf32_be"}, "convert the samples"),
    ({"core:num_channels": 2}, "split them"),
    ({"core:dataset": "gone.raw"}, "put gone.raw beside it"),
    ({"core:datatype": 7}, "no SigMF metadata"),
]


@pytest.mark.parametrize(("changes", "remedy"), REFUSED)
def test_what_cannot_be_read_is_refused_with_a_remedy(
    tmp_path: Path, changes: dict[str, object], remedy: str
) -> None:
    with pytest.raises(CaptureError, match=remedy) as refusal:
        read_sigmf(write_pair(tmp_path, **changes))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"global": 3}', "\ud800"])
def test_damaged_metadata_are_refused(tmp_path: Path, text: str) -> None:
    meta = write_pair(tmp_path)
    meta.write_bytes(text.encode("utf-16", "surrogatepass") if "\ud800" in text else text.encode())
    with pytest.raises(CaptureError, match="no SigMF metadata"):
        read_sigmf(meta)


def test_negative_starts_are_refused(tmp_path: Path) -> None:
    meta = write_pair(tmp_path)
    fields = json.loads(meta.read_text())
    fields["captures"][0]["core:sample_start"] = -1
    meta.write_text(json.dumps(fields))
    with pytest.raises(CaptureError, match="cannot be negative"):
        read_sigmf(meta)


def test_half_a_pair_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "alone.sigmf-data"
    data.write_bytes(bytes(80))
    with pytest.raises(CaptureError, match=r"put alone\.sigmf-meta beside it"):
        read_sigmf(data)


def test_an_archive_is_to_be_unpacked(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="tar -xf"):
        read_sigmf(tmp_path / "one.sigmf")
