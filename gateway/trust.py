"""How far claims are believed: each claimed aircraft's spoof score, with its reasons.

Anybody can broadcast anything. The score weighs what is claimed against itself, against the level
at which it is heard, and against what radars measure; it never turns a claim into a measurement.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from ..config.settings import Mounting
from ..config.trust import trust_settings
from ..drivers.readings import RemoteIdReport
from ..signal.trust.behaviour import REASONS, Behaviour, Moment
from ..signal.trust.score import Weights
from ..signal.trust.serial_number import is_well_formed
from .claims import ClaimedAircraft
from .plan import Plan

SCORED_EVERY_NS = 1_000_000_000
FEWEST = 5
"""Moments; before so many only what is wrong at first sight counts."""

HOUR_S = 3600.0
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
    receivers : mapping of str to Mounting
        Where each sensor stands, by its id.
    """

    def __init__(self, plan: Plan, receivers: Mapping[str, Mounting]) -> None:
        self._plan = plan
        self._receivers_m = {
            name: (at.east_m, at.north_m, at.up_m) for name, at in receivers.items()
        }
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
