from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from msgspec.structs import replace

from havik.config.settings import Mounting, MqttSensor, SerialSensor, SiteSection
from havik.drivers.readings import (
    AdsbReport,
    IqBlock,
    Position,
    RadarFrame,
    RadarPoint,
    RemoteIdReport,
    SampleType,
    SensorStatus,
)
from havik.gateway.detect import (
    MOST_POINTS,
    ClaimEvidence,
    Detector,
    Evidence,
    RadarEvidence,
    RadioEvidence,
)
from havik.gateway.messages import encode
from havik.gateway.plan import Plan
from havik.signal.radio.iq import Samples, quantise
from havik.signal.radio.waveforms import droneid_burst, noise

SITE = SiteSection(name="noord", latitude_deg=54.0, longitude_deg=4.0, mode="exercise")
PLAN = Plan(SITE)
NOW = 1_793_923_200 * 10**9
S = 10**9


def detector(**mounting: float) -> Detector:
    sensor = SerialSensor(id="s1", driver="x", port="/dev/x", mounting=Mounting(**mounting))
    return Detector(SITE, PLAN, sensor)


# Radar.


def frame(*points: RadarPoint, time_ns: int = NOW) -> RadarFrame:
    return RadarFrame(time_ns=time_ns, frame_number=1, points=points)


def point(x: float, y: float, z: float, rate: float = 0.0, snr: float | None = None) -> RadarPoint:
    return RadarPoint(x_m=x, y_m=y, z_m=z, range_rate_m_s=rate, snr_db=snr)


def plots(room: Detector, reading: RadarFrame) -> RadarEvidence:
    (evidence,) = room.take(reading, NOW)
    assert isinstance(evidence, RadarEvidence)
    return evidence


# By hand: 100 m ahead of a radar that looks east and 30 degrees up from (10, 20, 5) is
# 100 cos 30 = 86.603 to the east, nothing to the north and 100 sin 30 = 50 up from there; what
# lies to its right lies to the south.
Vector = tuple[float, float, float]
PLACES: dict[str, tuple[dict[str, float], Vector, Vector]] = {
    "level, to the north": ({}, (3.0, 40.0, 2.0), (3.0, 40.0, 2.0)),
    "to the east, and up": (
        {"east_m": 10.0, "north_m": 20.0, "up_m": 5.0, "facing_deg": 90.0, "tilt_deg": 30.0},
        (0.0, 100.0, 0.0),
        (96.603, 20.0, 55.0),
    ),
    "right of one that looks east": ({"facing_deg": 90.0}, (7.0, 50.0, 0.0), (50.0, -7.0, 0.0)),
    "on its head": ({"tilt_deg": 90.0}, (1.0, 10.0, 2.0), (1.0, -2.0, 10.0)),
}


@pytest.mark.parametrize("name", PLACES)
def test_a_plot_lies_where_the_mounting_puts_it(name: str) -> None:
    mounting, own, enu = PLACES[name]
    evidence = plots(detector(**mounting), frame(point(*own)))
    (plot,) = evidence.plots
    assert plot.position_m == pytest.approx(enu, abs=1e-3)
    (detection,) = evidence.detections
    assert detection.position is not None
    assert PLAN.to_enu(detection.position) == pytest.approx(enu, abs=0.1)
    assert (detection.sensor, detection.kind, detection.mode) == ("s1", "radar-plot", "exercise")


def test_the_points_of_one_thing_are_one_plot() -> None:
    evidence = plots(
        detector(),
        frame(
            point(0, 40, 2, -8.0, 15.0),
            point(1, 41, 2, -9.0, 18.0),
            point(2, 42, 2, -8.5, None),
            point(30, 40, 2, 0.0, 12.0),
        ),
    )
    near, far = evidence.detections
    assert [plot.position_m.tolist() for plot in evidence.plots] == [[1, 41, 2], [30, 40, 2]]
    assert (near.range_rate_m_s, near.snr_db, near.evidence) == (-8.5, 18.0, {"points": 3.0})
    assert (far.range_rate_m_s, far.snr_db, far.evidence) == (0.0, 12.0, {"points": 1.0})


