from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from havik.drivers.catalogue import DRIVERS
from havik.drivers.contraband import (
    ceia_ac,
    contact_io,
    fence_zone,
    phone_energy,
    screening_result,
    sia_dc09,
)
from havik.drivers.driver import Driver
from havik.drivers.packets import unwrap
from havik.drivers.radar import asterix, hlk_ld2450, radar_cube, ti_mmwave
from havik.drivers.radio import iq_blocks
from havik.drivers.readings import (
    AirReport,
    ContactStates,
    FenceEvent,
    IqBlock,
    PanelEvent,
    PhoneEnergy,
    PortalCount,
    RadarCube,
    RadarFrame,
    RadarPoint,
    Reading,
    RemoteIdReport,
    ScreeningResult,
)
from havik.drivers.remote_id import (
    antsdr,
    dragonsync,
    droneaware,
    dronescout,
    mavlink_odid,
    mesh_mapper,
    opendroneid,
)
from havik.drivers.transport.pcap import header, record
from havik.drivers.transport.recording import Recording
from havik.simulators.catalogue import TWINS

POINT = RadarPoint(x_m=1, y_m=2, z_m=3, range_rate_m_s=4)
BLOCK = IqBlock(
    time_ns=1,
    sequence=0,
    sample_rate_hz=1e6,
    center_hz=2.4e9,
    sample_type="ci8",
    samples=random.Random(433).randbytes(5000),
)
CUBE = RadarCube(
    time_ns=1,
    frame_number=0,
    start_hz=24e9,
    slope_hz_s=5e11,
    sample_rate_hz=1e6,
    chirp_interval_s=1e-4,
    channels=2,
    chirps=8,
    samples_per_chirp=32,
    samples=random.Random(433).randbytes(2048),
)
AIR = AirReport(
    time_ns=0,
    category=48,
    time_of_day_s=0.0,
    range_m=1e5,
    azimuth_deg=90.0,
    callsign="TEST1",
    items={"250": "04" + "00" * 32},
)
HEARD = RemoteIdReport(
    time_ns=0, transmitter="02:00:00:00:00:01", serial_number="ZZZZC0000001", level_dbm=-60
)
(BEACON,) = opendroneid.encode(replace(HEARD, transport="wifi-beacon"))
PORTAL = PortalCount(time_ns=0, passages=10_000, alarms=2350, alarms_metal=1500)
CONTACTS = ContactStates(time_ns=0, states=("normal",) * 8)
ENERGY = PhoneEnergy(
    time_ns=0,
    band="880-915",
    peak_dbm=-38.2,
    floor_dbm=-92.0,
    burst_s=577e-6,
    bursts=13,
    window_s=5,
)
CAPTURES: dict[str, bytes] = {
    "ti-mmwave": ti_mmwave.encode(RadarFrame(time_ns=0, frame_number=1, points=(POINT,))) * 3,
    "hlk-ld2450": hlk_ld2450.encode(
        RadarFrame(time_ns=0, frame_number=0, points=(replace(POINT, z_m=0),))
    )
    * 3,
    "dronescout": dronescout.encode(
        RemoteIdReport(time_ns=0, transmitter="02:00:00:00:00:01", serial_number="ZZZZC0000001")
    )
    * 3,
    "antsdr": antsdr.encode(HEARD) * 3,
    "antsdr-text": antsdr.encode_text(HEARD) * 3,
    "droneaware": droneaware.encode(HEARD) * 3,
    "mavlink-odid": mavlink_odid.encode(HEARD),
    "mesh-mapper": mesh_mapper.encode(HEARD) * 3,
    "dragonsync": dragonsync.encode(HEARD),
    "opendroneid": header(127) + record(0, (unwrap(BEACON) or (0, b""))[1]) * 3,
    "ceia-ac": ceia_ac.encode(PORTAL) * 3,
    "contact-io": b"".join(contact_io.encode(CONTACTS, transaction=n) for n in range(20)),
    "fence-zone": b"\n".join(
        fence_zone.encode(FenceEvent(time_ns=0, zone="F1", state="alarm"), n) for n in range(3)
    ),
    "phone-energy": phone_energy.encode(ENERGY, 1),
    "screening-result": screening_result.encode(
        ScreeningResult(time_ns=0, device="dog", decision="alarm"), 1
    ),
    "sia-dc09": b"".join(
        sia_dc09.encode(PanelEvent(time_ns=0, account="4711", sequence=n, code="BA"))
        for n in (1, 2, 3)
    ),
    "iq-blocks": b"".join(iq_blocks.encode(replace(BLOCK, sequence=n)) for n in range(3)),
    "asterix": asterix.encode(AIR) * 3,
    "radar-cube": radar_cube.encode(CUBE) * 3,
}
FED = CAPTURES | {
    "opendroneid": BEACON,
    "fence-zone": fence_zone.encode(FenceEvent(time_ns=0, zone="F1", state="alarm"), 1),
}
"""What a decoder is fed of a capture: of packets, one."""

