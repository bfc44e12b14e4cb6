"""How far claims are believed: each claimed aircraft's spoof score, with its reasons.

Anybody can broadcast anything. The score weighs what is claimed against itself, against the level
at which it is heard, and against what radars measure; it never turns a claim into a measurement.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from ..config.settings import RecordedSensor, Sensor
from ..config.trust import trust_settings
from ..drivers.readings import RemoteIdReport
from ..signal.trust.behaviour import REASONS, Behaviour, Moment, Place
from ..signal.trust.score import Weights
from ..signal.trust.serial_number import is_well_formed
from .claims import ClaimedAircraft
from .plan import Plan

SCORED_EVERY_NS = 1_000_000_000
HOUR_S = 3600.0
TOLD_AGAIN_S = 3.0
SUPPORT = {"contradicted": 1.0, "unsupported": 0.4, "supported": -1.0}


@cache
def shipped_weights() -> Weights:
    """The weights that come with the package."""
    settings = trust_settings()
    return Weights(settings.bias, np.array([settings.weights[name] for name in REASONS]))


class Trust:
    """The behaviour and the score of each claimed aircraft.

    Parameters
    ----------
    plan : Plan
    sensors : sequence of Sensor
        Where each stands. What a recording plays is of another time: its clock tells nothing.
    """

    def __init__(self, plan: Plan, sensors: Sequence[Sensor]) -> None:
        self._plan = plan
        self._receivers_m = {
            one.id: (one.mounting.east_m, one.mounting.north_m, one.mounting.up_m)
            for one in sensors
        }
        self._live = {one.id for one in sensors if not isinstance(one, RecordedSensor)}
        self._weights = shipped_weights()
        self._behaviours: dict[int, Behaviour] = {}

    def take(
        self,
        aircraft: ClaimedAircraft,
        sensor: str,
        report: RemoteIdReport,
        time_ns: int,
        sharing: int,
    ) -> None:
        """Weigh one report of an aircraft whose transmitter speaks for `sharing` aircraft."""
        known = self._behaviours.get(id(aircraft))
        if known is None:
            known = self._behaviours[id(aircraft)] = Behaviour()
        place_m = None
        if report.position is not None:
            east, north, up = self._plan.to_enu(report.position).tolist()
            place_m = (east, north, up if report.position.altitude_hae_m is not None else 0.0)
        known.sharing = max(known.sharing, sharing)
        known.serial_is_wrong |= report.serial_number is not None and not is_well_formed(
            report.serial_number
        )
        known.operator_away_m = self._operator_away(aircraft)
        known.moments.append(
            Moment(
                time_s=time_ns / 1e9,
                place_m=place_m,
                speed_m_s=report.ground_speed_m_s,
                receiver_m=self._receivers_m.get(sensor),
                level_dbm=report.level_dbm,
                counter=_counter(known, sensor, report, place_m, time_ns / 1e9),
                clock_offset_s=_clock_offset(report, time_ns) if sensor in self._live else None,
            )
        )
        if time_ns - aircraft.scored_ns >= SCORED_EVERY_NS:
            aircraft.scored_ns = time_ns
            self._score(aircraft, known)

    def support(self, aircraft: ClaimedAircraft, verdict: str | None) -> None:
        """Note what measurement says of a claim."""
        known = self._behaviours.get(id(aircraft))
        if known is not None:
            known.support = SUPPORT.get(verdict or "", 0.0)

    def forget(self, aircraft: ClaimedAircraft) -> None:
        """Let go of an aircraft that the table has let go of."""
        self._behaviours.pop(id(aircraft), None)

    def _score(self, aircraft: ClaimedAircraft, behaviour: Behaviour) -> None:
        figures = behaviour.figures()
        aircraft.spoof = round(float(self._weights.probability(figures)), 3)
        aircraft.spoof_reasons = self._weights.reasons(figures)

    def _operator_away(self, aircraft: ClaimedAircraft) -> float | None:
        if aircraft.position is None or aircraft.operator_position is None:
            return None
        apart_m = self._plan.to_enu(aircraft.position) - self._plan.to_enu(
            aircraft.operator_position
        )
        return float(np.linalg.norm(apart_m[:2]))


def _counter(
    known: Behaviour, sensor: str, report: RemoteIdReport, place_m: Place | None, time_s: float
) -> int | None:
    """The counter, of one receiver and one transmitter alone: each counts by itself.

    An advertisement that is soon told again has the counter and the place that it had: that says
    nothing. One that is told for ever does.
    """
    if place_m is None or report.counter is None:
        return None
    stream = f"{sensor} {report.transmitter} {report.transport}"
    known.counted = known.counted or stream
    if known.counted != stream:
        return None
    first = known.told_first
    if first is None or first[:2] != (report.counter, place_m):
        known.told_first = report.counter, place_m, time_s
        return report.counter
    return report.counter if time_s - first[2] > TOLD_AGAIN_S else None


def _clock_offset(report: RemoteIdReport, time_ns: int) -> float | None:
    """The claimed moment less that of reception, the nearest way around the hour."""
    if report.hour_s is None or report.position is None:
        return None
    apart_s = report.hour_s - time_ns / 1e9 % HOUR_S
    return (apart_s + HOUR_S / 2) % HOUR_S - HOUR_S / 2
