"""The spoof score on simulated flights that its weights never saw, beside a plain distance rule.

The rule is RemoteIDReceiver's: a spoof is what flies more than 15 km from its operator. All flights
are simulated: figures say how well the score tells these lies, not how often anybody lies.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..gateway.trust import shipped_weights
from ..simulators.remote_id.claims import KINDS
from .rows import Row
from .trust_fit import flights

SEED = 771_001
EACH = 400
RULE_KM = 15.0
FALSE_ALARMS = (0.001, 0.003, 0.01, 0.03, 0.1)


def run() -> list[Row]:
    """Score; about ten seconds."""
    told = flights(SEED, EACH)
    weights = shipped_weights()
    scores = weights.probability(np.array([one.behaviour.figures() for one in told]))
    kinds = np.array([one.kind for one in told])
    rule = np.array([one.distance_km > RULE_KM for one in told])
    lies, truth = kinds != "honest", kinds == "honest"
    limit = _limit(scores[truth], 0.01)
    found, ruled = float(np.mean(scores[lies] > limit)), float(np.mean(rule[lies]))
    rows = [
        _row(
            f"found at {rate:.1%} false alarms", np.mean(scores[lies] > _limit(scores[truth], rate))
        )
        for rate in FALSE_ALARMS
    ]
    rows += [
        _row("found at 1 % false alarms, all kinds", found, ruled),
        _row("the distance rule's false alarms", np.mean(rule[truth])),
        _row("area under the curve", _area(scores[truth], scores[lies])),
        _row("calibration error, as many lies as not", _calibration(scores, lies)),
    ]
    rows += [
        _row(f"found: {kind}", np.mean(scores[kinds == kind] > limit), np.mean(rule[kinds == kind]))
        for kind in KINDS
    ]
    return rows


def _limit(honest: NDArray[np.float64], rate: float) -> float:
    """The score that this share of honest flights exceeds."""
    return float(np.quantile(honest, 1 - rate))


def _area(honest: NDArray[np.float64], lies: NDArray[np.float64]) -> float:
    """The chance that a lie scores above an honest flight (Mann-Whitney)."""
    below = np.searchsorted(np.sort(honest), lies, "left")
    return float(np.mean(below) / len(honest))


def _calibration(scores: NDArray[np.float64], lies: NDArray[np.bool_]) -> float:
    """Expected calibration error over ten bins, both kinds weighing the same in sum."""
    share: NDArray[np.float64] = 0.5 * lies / float(np.sum(lies)) + 0.5 * ~lies / float(
        np.sum(~lies)
    )
    bins = np.minimum((scores * 10).astype(int), 9)
    return float(
        sum(
            abs(np.sum(share[bins == n] * (scores[bins == n] - lies[bins == n]))) for n in range(10)
        )
    )


def _row(name: str, value: float | np.floating, floor: float | np.floating | None = None) -> Row:
    return Row(
        bench="trust",
        name=name,
        value=float(value),
        unit="",
        floor=None if floor is None else float(floor),
        floor_name=None if floor is None else f"farther than {RULE_KM:g} km from its operator",
        simulated=True,
    )
