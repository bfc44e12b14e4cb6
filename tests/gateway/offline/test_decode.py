"""The command on real captures, on a simulated one, and on files that are none."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from havik.config.scenes import Leg, Person, Scene
from havik.config.settings import Mounting
from havik.drivers.catalogue import DRIVERS
from havik.drivers.radio import iq_blocks
from havik.drivers.readings import IqBlock, RemoteIdReport, SensorStatus
from havik.drivers.remote_id import antsdr, dronescout
from havik.gateway.errors import UsageError
from havik.gateway.offline.decode import Aircraft, decode, drivers_table
from havik.simulators.radar.ti_mmwave import TiMmwave
from havik.simulators.scene import World

SERIAL = "1787F04BM24010011195"


def lines(driver: str, file: Path, *, as_json: bool = False) -> tuple[list[str], str]:
    """What the command writes, and its summary."""
    out, notes = io.StringIO(), io.StringIO()
    decode(driver, file, as_json=as_json, out=out, notes=notes)
    assert notes.getvalue().count("\n") == 1
    return out.getvalue().splitlines(), notes.getvalue().strip()


def rows(driver: str, file: Path) -> tuple[list[dict[str, object]], str]:
    told, summary = lines(driver, file, as_json=True)
    return [json.loads(line) for line in told], summary


@pytest.mark.parametrize(
    ("file", "count", "transport"),
    [("ble_legacy", 19, "ble-legacy"), ("wifi_nan", 3, "wifi-nan")],
)
def test_every_object_of_a_dronescout_file_is_read_and_is_one_aircraft(
    recordings: Path, file: str, count: int, transport: str
) -> None:
    capture = recordings / f"remote_id/dronescout_{file}.json"
    found, summary = rows("dronescout", capture)
    assert summary == f"{count} readings; 1 aircraft; nothing refused"
    assert {row["reading"] for row in found} == {"remote-id"}
    assert {row["serial_number"] for row in found} == {SERIAL}
    assert {row["transport"] for row in found} == {transport}
    assert len(found) == count
    told, _ = lines("dronescout", capture)
    assert len(told) == count
    assert all(
        line.startswith("2024-12-31T20:38:") and SERIAL in line and "28.0 m" in line
        for line in told
    )


def test_both_files_together_are_one_aircraft_still(recordings: Path, tmp_path: Path) -> None:
    folder = recordings / "remote_id"
    both = tmp_path / "both.json"
    both.write_bytes(
        (folder / "dronescout_ble_legacy.json").read_bytes()
        + (folder / "dronescout_wifi_nan.json").read_bytes()
        + (folder / "dronescout_sensor_status.json").read_bytes()
    )
    assert lines("dronescout", both)[1] == "23 readings; 1 aircraft; nothing refused"


def test_a_status_is_no_aircraft(recordings: Path) -> None:
    told, summary = lines("dronescout", recordings / "remote_id/dronescout_sensor_status.json")
    assert summary == "1 reading; nothing refused"
    assert told == ["2024-12-31T20:38:45.000Z  test_sensor_id_001  normal  no position"]


@pytest.mark.parametrize(
    ("log", "whole", "damaged"),
    [
        ("azim60_elev30_fast_threeTargets60deg_log_2024-11-28.csv", 176, 24),
        ("azimu60_elev30_lanes_pedestrian_log_2024-11-28.csv", 188, 12),
    ],
)
def test_a_damaged_radar_log(recordings: Path, log: str, whole: int, damaged: int) -> None:
    found, summary = rows("ti-mmwave", recordings / "radar" / log)
    reason = "parts longer than their packet"
    assert summary == f"{whole} readings; {damaged} refused: {damaged} {reason}"
    assert len(found) == whole
    assert all(str(row["time_ns"]).startswith("17328") for row in found)  # 28 November 2024


@pytest.fixture
def simulated() -> list[bytes]:
    """Six seconds of a person in front of a simulated radar, packet by packet."""
    walk = Leg(to_m=(0, 40, 0), speed_m_s=1.5)
    guard = Person(name="guard", from_m=(0, 20, 0), acceleration_m_s2=1, legs=(walk,))
    scene = Scene(name="test", site="none", seed=433, length_s=6.0, things=(guard,))
    radar = TiMmwave(World(scene), "radar", Mounting(up_m=1.0))
    return [packet.what for packet in radar.observe(lambda time_s: round(time_s * 1e9))]


def test_every_frame_of_a_simulated_capture_comes_back(
    simulated: list[bytes], tmp_path: Path
) -> None:
    rng = random.Random(433)
    capture = tmp_path / "radar.bin"
    capture.write_bytes(b"".join(simulated))
    clean, summary = rows("ti-mmwave", capture)
    assert summary == "61 readings; nothing refused"
    assert [row["frame_number"] for row in clean] == list(range(61))
    assert not any("time_ns" in row for row in clean)  # the bytes do not tell when they came
    capture.write_bytes(b"".join(rng.randbytes(rng.randrange(1, 99)) + p for p in simulated))
    found, summary = rows("ti-mmwave", capture)
    assert found == clean
    assert summary == "61 readings; 61 refused: 61 junk between frames"


def test_in_words_a_frame_is_one_line(simulated: list[bytes], tmp_path: Path) -> None:
    capture = tmp_path / "radar.bin"
    capture.write_bytes(b"".join(simulated))
    told, _ = lines("ti-mmwave", capture)
    assert len(told) == 61
    for number, line in enumerate(told):
        assert line.startswith(f"-  frame {number:>8}  ")
        assert "45 °C" in line


def test_blocks_of_iq_are_told_without_their_samples(tmp_path: Path) -> None:
    capture = tmp_path / "blocks"
    sent = [
        IqBlock(
            time_ns=1_790_000_000_000_000_000 + sequence,
            sequence=sequence,
            sample_rate_hz=15.36e6,
            center_hz=2.4295e9,
            sample_type="ci8",
            samples=bytes(range(256)) * 300,
        )
        for sequence in (0, 1, 5)
    ]
    capture.write_bytes(b"".join(map(iq_blocks.encode, sent)))
    found, summary = rows("iq-blocks", capture)
    assert summary == "3 readings; nothing refused"
    assert [row["sample_count"] for row in found] == [38_400] * 3
    assert [row.get("missed_blocks", 0) for row in found] == [0, 0, 3]
    assert not any("samples" in row for row in found)


NO_CAPTURE: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "empty": ("ti-mmwave", Path.touch, "is empty: nothing was captured"),
    "a folder": ("ti-mmwave", Path.mkdir, "is a folder: name one capture file"),
    "missing": ("dronescout", Path.exists, "is not there: check the name"),
    "foreign text": (
        "dronescout",
        lambda file: file.write_text("A day at the sea\n" * 20),
        "holds nothing of dronescout: is it a capture of another device, or cut off? (",
    ),
    "foreign bytes": (
        "iq-blocks",
        lambda file: file.write_bytes(random.Random(1).randbytes(100_000)),
        "holds nothing of iq-blocks: is it a capture of another device, or cut off? (",
    ),
    "another device's": (
        "ti-mmwave",
        lambda file: file.write_bytes(
            dronescout.encode(SensorStatus(time_ns=1_000_000, state="normal"))
        ),
        "holds nothing of ti-mmwave: it is of dronescout (",
    ),
    "a table without rows": (
        "ti-mmwave",
        lambda file: file.write_text("Timestamp,RawData\n"),
        "holds nothing of ti-mmwave: is it a capture of another device, or cut off? (",
    ),
}


@pytest.mark.parametrize(("driver", "make", "words"), NO_CAPTURE.values(), ids=NO_CAPTURE)
def test_what_is_no_capture_is_told_in_one_line_with_its_remedy(
    tmp_path: Path, driver: str, make: Callable[[Path], object], words: str
) -> None:
    file = tmp_path / "capture"
    make(file)
    out = io.StringIO()
    with pytest.raises(UsageError) as error:
        decode(driver, file, as_json=False, out=out, notes=io.StringIO())
    assert str(error.value).startswith(f"{file} {words}")
    assert "\n" not in str(error.value)
    assert out.getvalue() == ""


def test_a_capture_that_is_cut_off_in_its_first_frame(
    simulated: list[bytes], tmp_path: Path
) -> None:
    file = tmp_path / "capture"
    file.write_bytes(simulated[0][:-40])
    with pytest.raises(UsageError, match=r"cut off\? \(1 refused: 1 cut off at the end\)$"):
        lines("ti-mmwave", file)


def test_a_capture_of_another_driver_is_named(simulated: list[bytes], tmp_path: Path) -> None:
    file = tmp_path / "capture"
    file.write_bytes(b"".join(simulated))
    for driver in DRIVERS.keys() - {"ti-mmwave"}:
        with pytest.raises(UsageError, match="it is of ti-mmwave"):
            lines(driver, file)


def test_a_driver_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        lines("dronescuot", tmp_path)
    assert str(error.value) == f"no driver 'dronescuot': there are {', '.join(DRIVERS)}"


def report(
    transmitter: str, serial: str | None = None, session: str | None = None
) -> RemoteIdReport:
    return RemoteIdReport(
        time_ns=0, transmitter=transmitter, serial_number=serial, session_id=session
    )


@pytest.mark.parametrize(
    ("heard", "told"),
    [
        ([], []),
        ([SensorStatus(time_ns=0)], []),
        ([report("A")], ["1 aircraft"]),
        ([report("A"), report("A")], ["1 aircraft"]),
        ([report("A"), report("B")], ["2 aircraft"]),
        ([report("A", "S1"), report("B", "S1")], ["1 aircraft"]),
        ([report("A"), report("A", "S1"), report("A")], ["1 aircraft"]),
        ([report("A", "S1"), report("A", "S2")], ["2 aircraft"]),
        ([report("A", "S1"), report("B")], ["2 aircraft"]),
        ([report("A", "S1", "X"), report("B", "S1", "Y")], ["1 aircraft"]),
        ([report("A", None, "X"), report("B", None, "X")], ["1 aircraft"]),
    ],
)
def test_aircraft_are_counted_by_identifier_whatever_their_radios(
    heard: list[RemoteIdReport | SensorStatus], told: list[str]
) -> None:
    aircraft = Aircraft()
    for reading in heard:
        aircraft.hear(reading)
    assert aircraft.told() == told


def test_what_a_receiver_read_of_droneid_is_shown_on_a_legal_basis_alone(tmp_path: Path) -> None:
    report = RemoteIdReport(
        time_ns=10**18, transmitter="droneid:SIMULATED0001", transport="dji-droneid",
        level_dbm=-70, serial_number="SIMULATED0001",
    )  # fmt: skip
    file = tmp_path / "antsdr.bin"
    file.write_bytes(antsdr.encode(report))
    (row,), _ = rows("antsdr", file)
    assert (row["transport"], row["level_dbm"]) == ("dji-droneid", -70)
    assert "SIMULATED0001" not in json.dumps(row)
    out = io.StringIO()
    decode("antsdr", file, as_json=True, out=out, notes=io.StringIO(), reads_payload=True)
    assert json.loads(out.getvalue())["serial_number"] == "SIMULATED0001"


def test_the_table_of_drivers_names_each() -> None:
    out = io.StringIO()
    drivers_table(out, as_json=True)
    told = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [row["name"] for row in told] == list(DRIVERS)
    by_name = {row["name"]: (row["transport"], row["baud"]) for row in told}
    for name, wire in {  # as their documents say
        "dronescout": ("mqtt", None),
        "hlk-ld2450": ("serial", 256_000),
        "iq-blocks": ("mqtt", None),
        "opendroneid": ("packets", None),
        "ti-mmwave": ("serial", 921_600),
    }.items():
        assert by_name[name] == wire
    out = io.StringIO()
    drivers_table(out, as_json=False)
    assert all(name in out.getvalue() for name in DRIVERS)
