"""Readings to evidence: what one sensor's reading says of flights, in the site's own axes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from msgspec.structs import replace

from ..config.settings import LegalSection, Mounting, Sensor, SiteSection
from ..drivers.readings import IqBlock, Position, RadarFrame, RadarPoint, Reading, RemoteIdReport
from ..signal.radar.cluster import cluster_points
from ..signal.radio.emissions import Emission, EmissionFinder
from ..signal.radio.iq import Samples, to_complex64
from ..signal.tracking.tracker import Plot
from .alarms import Signal
from .droneid_claims import as_report
from .legal import is_droneid, may_read_droneid
from .library import library
from .messages import AlarmKind, Detection, new_id
from .plan import Plan, Vector, mounted
from .proposals import Hint, hint
from .signals import is_foreign, signals

CLOCK_TRUST_NS = 5_000_000_000
"""A sensor's clock that is farther off than this from ours is not believed."""

MOST_POINTS = 500
"""Of one radar frame; of more, the strongest. A frame of the radars known has at most 200."""

FARTHEST_M = 20_000.0
"""No radar of a perimeter sees farther: a point beyond that is an error of its wire."""

LONGEST_HOLE_S = 60.0
"""Longer, or backwards, is no hole in a stream but another clock: the stream is timed anew."""

LOUDEST = 1e3
"""Full scale is 1. A float sample far beyond it is an error, and its square may not be a number."""

NOTHING_LEGAL = LegalSection()

CHECKED_CONFIDENCE = 0.99
"""Of a burst that a receiver read: its checksum of 24 bits fits. Judged, not measured."""

_REMOTE_ID_LABEL = {
    "ble-legacy": "remote-id-ble",
    "ble-long-range": "remote-id-ble",
    "wifi-beacon": "remote-id-wifi",
    "wifi-nan": "remote-id-wifi",
    "dji-droneid": "dji-droneid",
}


@dataclass(frozen=True, slots=True)
class RadarEvidence:
    """One radar frame: its plots, and a detection of each."""

    sensor: str
    time_ns: int
    plots: tuple[Plot, ...]
    detections: tuple[Detection, ...]


@dataclass(frozen=True, slots=True)
class ClaimEvidence:
    """One Remote ID report."""

    sensor: str
    time_ns: int
    report: RemoteIdReport
    site: SiteSection

    @property
    def detection(self) -> Detection:
        """The message to consoles; made when it is told, for most of a flood never is."""
        report = self.report
        names = (report.serial_number, report.registration_id, report.utm_id, report.session_id)
        return Detection(
            id=new_id(self.time_ns),
            site=self.site.name,
            time_ns=self.time_ns,
            mode=self.site.mode,
            sensor=self.sensor,
            kind="remote-id",
            label=_REMOTE_ID_LABEL.get(report.transport or ""),
            position=report.position,
            level_dbm=report.level_dbm,
            claim=next((name for name in names if name), None),
        )


@dataclass(frozen=True, slots=True)
class RadioEvidence:
    """One radio emission, with its bearing (clockwise from true north) if the sensor has one."""

    sensor: str
    time_ns: int
    detection: Detection
    bearing_deg: float | None = None
    bearing_sigma_deg: float = 5.0


Evidence = RadarEvidence | ClaimEvidence | RadioEvidence | Signal | Hint