def test_a_plot_is_less_sure_across_the_beam_than_along_it() -> None:
    """At 100 m three degrees are 5.24 m; along the beam it is half a metre at any range."""
    (plot,) = plots(detector(), frame(point(0, 100, 0))).plots
    assert np.sqrt(np.diag(plot.covariance_m2)) == pytest.approx([5.236, 0.5, 5.236], abs=1e-3)
    (plot,) = plots(detector(), frame(point(0, 0, 0))).plots  # at the sensor itself
    assert np.isfinite(plot.covariance_m2).all()


def test_a_frame_without_points_is_evidence_too() -> None:
    evidence = plots(detector(), frame())
    assert (evidence.plots, evidence.detections, evidence.time_ns) == ((), (), NOW)


def test_points_that_cannot_be_are_left_out_and_counted() -> None:
    room = detector()
    evidence = plots(room, frame(point(3e38, 1, 1), point(0, 20_001, 0), point(0, 40, 2)))
    assert [plot.position_m.tolist() for plot in evidence.plots] == [[0, 40, 2]]
    assert room.ignored == {"radar point too far": 2}
    assert all(encode(detection) for detection in evidence.detections)


def test_of_too_many_points_the_strongest_are_taken() -> None:
    room = detector()
    weak = [point(n * 5.0, 40.0, 0.0, 0.0, 10.0) for n in range(4000)]
    strong = [point(-n * 5.0, 80.0, 0.0, 0.0, 20.0) for n in range(MOST_POINTS)]
    evidence = plots(room, frame(*weak, *strong))
    assert {detection.snr_db for detection in evidence.detections} == {20.0}
    assert len(evidence.plots) == MOST_POINTS
    assert room.ignored == {"radar point too many": 4000}


# Clocks.


@pytest.mark.parametrize(("off_s", "believed"), [(0, 1), (5, 1), (-5, 1), (5.1, 0), (-3600, 0)])
def test_a_sensors_clock_is_believed_within_five_seconds(off_s: float, believed: bool) -> None:
    room = detector()
    time_ns = NOW + round(off_s * S)
    (evidence,) = room.take(frame(point(0, 40, 2), time_ns=time_ns), NOW)
    assert isinstance(evidence, RadarEvidence)
    assert evidence.time_ns == evidence.detections[0].time_ns == (time_ns if believed else NOW)
    assert room.ignored["sensor's clock"] == (not believed)


# Remote ID.

LABELS = {
    "ble-legacy": "remote-id-ble",
    "ble-long-range": "remote-id-ble",
    "wifi-beacon": "remote-id-wifi",
    "wifi-nan": "remote-id-wifi",
    None: None,
}


@pytest.mark.parametrize("transport", LABELS)
def test_a_claim_is_labelled_by_what_it_came_over(transport: str | None) -> None:
    plain = RemoteIdReport(
        time_ns=NOW, transmitter="AA", level_dbm=-70.0, serial_number="S1", session_id="X",
        position=Position(latitude_deg=54.0, longitude_deg=4.0),
    )  # fmt: skip
    report = replace(plain, transport=transport)
    (evidence,) = detector().take(report, NOW)
    assert isinstance(evidence, ClaimEvidence)
    detection = evidence.detection
    assert (detection.label, detection.claim) == (LABELS[transport], "S1")
    assert (detection.kind, detection.level_dbm) == ("remote-id", -70.0)
    assert detection.position == report.position


def test_a_claim_without_a_serial_is_named_by_what_it_has() -> None:
    for values, claim in (
        ({"registration_id": "R", "session_id": "X"}, "R"),
        ({"utm_id": "U", "session_id": "X"}, "U"),
        ({"session_id": "X"}, "X"),
        ({}, None),
    ):
        report = replace(RemoteIdReport(time_ns=NOW, transmitter="AA"), **values)
        (evidence,) = detector().take(report, NOW)
        assert isinstance(evidence, ClaimEvidence)
        assert evidence.detection.claim == claim


def test_what_a_sensor_says_of_itself_is_no_evidence() -> None:
    assert detector().take(SensorStatus(time_ns=NOW), NOW) == []


def test_an_aircraft_by_its_transponder_is_no_alarm() -> None:
    room, here = detector(), Position(latitude_deg=54.0, longitude_deg=4.0)
    assert room.take(AdsbReport(time_ns=NOW, address="ABC123", position=here), NOW) == []
    assert not room.ignored


