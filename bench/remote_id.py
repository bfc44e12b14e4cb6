"""Remote ID: what is read of real captures and official vectors, and how fast.

The captures and vectors are read where `HAVIK_DATA` names their folder; all other input is
simulated. A message is one of 25 bytes; packs hold five.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import msgspec
from msgspec.structs import replace

from ..config.settings import MqttSensor, SiteSection
from ..drivers.driver import Driver
from ..drivers.readings import Position, RemoteIdReport
from ..drivers.remote_id import dronescout, opendroneid
from ..drivers.remote_id.odid_messages import messages, pack
from ..drivers.transport.recording import Recording
from ..gateway.claims import Claims
from ..gateway.detect import ClaimEvidence, Detector
from ..gateway.plan import Plan
from .rows import Row, seconds

AIRCRAFT = 200
PAYLOADS = 4000
CAPTURES = (
    ("odid_wifi_bcn_sample.pcap", 21),
    ("odid_bt5_lr_sample.pcapng", 244),
    ("wireless_RID_test_linux_transmitter.pcapng", 21),
)
PLACE = Position(latitude_deg=55.5, longitude_deg=3.5, altitude_hae_m=45.0)
REPORT = RemoteIdReport(
    time_ns=1,
    transmitter="02:00:00:00:00:01",
    transport="wifi-beacon",
    level_dbm=-60,
    channel=6,
    serial_number="ZZZZC0000001",
    aircraft_type=2,
    operational_status=2,
    position=PLACE,
    height_m=20.0,
    height_reference="takeoff",
    course_deg=90.0,
    ground_speed_m_s=10.0,
    climb_m_s=0.0,
    operator_position=PLACE,
    operator_position_kind="live",
    operator_id="NLDabcdefgh12",
    self_description="a flight",
)


def run() -> list[Row]:
    folder = Path(os.environ.get("HAVIK_DATA", Path(__file__).parents[2] / "shared/data"))
    real = [*_captures(folder / "remote_id"), *_vectors(folder / "remote_id")]
    return [*real, *_decoding(), *_to_track()]


def _captures(folder: Path) -> Iterable[Row]:
    for name, expected in CAPTURES:
        file = folder / name
        if file.is_file():
            found = Recording(file, "packets").readings(opendroneid.DRIVER.decoder(), 0)
            yield _row(f"reports of {name}", sum(1 for _ in found), "reports", expected, "truth")
    for name, expected in (("ble_legacy", 19), ("wifi_nan", 3), ("sensor_status", 1)):
        file = folder / f"dronescout_{name}.json"
        if file.is_file():
            found = Recording(file, "mqtt").readings(dronescout.DRIVER.decoder(), 0)
            yield _row(
                f"objects of {file.name}", sum(1 for _ in found), "objects", expected, "truth"
            )


def _vectors(folder: Path) -> Iterable[Row]:
    file = folder / "odid_reference_vectors.jsonl"
    if file.is_file():
        wires = [bytes.fromhex(json.loads(line)["pack"]) for line in file.open()]
        same = sum(pack(messages(wire)) == wire for wire in wires)
        yield _row("official vectors read and written again", same, "packs", len(wires), "all")


def _decoding() -> Iterable[Row]:
    packed = list(messages(pack(opendroneid.to_messages(REPORT))))
    wire = pack(packed)
    took_s = seconds(lambda: [list(messages(wire)) for _ in range(PAYLOADS)])
    yield _speed("messages of packs decoded", PAYLOADS * len(packed) / took_s, "messages/s")
    for transport in ("wifi-beacon", "wifi-nan", "ble-long-range", "ble-legacy"):
        packets = opendroneid.encode(replace(REPORT, transport=transport)) * 800
        each = 1 if transport == "ble-legacy" else len(packed)
        took_s = seconds(partial(_decode, opendroneid.DRIVER, packets))
        copies_s = seconds(partial(_copy, packets))
        yield Row(
            bench="remote-id",
            name=f"{transport} packets to reports",
            value=len(packets) * each / took_s,
            unit="messages/s",
            floor=len(packets) * each / copies_s,
            floor_name="a copy of the same packets",
            simulated=True,
        )


def _to_track() -> Iterable[Row]:
    """From a DroneScout payload to the claimed aircraft that it renews, many aircraft in turn."""
    payloads = [dronescout.encode(_of(number)) for number in range(PAYLOADS)]
    floor_s = seconds(lambda: [msgspec.json.decode(payload) for payload in payloads])
    stages = (
        ("MQTT payload to report", lambda: _decode(dronescout.DRIVER, payloads)),
        ("MQTT payload to claimed track", lambda: _claimed(payloads)),
    )
    for name, job in stages:
        yield Row(
            bench="remote-id",
            name=name,
            value=PAYLOADS / seconds(job),
            unit="messages/s",
            floor=PAYLOADS / floor_s,
            floor_name="msgspec's JSON of the same payloads alone",
            simulated=True,
        )


def _of(number: int) -> RemoteIdReport:
    aircraft = number % AIRCRAFT
    return replace(
        REPORT,
        time_ns=(number + 1) * 1_000_000,
        transmitter=f"02:00:00:00:00:{aircraft:02X}",
        serial_number=f"ZZZZC{aircraft:07}",
        position=replace(PLACE, latitude_deg=55.5 + number * 1e-6),
    )


def _decode(driver: Driver, pieces: Sequence[bytes]) -> None:
    decoder = driver.decoder()
    count = sum(1 for piece in pieces for _ in decoder.feed(piece, 1))
    assert (count, decoder.refused.total()) == (len(pieces), 0)


def _copy(pieces: Sequence[bytes]) -> None:
    for one in pieces:
        bytearray(one)


def _claimed(payloads: Sequence[bytes]) -> None:
    site = SiteSection(name="bench", latitude_deg=55.5, longitude_deg=3.5)
    sensor = MqttSensor(id="rid", driver="dronescout", topic="rid")
    detector, claims = Detector(site, Plan(site), sensor), Claims()
    decoder = dronescout.DRIVER.decoder()
    for payload in payloads:
        for reading in decoder.feed(payload, 1):
            for evidence in detector.take(reading, reading.time_ns):
                if isinstance(evidence, ClaimEvidence):
                    claims.take(evidence.sensor, evidence.report, evidence.time_ns)
    assert len(claims) == AIRCRAFT


def _row(name: str, value: float, unit: str, floor: float, floor_name: str) -> Row:
    return Row(
        bench="remote-id", name=name, value=value, unit=unit, floor=floor, floor_name=floor_name
    )


def _speed(name: str, value: float, unit: str) -> Row:
    return Row(bench="remote-id", name=name, value=value, unit=unit, simulated=True)