class Detector:
    """One sensor's readings to evidence; the radio part is slow and belongs in a worker thread.

    Attributes
    ----------
    ignored : Counter
        What was not believed, by reason.
    """

    def __init__(
        self, site: SiteSection, plan: Plan, sensor: Sensor, legal: LegalSection = NOTHING_LEGAL
    ) -> None:
        self._site = site
        self._legal = legal
        self._plan = plan
        self._sensor = sensor
        self._receiver: _Receiver | None = None
        self.ignored: Counter[str] = Counter()

    def take(self, reading: Reading, arrived_ns: int) -> list[Evidence]:
        """Give the evidence in `reading`, which arrived at `arrived_ns` (UTC)."""
        time_ns = reading.time_ns
        if abs(time_ns - arrived_ns) > CLOCK_TRUST_NS:
            self.ignored["sensor's clock"] += 1
            time_ns = arrived_ns
        if isinstance(reading, RadarFrame):
            return [self._radar(reading, time_ns)]
        if isinstance(reading, RemoteIdReport):
            if is_droneid(reading):
                permitted = may_read_droneid(self._legal, arrived_ns)
                if not permitted or reading.serial_number is None:
                    return [self._burst(reading, time_ns, permitted=permitted)]
            return [ClaimEvidence(self._sensor.id, time_ns, reading, self._site)]
        if isinstance(reading, IqBlock):
            return list(self._radio(reading, time_ns, arrived_ns))
        if is_foreign(reading, self._site.mode):
            self.ignored["event of another mode"] += 1
            return []
        screening = self._sensor.options.get("meaning") == "screening"
        kind: AlarmKind = "screening" if screening else "intrusion"
        proposed = hint(self._sensor.id, reading, time_ns, screening=screening)
        return [
            *signals(self._sensor.id, reading, time_ns, kind),
            *(() if proposed is None else (proposed,)),
        ]

    def _detection(self, kind: Literal["radio-emission", "radar-plot"], time_ns: int) -> Detection:
        return Detection(
            id=new_id(time_ns),
            site=self._site.name,
            time_ns=time_ns,
            mode=self._site.mode,
            sensor=self._sensor.id,
            kind=kind,
        )

    def _burst(self, report: RemoteIdReport, time_ns: int, *, permitted: bool) -> RadioEvidence:
        """Give a DroneID burst that another receiver read, without what stood in it."""
        detection = replace(
            self._detection("radio-emission", time_ns),
            label="dji-droneid",
            family="drone",
            confidence=CHECKED_CONFIDENCE,
            level_dbm=report.level_dbm,
            payload="encrypted or undecodable" if permitted else "not permitted",
        )
        return RadioEvidence(self._sensor.id, time_ns, detection)

    def _radar(self, frame: RadarFrame, time_ns: int) -> RadarEvidence:
        mounting = self._sensor.mounting
        sensor_m = np.array([mounting.east_m, mounting.north_m, mounting.up_m])
        clusters = list(_clusters(self._believed(frame.points)))
        if not clusters:
            return RadarEvidence(self._sensor.id, time_ns, (), ())
        own_m = np.array([np.mean([(p.x_m, p.y_m, p.z_m) for p in c], axis=0) for c in clusters])
        right_m, ahead_m, above_m = own_m.T
        places_m = mounted(mounting, right_m, ahead_m, above_m)
        plots = (Plot(at_m, _plot_covariance(at_m - sensor_m, mounting)) for at_m in places_m)
        detections = (
            self._plot(time_ns, position, points)
            for position, points in zip(self._plan.to_positions(places_m), clusters, strict=True)
        )
        return RadarEvidence(self._sensor.id, time_ns, tuple(plots), tuple(detections))

    def _plot(self, time_ns: int, position: Position, points: Sequence[RadarPoint]) -> Detection:
        levels = [p.snr_db for p in points if p.snr_db is not None]
        return replace(
            self._detection("radar-plot", time_ns),
            position=position,
            range_rate_m_s=round(float(np.mean([p.range_rate_m_s for p in points])), 2),
            snr_db=max(levels, default=None),
            evidence={"points": float(len(points))},
        )

    def _believed(self, points: Sequence[RadarPoint]) -> Sequence[RadarPoint]:
        """The points that can be points, and no more than can be worked in time."""
        near = [p for p in points if max(abs(p.x_m), abs(p.y_m), abs(p.z_m)) <= FARTHEST_M]
        if len(near) < len(points):
            self.ignored["radar point too far"] += len(points) - len(near)
        if len(near) > MOST_POINTS:
            self.ignored["radar point too many"] += len(near) - MOST_POINTS
            near = sorted(near, key=lambda p: -(p.snr_db or 0.0))[:MOST_POINTS]
        return near

    def flush(self) -> list[Evidence]:
        """Give what waits for samples that do not come: the stream has paused."""
        return [] if self._receiver is None else list(self._told(self._receiver.flush()))

    def _radio(
        self, block: IqBlock, time_ns: int, arrived_ns: int
    ) -> Iterator[RadioEvidence | ClaimEvidence]:
        if self._receiver is None or not self._receiver.continues(block):
            yield from () if self._receiver is None else self._told(self._receiver.flush())
            self._receiver = _Receiver(block, time_ns)
        samples = to_complex64(block.samples, block.sample_type)
        wrong = _silence_wrong(samples)
        if wrong:
            self.ignored["impossible sample"] += wrong
        self._receiver.reads_payload(permitted=may_read_droneid(self._legal, arrived_ns))
        yield from self._told(self._receiver.feed(block, time_ns, samples))

    def _told(
        self, emissions: Iterable[tuple[int, Emission]]
    ) -> Iterator[RadioEvidence | ClaimEvidence]:
        for start_ns, emission in emissions:
            detection = replace(
                self._detection("radio-emission", start_ns),
                label=emission.label,
                family=emission.family,
                confidence=round(emission.confidence, 4),
                frequency_hz=round(emission.center_hz),
                bandwidth_hz=round(emission.bandwidth_hz),
                duration_s=round(emission.duration_s, 7),
                snr_db=round(emission.snr_db, 1),
                evidence=dict(emission.evidence),
                payload=emission.payload,
            )
            yield RadioEvidence(self._sensor.id, start_ns, detection)
            if emission.message is not None:
                report = as_report(emission.message, self._sensor.id, start_ns)
                if report is not None:
                    yield ClaimEvidence(self._sensor.id, start_ns, report, self._site)


