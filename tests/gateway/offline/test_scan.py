from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from havik.config.loader import SettingsError
from havik.gateway.errors import UsageError
from havik.gateway.offline.scan import check_basis, scan
from havik.signal.radio.iq import Samples, quantise
from havik.signal.radio.waveforms import droneid_burst, noise, shifted, wifi_like

RATE_HZ = 20e6
KEYS = {"label", "family", "start_s", "duration_s", "center_hz", "bandwidth_hz", "snr_db",
        "confidence", "evidence"}  # fmt: skip


def band() -> Samples:
    """12 ms: DroneID at 3 ms and +2 MHz, Wi-Fi at 8 ms; simulated."""
    rng = np.random.default_rng(81)
    wave = noise(rng, int(12e-3 * RATE_HZ), 1e-4)
    burst = shifted(droneid_burst(RATE_HZ, rng), RATE_HZ, 2e6)
    for start_s, part in ((3e-3, burst), (8e-3, wifi_like(RATE_HZ, rng, 150))):
        first = int(start_s * RATE_HZ)
        wave[first : first + len(part)] += np.float32(0.05) * part
    return wave


WAVE = band()


def write(path: Path, sample_type: str = "cf32", wave: Samples = WAVE) -> Path:
    path.write_bytes(quantise(wave, sample_type))
    return path


def write_pair(folder: Path, *tunings: tuple[int, float]) -> Path:
    path = write(folder / "capture.sigmf-data", "ci16").with_suffix(".sigmf-meta")
    captures = [{"core:sample_start": at, "core:frequency": hz} for at, hz in tunings]
    words = {"core:datatype": "ci16_le", "core:sample_rate": RATE_HZ, "core:version": "1.2.0"}
    path.write_text(json.dumps({"global": words, "captures": captures, "annotations": []}))
    return path


def scanned(*files: Path, rate_hz: float | None = RATE_HZ, as_json: bool = True,
            sample_type: str | None = None, center_hz: float | None = None,
            png: Path | None = None) -> tuple[str, str]:  # fmt: skip
    """What comes on standard output and on standard error."""
    out, notes = io.StringIO(), io.StringIO()
    scan(files, sample_type=sample_type, rate_hz=rate_hz, center_hz=center_hz, as_json=as_json,
         png=png, out=out, notes=notes)  # fmt: skip
    return out.getvalue(), notes.getvalue()


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_json_says_of_each_emission_what_the_design_says(tmp_path: Path) -> None:
    text, notes = scanned(write(tmp_path / "a.iq"))
    drone, wifi = rows(text)
    assert set(drone) == set(wifi) == KEYS
    assert (drone["label"], drone["family"]) == ("dji-droneid", "drone")
    assert drone["start_s"] == pytest.approx(3e-3, abs=1e-6)
    assert drone["duration_s"] == pytest.approx(643.2e-6, abs=1e-6)
    assert drone["center_hz"] == pytest.approx(2e6, abs=5e3)
    assert drone["bandwidth_hz"] == 9.015e6
    assert 0.99 < drone["confidence"] <= 1
    assert all(isinstance(value, float) for value in drone["evidence"].values())
    assert (wifi["label"], wifi["family"]) == ("wifi", "background")
    assert notes == ""


def test_the_real_recording_has_exactly_two_drone_bursts(recordings: Path) -> None:
    file = recordings / "rf/droneid_mavic_air_2_50MSps_cf32.iq"
    found = rows(scanned(file, rate_hz=50e6)[0])
    drones = [row for row in found if row["family"] in {"drone", "controller"}]
    controls, drones = drones[:2], drones[2:]
    assert [row["label"] for row in controls] == ["dji-ocusync-control"] * 2
    assert [row["label"] for row in drones] == ["dji-droneid"] * 2
    controllers = [row for row in found if row["family"] == "controller"]
    assert [row["label"] for row in controllers] == ["dji-ocusync-control"] * 2
    assert [row["start_s"] for row in drones] == pytest.approx([1.8595e-3, 2.5721e-3], abs=5e-6)
    assert [row["center_hz"] for row in drones] == pytest.approx([2.0074e6] * 2, abs=20e3)
    assert len(found) <= 18


@pytest.mark.parametrize("sample_type", ["cf32", "cf64", "ci16", "ci8", "cu8"])
def test_every_sample_type_gives_the_same(tmp_path: Path, sample_type: str) -> None:
    path = write(tmp_path / "a.iq", sample_type, WAVE * np.float32(10))
    found = rows(scanned(path, sample_type=sample_type)[0])
    assert [row["label"] for row in found] == ["dji-droneid", "wifi"]
    assert found[0]["start_s"] == pytest.approx(3e-3, abs=1e-6)


