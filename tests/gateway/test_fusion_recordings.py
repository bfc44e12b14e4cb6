"""Real recordings through the gateway's rooms: what is an incident, and what is none."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from havik.config.settings import MqttSensor, Settings, SiteSection, Zone
from havik.drivers.radar import ti_mmwave
from havik.drivers.readings import IqBlock, Reading, SampleType
from havik.drivers.remote_id import dronescout
from havik.gateway.detect import Detector
from havik.gateway.fusion import Fusion, Told
from havik.gateway.messages import Detection, Incident, Track, encode
from havik.gateway.plan import Plan

T0 = 1_793_923_200 * 10**9
# The beacon's own place, so that it could not be nearer: data/README.md.
SITE = SiteSection(
    name="test", latitude_deg=37.759979, longitude_deg=-122.497734, altitude_hae_m=28
)
YARD = Zone(id="yard", kind="yard", corners_m=((-50, -50), (50, -50), (50, 50), (-50, 50)))
SETTINGS = Settings(site=SITE, zones=(YARD,))
PLAN = Plan(SITE, SETTINGS.zones)


def told_of(readings: list[Reading], *, period_s: float, flush: bool = False) -> list[Told]:
    """All that is told when readings come one each period, on a clock of ours, and then no more."""
    sensor = MqttSensor(id="s", driver="x", topic="t")
    detector, fusion = Detector(SITE, PLAN, sensor), Fusion(SETTINGS)
    told: list[Told] = []
    now_ns = T0
    for number, reading in enumerate(readings):
        now_ns = T0 + round(number * period_s * 1e9)
        told += [one for said in detector.take(reading, now_ns) for one in fusion.take(said)]
        told += fusion.tick(now_ns)
    if flush:
        told += [one for said in detector.flush() for one in fusion.take(said)]
    told += fusion.tick(now_ns + 60 * 10**9)
    for message in told:
        assert encode(message)
    return told


def incidents(told: list[Told]) -> set[str]:
    return {one.incident for one in told if isinstance(one, Incident)}


# Remote ID.


def test_a_real_beacon_on_the_ground_is_one_track_and_no_alarm(recordings: Path) -> None:
    """BLE 4 adverts, a message each, then Wi-Fi NAN from other addresses; it stands in the yard."""
    decoder = dronescout.Decoder()
    files = ("dronescout_ble_legacy.json", "dronescout_wifi_nan.json", "dronescout_ble_legacy.json")
    readings: list[Reading] = []
    for name in files:
        data = (recordings / "remote_id" / name).read_bytes()
        readings += [*decoder.feed(data, T0), *decoder.close()]
    assert len(readings) > 40
    told = told_of(readings, period_s=0.25)
    assert incidents(told) == set()
    tracks = [one for one in told if isinstance(one, Track)]
    named = {one.track for one in tracks if one.claims == ("serial:1787F04BM24010011195",)}
    assert len(named) == 1
    placed = [one.position for one in tracks if one.track in named and one.position]
    assert all(np.linalg.norm(PLAN.to_enu(place)[:2]) < 20.0 for place in placed)
    assert placed


# Radio: each file as blocks of an I/Q receiver. Rate and sample type stand in its name; the centre
# frequencies are data/README.md's, or made up where it tells none.

RADIO: dict[str, tuple[float, bool]] = {
    "droneid_mavic_air_2_50MSps_cf32.iq": (2.4295e9, True),
    "lte_downlink_1815.3MHz_19.2MSps_ci8.iq": (1815.3e6, False),
    "lte_enb_1.92MSps_cf32.iq": (2.4e9, False),
    "cv2x_sidelink_5920MHz_15.36MSps_cf32.iq": (5.92e9, False),
    "wifi_radiated_dot11n_6.5mbps_20MSps_ci16.iq": (2.437e9, False),
    "wifi_radiated_dot11n_26mbps_20MSps_ci16.iq": (2.437e9, False),
    "wifi_conducted_dot11a_6mbps_20MSps_ci16.iq": (5.18e9, False),
    "gps_l1_1575.42MHz_4MSps_cf32.iq": (1575.42e6, False),
}
BLOCK_BYTES = 1 << 17


def blocks(file: Path, center_hz: float) -> list[IqBlock]:
    found = re.search(r"_([0-9.]+)MSps_(c[a-z0-9]+)\.iq$", file.name)
    assert found
    rate_hz, kind = float(found[1]) * 1e6, cast(SampleType, found[2])
    size = {"cf32": 8, "ci16": 4, "ci8": 2}[kind]
    data = file.read_bytes()
    return [
        IqBlock(
            time_ns=T0 + round(first / size / rate_hz * 1e9),
            sequence=first // BLOCK_BYTES,
            sample_rate_hz=rate_hz,
            center_hz=center_hz,
            sample_type=kind,
            samples=data[first : first + BLOCK_BYTES],
        )
        for first in range(0, len(data), BLOCK_BYTES)
    ]


@pytest.mark.parametrize("name", RADIO)
def test_a_real_drone_on_the_air_is_an_incident_and_real_neighbours_are_none(
    name: str, recordings: Path
) -> None:
    center_hz, is_drone = RADIO[name]
    readings: list[Reading] = [*blocks(recordings / "rf" / name, center_hz)]
    told = told_of(readings, period_s=0.0, flush=True)
    assert len(incidents(told)) == is_drone
    if is_drone:
        bursts = [m for m in told if isinstance(m, Detection) and m.label == "dji-droneid"]
        starts_s = [(burst.time_ns - T0) / 1e9 for burst in bursts]
        assert starts_s == pytest.approx([1.8595e-3, 2.5721e-3], abs=5e-6)
        assert [burst.frequency_hz for burst in bursts] == pytest.approx(
            [center_hz + 2.0074e6] * 2, abs=5e3
        )


# Radar: people and lanes before a real IWR6843, from logs with damage; ten frames a second.

LOGS = (
    "azim60_elev30_fast_threeTargets60deg_log_2024-11-28.csv",
    "azimu60_elev30_lanes_pedestrian_log_2024-11-28.csv",
)


@pytest.mark.parametrize("name", LOGS)
def test_real_people_before_a_real_radar_are_no_incident(name: str, recordings: Path) -> None:
    decoder = ti_mmwave.Decoder()
    csv.field_size_limit(1 << 24)
    with (recordings / "radar" / name).open(newline="") as log:
        data = b"".join(bytes(map(int, row["RawData"].split(","))) for row in csv.DictReader(log))
    readings: list[Reading] = [*decoder.feed(data, T0), *decoder.close()]
    assert len(readings) > 100
    told = told_of(readings, period_s=0.1)
    assert incidents(told) == set()
    assert any(isinstance(message, Detection) for message in told)