class _Receiver:
    """One receiver's blocks as a stream with holes, at one rate and one tuned frequency."""

    def __init__(self, block: IqBlock, time_ns: int) -> None:
        self._rate_hz = block.sample_rate_hz
        self._center_hz = block.center_hz
        self._finder = EmissionFinder(block.sample_rate_hz, block.center_hz, library=library())
        self._start_ns = time_ns
        self._ahead_ns = time_ns - block.time_ns
        self._samples = 0

    def continues(self, block: IqBlock) -> bool:
        """Whether `block` goes on where this stream is."""
        return (block.sample_rate_hz, block.center_hz) == (self._rate_hz, self._center_hz)

    def reads_payload(self, *, permitted: bool) -> None:
        """Read DroneID payloads from now on, or no more."""
        self._finder.reads_payload = permitted

    def feed(
        self, block: IqBlock, time_ns: int, samples: Samples
    ) -> Iterator[tuple[int, Emission]]:
        """Give each emission with the time of its start.

        A clock that is not believed still tells how long a hole is: moments of arrival, which
        `time_ns` holds then, wander too much for that.
        """
        ahead_ns = time_ns - block.time_ns
        if self._is_same_clock(ahead_ns):
            time_ns = block.time_ns + self._ahead_ns
        hole = round((time_ns - self._start_ns) * self._rate_hz / 1e9) - self._samples
        tolerance = 1e-3 * self._rate_hz  # clocks and stamps wander; a hole is longer
        if block.missed_blocks or abs(hole) > tolerance:
            yield from self._skip(hole, time_ns)
        if not self._is_same_clock(ahead_ns):
            self._ahead_ns = ahead_ns
        self._samples += len(samples)
        yield from self._timed(self._finder.feed(samples))

    def _is_same_clock(self, ahead_ns: int) -> bool:
        both_wrong = bool(ahead_ns) and bool(self._ahead_ns)
        return both_wrong and abs(ahead_ns - self._ahead_ns) <= CLOCK_TRUST_NS

    def flush(self) -> Iterator[tuple[int, Emission]]:
        """Give what is there without waiting for a whole page; the stream goes on behind it."""
        return self._timed(self._finder.close())

    def _skip(self, hole: int, time_ns: int) -> Iterator[tuple[int, Emission]]:
        """End what was before a hole of so many samples."""
        if 0 <= hole <= LONGEST_HOLE_S * self._rate_hz:
            yield from self._timed(self._finder.skip(hole))
            self._samples += hole
        else:
            yield from self._timed(self._finder.close())
            self._start_ns = time_ns - round(self._samples / self._rate_hz * 1e9)

    def _timed(self, emissions: Iterable[Emission]) -> Iterator[tuple[int, Emission]]:
        return ((self._start_ns + round(one.start_s * 1e9), one) for one in list(emissions))


def _silence_wrong(samples: Samples) -> int:
    """Turn samples that cannot be, NaN among them, into silence; give their number."""
    parts = samples.view(np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        if np.dot(parts, parts) <= LOUDEST**2:  # false for NaN: one pass tells the usual case
            return 0
    wrong = ~(np.maximum(np.abs(samples.real), np.abs(samples.imag)) <= LOUDEST)
    samples[wrong] = 0
    return int(np.count_nonzero(wrong))


def _clusters(points: Sequence[RadarPoint]) -> Iterator[list[RadarPoint]]:
    """Group the points of one thing, by `cluster_points`."""
    positions_m = np.array([(p.x_m, p.y_m, p.z_m) for p in points], np.float64).reshape(-1, 3)
    rates_m_s = np.array([p.range_rate_m_s for p in points], np.float64)
    labels = cluster_points(positions_m, rates_m_s)
    for number in range(int(labels.max(initial=-1)) + 1):
        yield [points[nth] for nth in np.flatnonzero(labels == number).tolist()]


def _plot_covariance(sight_m: Vector, mounting: Mounting) -> Vector:
    """The error of a plot in the direction `sight_m` from its radar; float64, shape (3, 3)."""
    range_m = max(float(np.linalg.norm(sight_m)), 1e-3)
    unit = sight_m / range_m
    along = np.outer(unit, unit)
    across_m = max(mounting.range_sigma_m, range_m * np.radians(mounting.angle_sigma_deg))
    covariance: Vector = mounting.range_sigma_m**2 * along + across_m**2 * (np.eye(3) - along)
    return covariance