def test_the_centre_makes_frequencies_those_of_the_air(tmp_path: Path) -> None:
    path = write(tmp_path / "a.iq")
    (drone, _) = rows(scanned(path, center_hz=2.4e9)[0])
    assert drone["center_hz"] == pytest.approx(2.402e9, abs=5e3)
    table, _ = scanned(path, center_hz=2.4e9, as_json=False)
    assert "center MHz" in table
    assert "2402.00" in table


def test_the_table_names_what_has_a_name(tmp_path: Path) -> None:
    path = write(tmp_path / "a.iq")
    table, _ = scanned(path, as_json=False)
    lines = table.splitlines()
    assert str(path) in lines[0]
    assert "offset MHz" in lines[1]
    assert lines[2].split()[:4] == ["dji-droneid", "drone", "3.000", "0.643"]
    assert lines[3].split()[:2] == ["wifi", "background"]
    assert len(lines) == 4


def test_noise_is_told_as_such(tmp_path: Path) -> None:
    path = write(tmp_path / "a.iq", wave=noise(np.random.default_rng(82), 100_000, 1e-4))
    assert scanned(path) == ("", "")
    table, _ = scanned(path, as_json=False)
    assert table.startswith(f"{path}: no emissions above the noise")
    assert len(table.splitlines()) == 1


def test_unknown_emissions_are_one_line_of_the_table(tmp_path: Path) -> None:
    wave = noise(np.random.default_rng(83), 200_000, 1e-4)
    wave[50_000:60_000] += np.float32(0.05)
    path = write(tmp_path / "a.iq", wave=wave)
    table, _ = scanned(path, as_json=False)
    assert table.startswith(f"{path}: 1 unknown, the strongest")
    assert len(table.splitlines()) == 1
    assert [row["label"] for row in rows(scanned(path)[0])] == ["unknown"]


def test_several_files_are_told_apart(tmp_path: Path) -> None:
    one, two = write(tmp_path / "one.iq"), write(tmp_path / "two_ci16.iq", "ci16")
    found = rows(scanned(one, two)[0])
    assert [row["file"] for row in found] == [str(one)] * 2 + [str(two)] * 2
    assert set(found[0]) == KEYS | {"file"}
    table, _ = scanned(one, two, as_json=False)
    assert table.index("one.iq") < table.index("two_ci16.iq")


def test_a_pair_needs_no_options(tmp_path: Path) -> None:
    """Its second tuning begins in the middle; times go on, frequencies are each tuning's."""
    path = write_pair(tmp_path, (0, 2.4e9), (120_000, 5.8e9))
    drone, wifi = rows(scanned(path, rate_hz=None)[0])
    assert drone["center_hz"] == pytest.approx(2.402e9, abs=5e3)
    assert wifi["center_hz"] == pytest.approx(5.8e9, abs=0.3e6)
    assert wifi["start_s"] == pytest.approx(8e-3, abs=0.1e-3)


def test_what_is_left_out_is_noted(tmp_path: Path) -> None:
    wave = WAVE.copy()
    wave[1000:1003] = np.nan
    path = tmp_path / "a.iq"
    path.write_bytes(quantise(wave, "cf32") + b"abc")
    text, notes = scanned(path)
    assert [row["label"] for row in rows(text)] == ["dji-droneid", "wifi"]
    first, second = notes.splitlines()
    assert first == f"{path}: the last sample is cut off; 3 bytes are left out"
    assert second.startswith(f"{path}: 3 of {len(WAVE)} samples are not finite")


FOREIGN = {
    "picture.png": (b"\x89PNG\r\n\x1a\n" + bytes(3000), "a PNG picture"),
    "notes.txt": (b"drones were seen at 21:14\n" * 50, "text"),
    "frames.pcap": (b"\xd4\xc3\xb2\xa1\x02\x00\x04\x00" + bytes(3000), "a packet capture"),
    "program": (b"\x7fELF\x02\x01\x01" + bytes(3000), "a program"),
    "empty.iq": (b"", "is empty"),
    "short.iq": (b"abc", "cut off before its first"),
    "nan.cf32": (np.full(9000, np.nan, "<f4").tobytes(), "no finite cf32 samples"),
}


def refusal(*files: Path, **options: Any) -> str:
    with pytest.raises(UsageError) as refused:
        scanned(*files, **options)
    text = str(refused.value)
    assert "\n" not in text
    assert any(str(file) in text for file in files) or options.get("png")
    return text


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_no_recording_is_one_clear_line(tmp_path: Path, name: str) -> None:
    content, word = FOREIGN[name]
    path = tmp_path / name
    path.write_bytes(content)
    assert word in refusal(path)