# Radio: simulated bursts in noise of power 1, 15 dB above it.

RATE_HZ = 15.36e6
CENTER_HZ = 2.4295e9
BLOCK = 1 << 15  # 2.13 ms
BURST_S = 643.2e-6  # 9 symbols: Bender, 2022
NEAR_S = 5e-6  # of a start found: a 77th of a symbol


def air(length_s: float, *bursts_s: float, seed: int = 1) -> Samples:
    """Noise with a DroneID burst at each of `bursts_s`; full scale lies 40 dB above the noise."""
    rng = np.random.default_rng(seed)
    samples = noise(rng, round(length_s * RATE_HZ))
    for start_s in bursts_s:
        wave = np.float32(10 ** (15 / 20)) * droneid_burst(RATE_HZ, rng)
        first = round(start_s * RATE_HZ)
        samples[first : first + len(wave)] += wave
    return samples * np.float32(0.01)


def blocks(
    samples: Samples, start_ns: int = NOW, sample_type: SampleType = "ci16"
) -> list[IqBlock]:
    return [
        IqBlock(
            time_ns=start_ns + round(first / RATE_HZ * 1e9),
            sequence=first // BLOCK,
            sample_rate_hz=RATE_HZ,
            center_hz=CENTER_HZ,
            sample_type=sample_type,
            samples=quantise(samples[first : first + BLOCK], sample_type),
        )
        for first in range(0, len(samples), BLOCK)
    ]


def receiver() -> Detector:
    return Detector(SITE, PLAN, MqttSensor(id="s1", driver="iq-blocks", topic="t"))


def heard(evidence: Sequence[Evidence], since_ns: int = NOW) -> list[float]:
    """When each DroneID burst began, in seconds from `since_ns`."""
    starts: list[float] = []
    for one in evidence:
        assert isinstance(one, RadioEvidence)
        assert one.time_ns == one.detection.time_ns
        assert encode(one.detection)
        if one.detection.label == "dji-droneid":
            starts.append((one.time_ns - since_ns) / 1e9)
    return sorted(starts)


def fed(room: Detector, stream: Sequence[IqBlock], late_ns: int = 1_000_000) -> list[Evidence]:
    """What comes of blocks that arrive a moment after their time."""
    return [said for block in stream for said in room.take(block, block.time_ns + late_ns)]


def test_a_burst_is_heard_at_its_time_wherever_the_blocks_are_cut() -> None:
    """The second burst lies across the edge of two blocks."""
    edge_s = 8 * BLOCK / RATE_HZ - BURST_S / 2
    room = receiver()
    told = [*fed(room, blocks(air(0.03, 0.0051, edge_s))), *room.flush()]
    assert heard(told) == pytest.approx([0.0051, edge_s], abs=NEAR_S)
    drones = [one.detection for one in told if isinstance(one, RadioEvidence)]
    burst = next(one for one in drones if one.label == "dji-droneid")
    assert (burst.family, burst.sensor, burst.kind) == ("drone", "s1", "radio-emission")
    assert burst.duration_s == pytest.approx(BURST_S, abs=NEAR_S)
    assert burst.frequency_hz == pytest.approx(CENTER_HZ, abs=5e3)
    assert burst.confidence is not None and burst.confidence >= 0.9


def test_flush_gives_what_waits_for_samples_that_do_not_come() -> None:
    room = receiver()
    assert room.flush() == []  # nothing came yet
    assert heard(fed(room, blocks(air(0.005, 0.002)))) == []
    assert heard(room.flush()) == pytest.approx([0.002], abs=NEAR_S)
    assert room.flush() == []


def test_after_a_flush_the_stream_goes_on_in_its_time() -> None:
    stream = blocks(air(0.03, 0.002, 0.02))
    room = receiver()
    first = [*fed(room, stream[:4]), *room.flush()]
    rest = [*fed(room, stream[4:]), *room.flush()]
    assert heard(first) == pytest.approx([0.002], abs=NEAR_S)
    assert heard(rest) == pytest.approx([0.02], abs=NEAR_S)


def test_times_are_right_behind_a_hole() -> None:
    stream = blocks(air(0.06, 0.004, 0.05))
    kept = [
        *stream[:6],
        *(replace(one, missed_blocks=9 * (n == 0)) for n, one in enumerate(stream[15:])),
    ]
    room = receiver()
    assert heard([*fed(room, kept), *room.flush()]) == pytest.approx([0.004, 0.05], abs=NEAR_S)


