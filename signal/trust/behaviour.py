"""What a broadcast claims, beside what its receiver measured, as figures that tell a spoof.

Each figure is 0 for what an honest flight does and near 1 for what none does; `level` and `support`
go down to -1, for there honesty can be seen. A figure that nothing is known of is 0.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

Place = tuple[float, float, float]  # east, north, up in metres

MOST_MOMENTS = 64
"""Of one aircraft: about a minute at one a second; the oldest make room."""

FASTEST_M_S, STEEPEST_M_S = 45.0, 12.0
"""Beyond these a small aircraft is doubtful, at twice as much it is none (EU class limits: 19 m/s;
the fastest delivery drone reported flies at 33 m/s)."""

FARTHEST_OPERATOR_M = 8_000.0
LATEST_S = 3.0
LEVEL_SIGMA_DB = 6.0
"""Fading about the mean of a path, aircraft antenna and multipath together."""

STRONGEST_DBM, WEAKEST_DBM = 24.0, -22.0
"""Radiated powers that Remote ID modules have, with what bodies and trees take away."""

REASONS = (
    "speed",
    "climb",
    "velocity",
    "level",
    "distance",
    "transmitter",
    "counter",
    "clock",
    "serial",
    "operator",
    "support",
)
"""The names of the figures, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One report, as far as trust cares; None is unknown."""

    time_s: float
    place_m: Place | None = None  # as claimed
    speed_m_s: float | None = None
    receiver_m: Place | None = None
    level_dbm: float | None = None
    counter: int | None = None  # of the advertisement, 0..255
    clock_offset_s: float | None = None  # claimed moment of the position less that of reception


@dataclass(slots=True)
class Behaviour:
    """What is remembered of one claimed aircraft; bounded."""

    frequency_hz: float = 2.437e9
    moments: deque[Moment] = field(default_factory=lambda: deque(maxlen=MOST_MOMENTS))
    serial_is_wrong: bool = False
    operator_away_m: float | None = None
    counted: str | None = None  # the stream whose counters these are
    told_first: tuple[int, Place, float] | None = None  # its last counter, where, and since when
    sharing: int = 1  # aircraft that one of its transmitters claims to be
    support: float = 0.0  # by measurement: 1 contradicted, 0.4 unsupported, -1 supported

    def figures(self) -> Vector:
        """Work out the figures of `REASONS`.

        Returns
        -------
        float64, shape (11,)

        Notes
        -----
        Cost: some 150 us for 64 moments.
        """
        placed = [one for one in self.moments if one.place_m is not None]
        fastest, steepest, apart = _motion(placed)
        level, distance = _levels(placed, self.frequency_hz)
        away_m = self.operator_away_m or 0.0
        return np.array([
            _beyond(fastest, FASTEST_M_S, FASTEST_M_S),
            _beyond(steepest, STEEPEST_M_S, STEEPEST_M_S),
            _beyond(apart, 6.0, 10.0),
            level,
            distance,
            _beyond(self.sharing, 1.0, 4.0),
            _counters([one.counter for one in self.moments if one.counter is not None]),
            _clock([one.clock_offset_s for one in self.moments if one.clock_offset_s is not None]),
            float(self.serial_is_wrong),
            _beyond(away_m, FARTHEST_OPERATOR_M, 12_000.0),
            self.support,
        ])  # fmt: skip


def _beyond(value: float, limit: float, width: float) -> float:
    """0 up to a limit, 1 from `width` beyond it."""
    return float(min(max((value - limit) / width, 0.0), 1.0))


def _motion(placed: list[Moment]) -> tuple[float, float, float]:
    """Speed, climb, and how far the claimed speed is from what the places say, all in m/s.

    The third largest of each stands for all: one bad fix makes two of them.
    """
    if len(placed) < 5:
        return 0.0, 0.0, 0.0
    times = np.array([one.time_s for one in placed])
    places_m = np.array([one.place_m for one in placed])
    steps_s = np.maximum(np.diff(times), 0.5)  # two transports tell one place at two moments
    steps_m = np.diff(places_m, axis=0)
    speeds = np.hypot(steps_m[:, 0], steps_m[:, 1]) / steps_s
    climbs = np.abs(steps_m[:, 2]) / steps_s
    claimed = np.array([np.nan if one.speed_m_s is None else one.speed_m_s for one in placed[1:]])
    apart = np.abs(speeds - claimed)
    apart = apart[np.isfinite(apart)]
    median = float(np.median(apart)) if len(apart) >= 4 else 0.0
    return float(np.sort(speeds)[-3]), float(np.sort(climbs)[-3]), median


def _levels(placed: list[Moment], frequency_hz: float) -> tuple[float, float]:
    """Whether the level follows the claimed distance (-1) or stays (1), and whether it can be."""
    heard = [one for one in placed if one.level_dbm is not None and one.receiver_m is not None]
    if len(heard) < 5:
        return 0.0, 0.0
    sight_m = np.array([np.subtract(one.place_m or (), one.receiver_m or ()) for one in heard])
    loss_db = 20 * np.log10(np.maximum(np.linalg.norm(sight_m, axis=1), 3.0) * frequency_hz)
    loss_db -= 147.55  # free space: 20 log10(4 pi / c)
    levels_dbm = np.array([one.level_dbm for one in heard], np.float64)
    stays = np.sum((levels_dbm - levels_dbm.mean()) ** 2)
    follows = np.sum((levels_dbm + loss_db - (levels_dbm + loss_db).mean()) ** 2)
    evidence = float(follows - stays) / (2 * LEVEL_SIGMA_DB**2)
    radiated_dbm = float(np.median(levels_dbm + loss_db))
    distance = _beyond(radiated_dbm, STRONGEST_DBM, 15.0) + _beyond(
        -radiated_dbm, -WEAKEST_DBM, 15.0
    )
    return float(np.tanh(evidence / 2)), distance


def _counters(counters: list[int]) -> float:
    """The share of counters that stand still or jump back; 8 bits run over.

    Losses, and several message types that count by themselves, make steps of any size forwards.
    """
    if len(counters) < 8:
        return 0.0
    told = np.array(counters, np.float64)
    steps: Vector = (told[1:] - told[:-1]) % 256
    return float(np.count_nonzero((steps == 0) | (steps > 200)) / len(steps))


def _clock(offsets_s: list[float]) -> float:
    if len(offsets_s) < 3:
        return 0.0
    return _beyond(abs(float(np.median(offsets_s))), LATEST_S, 10.0)
