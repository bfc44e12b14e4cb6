"""The flight of a scene as a capture file: read by the driver, and by tshark. All is simulated."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from havik.config.scenes import Drone, Leg, Scene
from havik.config.settings import Mounting, SiteSection
from havik.drivers.packets import NORDIC_BLE, RADIOTAP
from havik.drivers.readings import RemoteIdReport
from havik.drivers.remote_id.opendroneid import DRIVER
from havik.drivers.transport.recording import Recording
from havik.simulators.remote_id.opendroneid import capture, opendroneid
from havik.simulators.scene import World

START_NS = 1_790_000_000_123_456_789
SITE = SiteSection(name="s", latitude_deg=55.5, longitude_deg=3.5, altitude_hae_m=45)


def stamp(time_s: float) -> int:
    return START_NS + round(time_s * 1e9)


@pytest.fixture
def files(tmp_path: Path) -> dict[int, Path]:
    place = (30.0, 100.0, 20.0)
    drone = Drone(
        name="drone-1",
        serial_number="ZZZZC0000001",
        operator_m=(-200, 50, 1.5),
        from_m=place,
        acceleration_m_s2=5,
        legs=(Leg(to_m=place, speed_m_s=1, wait_s=60),),
    )
    scene = Scene(name="test", site="none", seed=433, length_s=10, things=(drone,))
    sniffer = opendroneid(World(scene), "rid", Mounting(), SITE)
    made = {RADIOTAP: tmp_path / "wifi.pcap", NORDIC_BLE: tmp_path / "ble.pcap"}
    for link_type, file in made.items():
        file.write_bytes(b"".join(capture(sniffer, stamp, link_type)))
    return made


def test_its_driver_reads_the_flight(files: dict[int, Path]) -> None:
    found: list[RemoteIdReport] = []
    for file in files.values():
        decoder = DRIVER.decoder()
        read = Recording(file, "packets").readings(decoder, 0)
        found += [one for one in read if isinstance(one, RemoteIdReport)]
        assert not decoder.refused
    counts = {
        transport: sum(one.transport == transport for one in found)
        for transport in ("wifi-beacon", "wifi-nan", "ble-long-range", "ble-legacy")
    }
    # In ten seconds: ten packs over each, and over legacy Bluetooth three messages a second.
    assert counts == {"wifi-beacon": 10, "wifi-nan": 10, "ble-long-range": 10, "ble-legacy": 30}
    assert {one.serial_number for one in found} == {"ZZZZC0000001", None}
    places = [one.position for one in found if one.position]
    assert len(places) == 40
    assert sum(p.latitude_deg for p in places) / 40 == pytest.approx(55.5 + 100 / 111_340, abs=1e-5)
    assert min(one.time_ns for one in found) == stamp(0.1)


def test_wireshark_accepts_it(files: dict[int, Path]) -> None:
    tshark = shutil.which("tshark")
    assert tshark, "no tshark on this machine: install it to run this test"
    for file, wanted, count in (
        (files[RADIOTAP], "wlan.fcs.status == 1 && !_ws.malformed", 20),
        (files[NORDIC_BLE], "btle && !btle.crc.incorrect && !_ws.malformed", 40),
    ):
        command = [tshark, "-o", "wlan.check_checksum:TRUE", "-r", str(file), "-Y", wanted]
        told = subprocess.run(command, capture_output=True, check=True)
        assert len(told.stdout.splitlines()) == count