REAL = {
    "radar/cat034.raw": "asterix",
    "radar/cat048.raw": "asterix",
    "radar/cat062cat065.raw": "asterix",
    "radar/cat_034_048.pcap": "asterix",
    "radar/azim60_elev30_fast_threeTargets60deg_log_2024-11-28.csv": "ti-mmwave",
    "radar/azimu60_elev30_lanes_pedestrian_log_2024-11-28.csv": "ti-mmwave",
    "remote_id/dronescout_ble_legacy.json": "dronescout",
    "remote_id/dronescout_wifi_nan.json": "dronescout",
    "remote_id/dronescout_sensor_status.json": "dronescout",
    "remote_id/odid_wifi_bcn_sample.pcap": "opendroneid",
    "remote_id/odid_bt5_lr_sample.pcapng": "opendroneid",
    "remote_id/wireless_RID_test_linux_transmitter.pcapng": "opendroneid",
}

every_driver = pytest.mark.parametrize("driver", DRIVERS.values(), ids=DRIVERS)


def readers(capture: Path) -> set[str]:
    """The drivers that read anything from a capture."""
    return {
        name
        for name, driver in DRIVERS.items()
        if list(Recording(capture, driver.wire).readings(driver.decoder(), 0))
    }


def read(driver: Driver, data: bytes) -> list[Reading]:
    decoder = driver.decoder()
    return [*decoder.feed(data, 0), *decoder.close()]


@pytest.mark.parametrize("name", DRIVERS)
def test_a_capture_is_read_by_its_own_driver_alone(name: str, tmp_path: Path) -> None:
    capture = tmp_path / "capture"
    capture.write_bytes(CAPTURES[name])
    assert readers(capture) == {name}


@pytest.mark.parametrize(("file", "name"), REAL.items())
def test_so_is_a_real_one(recordings: Path, file: str, name: str) -> None:
    assert readers(recordings / file) == {name}


@pytest.mark.parametrize(
    "file",
    [
        "radar/gtracker_testdata.dat",
        "remote_id/odid_reference_vectors.jsonl",
        "rf/lte_enb_1.92MSps_cf32.iq",
        "README.md",
    ],
)
def test_nobody_reads_what_is_of_no_driver(recordings: Path, file: str) -> None:
    assert readers(recordings / file) == set()


@every_driver
def test_its_row_tells_all(driver: Driver) -> None:
    assert DRIVERS[driver.name] is driver
    assert driver.reads and driver.documents and all(driver.documents)
    assert (driver.baud is not None) == (driver.wire == "serial")


def test_every_driver_has_a_twin() -> None:
    assert TWINS.keys() == DRIVERS.keys()


@every_driver
def test_every_decoder_begins_anew(driver: Driver) -> None:
    capture = FED[driver.name]
    first = driver.decoder()
    list(first.feed(b"junk" + capture[:-1], 0))
    list(first.close())
    second = driver.decoder()
    assert len([*second.feed(capture, 0), *second.close()]) > 0
    assert first.refused
    assert not second.refused


@every_driver
@given(data=st.binary(max_size=3000))
def test_no_bytes_raise_or_mean_anything_by_chance(driver: Driver, data: bytes) -> None:
    assert read(driver, data) == []


Spoil = Callable[[bytearray, random.Random], None]


def flip(capture: bytearray, rng: random.Random) -> None:
    capture[rng.randrange(len(capture))] ^= 1 << rng.randrange(8)


def lose(capture: bytearray, rng: random.Random) -> None:
    start = rng.randrange(len(capture))
    del capture[start : start + rng.randrange(1, 40)]


def insert(capture: bytearray, rng: random.Random) -> None:
    start = rng.randrange(len(capture))
    capture[start:start] = rng.randbytes(rng.randrange(1, 40))


@every_driver
@pytest.mark.parametrize("spoil", [flip, lose, insert])
def test_no_damage_raises(driver: Driver, spoil: Spoil) -> None:
    rng = random.Random(433)
    for _ in range(150):
        capture = bytearray(FED[driver.name])
        for _ in range(rng.randrange(1, 5)):
            spoil(capture, rng)
        assert len(read(driver, bytes(capture))) <= 3