def test_a_hole_of_a_minute_and_more_is_another_stream() -> None:
    room = receiver()
    early = fed(room, blocks(air(0.005, 0.002)))
    later_ns = NOW + 3600 * S
    late = [*fed(room, blocks(air(0.005, 0.003), later_ns)), *room.flush()]
    assert heard([one for one in [*early, *late] if one.time_ns < later_ns]) == pytest.approx(
        [0.002], abs=NEAR_S
    )
    assert heard([one for one in late if one.time_ns >= later_ns], later_ns) == pytest.approx(
        [0.003], abs=NEAR_S
    )


def test_times_are_right_after_a_clock_went_back() -> None:
    room = receiver()
    before = fed(room, blocks(air(0.005, 0.002)))
    back_ns = NOW - 2 * S
    after = [*fed(room, blocks(air(0.03, 0.01), back_ns)), *room.flush()]
    told = [*before, *after]
    assert heard([one for one in told if one.time_ns >= NOW]) == pytest.approx([0.002], abs=NEAR_S)
    assert heard([one for one in told if one.time_ns < NOW], back_ns) == pytest.approx(
        [0.01], abs=NEAR_S
    )


def test_another_frequency_is_another_stream() -> None:
    room = receiver()
    tuned = blocks(air(0.005, 0.002))
    away_ns = NOW + round(0.005 * S)
    retuned = [replace(one, center_hz=5.7765e9) for one in blocks(air(0.005, 0.003), away_ns)]
    told = [*fed(room, tuned), *fed(room, retuned), *room.flush()]
    bursts = [one.detection for one in told if isinstance(one, RadioEvidence)]
    found = [one.frequency_hz for one in bursts if one.label == "dji-droneid"]
    assert found == pytest.approx([CENTER_HZ, 5.7765e9], abs=5e3)


def test_a_wrong_clock_gives_moments_of_arrival_and_whole_streams() -> None:
    """Ten hours off, and blocks that arrive up to 4 ms late: the stream stays one, and in time."""
    rng = np.random.default_rng(5)
    edge_s = 8 * BLOCK / RATE_HZ - BURST_S / 2
    stream = blocks(air(0.03, 0.0051, edge_s), NOW - 36_000 * S)
    room = receiver()
    told: list[Evidence] = []
    for block in stream:
        late_ns = int(rng.uniform(0, 4e6))
        told += room.take(block, block.time_ns + 36_000 * S + late_ns)
    told += room.flush()
    starts = heard(told)
    assert starts == pytest.approx([0.0051, edge_s], abs=5e-3)
    assert starts[1] - starts[0] == pytest.approx(edge_s - 0.0051, abs=NEAR_S)
    assert room.ignored["sensor's clock"] == len(stream)


def test_a_clock_that_is_set_right_is_believed_from_then_on() -> None:
    room = receiver()
    wrong = blocks(air(0.005), NOW - 36_000 * S)
    for block in wrong:
        room.take(block, block.time_ns + 36_000 * S + 3_000_000)
    right_ns = NOW + S
    told = [*fed(room, blocks(air(0.03, 0.01), right_ns)), *room.flush()]
    assert heard(told, right_ns) == pytest.approx([0.01], abs=NEAR_S)
    assert room.ignored["sensor's clock"] == len(wrong)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30, 3e38])
def test_samples_that_cannot_be_are_silence_and_counted(value: float) -> None:
    samples = air(0.03, 0.01)
    samples[100:110] = np.complex64(complex(value, 0.0))
    samples[-5:] = np.complex64(complex(0.0, value))
    room = receiver()
    told = [*fed(room, blocks(samples, sample_type="cf32")), *room.flush()]
    assert heard(told) == pytest.approx([0.01], abs=NEAR_S)
    assert room.ignored == {"impossible sample": 15}


def test_a_block_of_nothing_but_errors_breaks_nothing() -> None:
    samples = np.full(3 * BLOCK, np.nan, np.complex64)
    room = receiver()
    assert heard([*fed(room, blocks(samples, sample_type="cf32")), *room.flush()]) == []
    assert room.ignored == {"impossible sample": 3 * BLOCK}
