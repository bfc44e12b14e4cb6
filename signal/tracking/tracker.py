"""A multi-target tracker over measured positions of any number of sensors.

Each call takes one sensor's plots of one moment. Tracks are predicted to that moment, plots are
assigned by global nearest neighbour inside a chi-square gate, and a track is confirmed by so many
plots within so long and dropped after a time without plots.
Cost: O(tracks x plots) for the gates and O(n^3) for the assignment of n tracks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from .association import assign
from .filters import Estimate, predict, start, update


@dataclass(frozen=True, slots=True)
class Plot:
    """One measured position.

    Parameters
    ----------
    position_m : float64, shape (3,)
        East, north, up of the site's origin.
    covariance_m2 : float64, shape (3, 3)
    """

    position_m: NDArray[np.float64]
    covariance_m2: NDArray[np.float64]


@dataclass(slots=True)
class TrackState:
    """One tracked thing.

    Parameters
    ----------
    began_m : float64, shape (3,)
        Where its first plot lay.
    recent_s : deque of float
        When its last few plots came: as many as confirm a track.
    """

    number: int
    estimate: Estimate
    time_s: float
    first_s: float
    last_plot_s: float
    began_m: NDArray[np.float64]
    recent_s: deque[float]
    plots: int = 1
    confirmed: bool = False
    sensors: set[str] = field(default_factory=set[str])


@dataclass(frozen=True, slots=True)
class TrackerOptions:
    """What the tracker expects of the world.

    Parameters
    ----------
    acceleration_density : float
        Of the white acceleration, m^2/s^3; 10 lets a drone brake from 12 m/s within two seconds.
    gate_probability : float
        The share of a track's own plots that its gate lets in.
    confirm_plots, confirm_within_s
        So many plots within so long confirm a track.
    drop_after_s, drop_tentative_after_s : float
        A confirmed, a tentative track without a plot for so long is over. A confirmed one is over
        too when its last `confirm_plots` took longer than this and `confirm_within_s` together:
        a track that coasts gathers clutter, but never so much.
    most_tracks : int
        Beyond so many a plot begins no track: a radar that floods costs no more than that.
    """

    acceleration_density: float = 10.0
    gate_probability: float = 0.999
    confirm_plots: int = 5
    confirm_within_s: float = 1.5
    drop_after_s: float = 3.0
    drop_tentative_after_s: float = 0.8
    most_tracks: int = 200


class Tracker:
    """Plots in, tracks out; time comes with the plots.

    Attributes
    ----------
    left_out : int
        Plots that began no track because there were too many.
    """

    def __init__(self, options: TrackerOptions | None = None) -> None:
        self.options = options or TrackerOptions()
        self.tracks: list[TrackState] = []
        self._gate = float(chi2.ppf(self.options.gate_probability, 3))
        self._next_number = 1
        self.left_out = 0

    def update(self, sensor: str, time_s: float, plots: Sequence[Plot]) -> list[int]:
        """Take in one sensor's plots of `time_s`; give the track's number of each plot, or 0.

        A plot older than its track's last one is taken as if it came at that moment: at 10 to
        20 frames a second the error is below a plot's own.
        """
        for track in self.tracks:
            self._predict(track, time_s)
        numbers = [0] * len(plots)
        pairs = assign(self._costs(plots), self._cost_gate()) if plots else []
        for row, column in pairs:
            self._take(self.tracks[row], sensor, time_s, plots[column])
            numbers[column] = self.tracks[row].number
        for column, plot in enumerate(plots):
            if not numbers[column]:
                numbers[column] = self._begin(sensor, time_s, plot)
        self.drop(time_s)
        return numbers

    def drop(self, time_s: float) -> None:
        """Let go of tracks that have had no plot for too long."""
        options = self.options

        def over(track: TrackState) -> bool:
            silent_s = time_s - track.last_plot_s
            if not track.confirmed:
                return silent_s > options.drop_tentative_after_s
            longest_s = options.drop_after_s + options.confirm_within_s
            return silent_s > options.drop_after_s or time_s - track.recent_s[0] > longest_s

        self.tracks = [track for track in self.tracks if not over(track)]

    def _predict(self, track: TrackState, time_s: float) -> None:
        dt_s = time_s - track.time_s
        if dt_s > 0:
            track.estimate = predict(track.estimate, dt_s, self.options.acceleration_density)
            track.time_s = time_s

    def _cost_gate(self) -> float:
        # Distance plus log|S| is the likelihood's exponent; the gate is on the distance alone, so
        # the price of staying single lies above every cost that passes it.
        return self._gate + 40.0

    def _costs(self, plots: Sequence[Plot]) -> NDArray[np.float64]:
        """What `filters.innovation_distance` gives of each pair, summed; infinite off the gate."""
        if not self.tracks:
            return np.zeros((0, len(plots)))
        places_m = np.array([track.estimate.position_m for track in self.tracks])
        innovation = np.array([plot.position_m for plot in plots]) - places_m[:, None]
        spreads = np.array([track.estimate.covariance[:3, :3] for track in self.tracks])
        spread = spreads[:, None] + np.array([plot.covariance_m2 for plot in plots])
        turned = np.linalg.solve(spread, innovation[..., None])[..., 0]
        distance = np.einsum("tpi,tpi->tp", innovation, turned)
        log_volume = np.linalg.slogdet(spread)[1]
        costs: NDArray[np.float64] = np.where(distance <= self._gate, distance + log_volume, np.inf)
        return costs

    def _take(self, track: TrackState, sensor: str, time_s: float, plot: Plot) -> None:
        track.estimate = update(track.estimate, plot.position_m, plot.covariance_m2)
        track.last_plot_s = max(track.last_plot_s, time_s)
        track.recent_s.append(time_s)
        track.plots += 1
        track.sensors.add(sensor)
        if not track.confirmed:
            age_s = time_s - track.first_s
            options = self.options
            track.confirmed = (
                track.plots >= options.confirm_plots and age_s <= options.confirm_within_s
            )
            if not track.confirmed and age_s > options.confirm_within_s:
                track.first_s, track.plots = time_s, 1

    def _begin(self, sensor: str, time_s: float, plot: Plot) -> int:
        if len(self.tracks) >= self.options.most_tracks:
            self.left_out += 1
            return 0
        number, self._next_number = self._next_number, self._next_number + 1
        estimate = start(plot.position_m, plot.covariance_m2)
        recent_s = deque([time_s], maxlen=self.options.confirm_plots)
        self.tracks.append(
            TrackState(
                number, estimate, time_s, time_s, time_s, plot.position_m, recent_s,
                sensors={sensor},
            )
        )  # fmt: skip
        return number