def test_wrong_options_are_one_clear_line(tmp_path: Path) -> None:
    path = write(tmp_path / "a.iq", "ci16")
    assert "give --rate" in refusal(path, rate_hz=None, sample_type="ci16")
    assert "give --dtype ci16" in refusal(path)
    assert "give --dtype ci16" in refusal(path, sample_type="cu8")
    assert "check the name" in refusal(tmp_path / "gone.iq")


def test_one_bad_file_stops_before_anything_is_told(tmp_path: Path) -> None:
    good, bad = write(tmp_path / "a.iq"), tmp_path / "b.iq"
    bad.touch()
    out = io.StringIO()
    with pytest.raises(UsageError, match=r"b\.iq is empty"):
        scan([good, bad], sample_type=None, rate_hz=RATE_HZ, center_hz=None, as_json=True,
             png=None, out=out)  # fmt: skip
    assert out.getvalue() == ""


def test_a_picture_is_drawn(tmp_path: Path) -> None:
    png = tmp_path / "scan.png"
    scanned(write(tmp_path / "a.iq"), png=png)
    assert png.read_bytes().startswith(b"\x89PNG")


def test_a_picture_that_cannot_be_written(tmp_path: Path) -> None:
    path, other = write(tmp_path / "a.iq"), write(tmp_path / "b.iq")
    assert "is a folder" in refusal(path, png=tmp_path)
    assert "make the folder" in refusal(path, png=tmp_path / "gone/scan.png")
    assert "is the recording itself" in refusal(path, png=path)
    assert "name one file, not 2" in refusal(path, other, png=tmp_path / "scan.png")
    full = Path("/dev/full")
    if full.exists():
        assert "cannot be written" in refusal(path, png=full)


def test_a_picture_in_another_ones_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.iq")

    def refuse(*_: object) -> bool:  # root may write everywhere
        return False

    monkeypatch.setattr(os, "access", refuse)
    assert "a folder of your own" in refusal(path, png=tmp_path / "scan.png")


BASIS = """
[site]
name = "noord"
latitude_deg = 54.0
longitude_deg = 4.0
[legal.droneid_payload]
basis = "decree-2026/17"
approved_by = "governor"
expires = 2026-11-30
"""
LAST_DAY_NS = 1_796_000_000 * 10**9  # 2026-11-30


def test_payloads_are_read_on_a_stated_basis_alone(recordings: Path) -> None:
    """Truth: type 0x11 of length 141, then telemetry with sequence number 589."""
    file = recordings / "rf/droneid_mavic_air_2_50MSps_cf32.iq"
    for reads in (False, True):
        out = io.StringIO()
        scan([file], sample_type=None, rate_hz=50e6, center_hz=None, as_json=True, png=None,
             out=out, reads_payload=reads)  # fmt: skip
        found = [row for row in rows(out.getvalue()) if row["label"] == "dji-droneid"]
        if not reads:
            assert [set(row) for row in found] == [KEYS, KEYS]
            continue
        assert [row["payload"] for row in found] == ["decoded", "decoded"]
        first, second = (row["claims"] for row in found)
        assert (first["kind"], first["length"]) == ("identity", 141)
        assert (second["kind"], second["sequence_number"]) == ("telemetry", 589)


def test_a_basis_that_holds_is_taken(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text(BASIS)
    check_basis(site, LAST_DAY_NS)


@pytest.mark.parametrize(
    ("text", "now_ns", "reason"),
    [
        (BASIS, LAST_DAY_NS + 86_400 * 10**9, "ran out on 2026-11-30"),
        (BASIS.partition("[legal")[0], LAST_DAY_NS, "state no legal basis"),
    ],
)
def test_no_basis_is_refused(tmp_path: Path, text: str, now_ns: int, reason: str) -> None:
    site = tmp_path / "site.toml"
    site.write_text(text)
    with pytest.raises(UsageError, match=reason):
        check_basis(site, now_ns)


@pytest.mark.parametrize("left_out", ["basis", "approved_by", "expires"])
def test_a_basis_is_stated_whole(tmp_path: Path, left_out: str) -> None:
    site = tmp_path / "site.toml"
    kept = [line for line in BASIS.splitlines() if not line.startswith(left_out)]
    site.write_text("\n".join(kept))
    with pytest.raises(SettingsError, match=left_out):
        check_basis(site, LAST_DAY_NS)
