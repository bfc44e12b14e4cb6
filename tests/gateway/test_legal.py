"""DroneID payloads: read on a stated legal basis, until its last day, and as claims alone."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from havik.config.settings import DroneIdPayload, LegalSection, MqttSensor, SiteSection
from havik.drivers.readings import IqBlock, Position, RemoteIdReport
from havik.gateway.claims import Claims
from havik.gateway.detect import ClaimEvidence, Detector, Evidence, RadioEvidence
from havik.gateway.droneid_claims import as_report
from havik.gateway.legal import droneid_in_words, may_read_droneid
from havik.gateway.messages import encode
from havik.gateway.plan import Plan
from havik.signal.radio.droneid_link import air_bits
from havik.signal.radio.droneid_payload import DroneIdMessage
from havik.signal.radio.iq import quantise
from havik.signal.radio.waveforms import droneid_burst, noise

SITE = SiteSection(name="noord", latitude_deg=54.0, longitude_deg=4.0, mode="exercise")
RATE_HZ = 15.36e6
EXPIRES = datetime.date(2026, 11, 30)
LEGAL = LegalSection(
    droneid_payload=DroneIdPayload(basis="decree-2026/17", approved_by="governor", expires=EXPIRES)
)
LAST_MOMENT_NS = 1_796_083_199 * 10**9  # 2026-11-30 23:59:59 UTC
MESSAGE = DroneIdMessage(
    kind="telemetry", length=88, serial_number="SIMULATED0001", sequence_number=1, airborne=True,
    latitude_deg=54.01, longitude_deg=4.02, height_m=30.48, north_m_s=3.0, east_m_s=-4.0,
    climb_m_s=0.5, operator_latitude_deg=54.02, operator_longitude_deg=4.03,
)  # fmt: skip


def heard(legal: LegalSection, now_ns: int, *, decodable: bool = True) -> list[Evidence]:
    rng = np.random.default_rng(1)
    wave = noise(rng, 60_000, 1e-4)
    bits = air_bits(MESSAGE) if decodable else None
    burst = droneid_burst(RATE_HZ, rng, bits=bits) * np.float32(0.05)
    wave[20_000 : 20_000 + len(burst)] += burst
    sensor = MqttSensor(id="s1", driver="iq-blocks", topic="t")
    detector = Detector(SITE, Plan(SITE), sensor, legal)
    block = IqBlock(
        time_ns=now_ns, sequence=0, sample_rate_hz=RATE_HZ, center_hz=2.4295e9, sample_type="ci16",
        samples=quantise(wave, "ci16"),
    )  # fmt: skip
    return detector.take(block, now_ns) + detector.flush()


def payloads(evidence: list[Evidence]) -> list[str | None]:
    return [one.detection.payload for one in evidence
            if isinstance(one, RadioEvidence) and one.detection.label == "dji-droneid"]  # fmt: skip


def test_without_a_basis_the_burst_is_reported_and_nothing_of_its_payload() -> None:
    evidence = heard(LegalSection(), LAST_MOMENT_NS)
    assert payloads(evidence) == ["not permitted"]
    assert not [one for one in evidence if isinstance(one, ClaimEvidence)]
    told = b"".join(encode(one.detection) for one in evidence if isinstance(one, RadioEvidence))
    assert b"SIMULATED0001" not in told


def test_with_a_basis_it_becomes_a_claim() -> None:
    evidence = heard(LEGAL, LAST_MOMENT_NS)
    assert payloads(evidence) == ["decoded"]
    (claim,) = (one for one in evidence if isinstance(one, ClaimEvidence))
    assert claim.detection.kind == "remote-id"
    assert claim.detection.label == "dji-droneid"
    assert claim.detection.claim == "SIMULATED0001"
    report = claim.report
    assert report.ground_speed_m_s == 5.0
    assert report.course_deg == pytest.approx(306.9, abs=0.05)  # north 3, west 4
    aircraft = Claims().take("s1", report, claim.time_ns)
    assert aircraft.name == "serial:SIMULATED0001"
    assert aircraft.airborne
    assert aircraft.position is not None
    assert aircraft.position.latitude_deg == pytest.approx(54.01, abs=1e-5)
    assert aircraft.operator_position is not None
    assert aircraft.operator_position.longitude_deg == pytest.approx(4.03, abs=1e-5)
    assert aircraft.height_m == pytest.approx(30.48)


def test_from_the_next_day_on_it_is_not_read() -> None:
    evidence = heard(LEGAL, LAST_MOMENT_NS + 10**9)
    assert payloads(evidence) == ["not permitted"]
    assert len(evidence) == 1


def test_what_cannot_be_read_is_said_so() -> None:
    evidence = heard(LEGAL, LAST_MOMENT_NS, decodable=False)
    assert payloads(evidence) == ["encrypted or undecodable"]
    assert len(evidence) == 1


@pytest.mark.parametrize(
    ("legal", "now_ns", "read", "words"),
    [
        (LegalSection(), 0, False, "not read: the settings state no legal basis"),
        (LEGAL, LAST_MOMENT_NS, True,
         "read until 2026-11-30: decree-2026/17; approved by governor"),
        (LEGAL, LAST_MOMENT_NS + 10**9, False, "not read: the legal basis ran out on 2026-11-30"),
    ],
)  # fmt: skip
def test_what_is_said_of_it(legal: LegalSection, now_ns: int, read: bool, words: str) -> None:
    assert may_read_droneid(legal, now_ns) is read
    assert droneid_in_words(legal, now_ns) == words


def test_what_names_no_aircraft_is_no_claim() -> None:
    assert as_report(DroneIdMessage(kind="telemetry", length=88), "s1", 0) is None


def test_what_is_not_told_stays_unknown() -> None:
    message = DroneIdMessage(kind="identity", length=141, serial_number="X1")
    report = as_report(message, "s1", 5)
    assert report is not None
    unknown = (report.position, report.operator_position, report.ground_speed_m_s,
               report.operational_status, report.height_reference)  # fmt: skip
    assert unknown == (None,) * 5


REPORT = RemoteIdReport(
    time_ns=LAST_MOMENT_NS, transmitter="droneid:SIMULATED0001", transport="dji-droneid",
    level_dbm=-70, serial_number="SIMULATED0001",
    position=Position(latitude_deg=54.01, longitude_deg=4.02),
)  # fmt: skip


def told_of(report: RemoteIdReport, legal: LegalSection, now_ns: int) -> Evidence:
    sensor = MqttSensor(id="s1", driver="antsdr-text", topic="t")
    (evidence,) = Detector(SITE, Plan(SITE), sensor, legal).take(report, now_ns)
    return evidence


@pytest.mark.parametrize(
    ("legal", "now_ns"), [(LegalSection(), LAST_MOMENT_NS), (LEGAL, LAST_MOMENT_NS + 10**9)]
)
def test_a_burst_that_a_receiver_read_is_stripped_without_a_basis(
    legal: LegalSection, now_ns: int
) -> None:
    evidence = told_of(REPORT, legal, now_ns)
    assert isinstance(evidence, RadioEvidence)
    assert (evidence.detection.label, evidence.detection.family) == ("dji-droneid", "drone")
    assert (evidence.detection.payload, evidence.detection.level_dbm) == ("not permitted", -70)
    assert b"SIMULATED0001" not in encode(evidence.detection)
    assert evidence.detection.position is None


def test_a_burst_that_a_receiver_read_is_a_claim_on_a_basis() -> None:
    evidence = told_of(REPORT, LEGAL, LAST_MOMENT_NS)
    assert isinstance(evidence, ClaimEvidence)
    assert evidence.report == REPORT


def test_an_encrypted_burst_is_seen_and_names_nobody() -> None:
    sealed = RemoteIdReport(
        time_ns=LAST_MOMENT_NS, transmitter="droneid:77", transport="dji-droneid", session_id="77"
    )
    evidence = told_of(sealed, LEGAL, LAST_MOMENT_NS)
    assert isinstance(evidence, RadioEvidence)
    assert evidence.detection.payload == "encrypted or undecodable"
