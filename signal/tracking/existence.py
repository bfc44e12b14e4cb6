"""One scan into all tracks: gates, association, existence, birth and death, without a loop.

Every track has a probability that there is anything (Musicki and Evans, "Joint integrated
probabilistic data association: JIPDA", IEEE TAES 40(3), 2004). A detection raises it by how much
likelier the measurement is as the track's than as clutter's, a miss lowers it by how surely the
sensor would have seen it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .association import marginals, nearest
from .filters import Bank, Pairs, mixed, predict, start, update
from .gating import gate, gate_of
from .masks import View
from .measurements import PLACED, Measurements
from .models import DRONE_MODELS, Array, MotionModel

Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class TrackerOptions:
    """What the tracker expects of the world.

    Parameters
    ----------
    models : tuple of MotionModel
    stay_s : float
        How long a thing keeps to one of them, on average.
    association : str
        `joint` probabilities of all pairs, or the `nearest` of all assignments.
    gate_probability : float
        The share of a track's own plots that its gate lets in.
    speed_sigma_m_s : float
        How fast new things are, on each axis.
    birth_share : float
        How much rarer new things are than clutter, in the same place and scan.
    life_s : float
        How long a thing stays, on average.
    confirm_existence, confirm_plots, confirm_within_s
        A track is confirmed once so probable, and by so many plots within so long.
    end_existence, tentative_existence : float
        A confirmed, a tentative track less probable than this is over.
    drop_after_s, drop_tentative_after_s : float
        A confirmed, a tentative track without a plot for so long is over. A confirmed one is over
        too when its last `confirm_plots` took longer than this and `confirm_within_s` together:
        a track that coasts gathers clutter, but never so much.
    most_tracks : int
        Beyond so many a plot begins no track: a radar that floods costs no more than that.
    lag_s, most_late : float, int
        A scan so late, or before so many others, is still put in its place.
    """

    models: tuple[MotionModel, ...] = DRONE_MODELS
    stay_s: float = 5.0
    association: Literal["joint", "nearest"] = "joint"
    gate_probability: float = 0.999
    speed_sigma_m_s: float = 10.0
    birth_share: float = 0.05
    life_s: float = 60.0
    confirm_existence: float = 0.95
    confirm_plots: int = 5
    confirm_within_s: float = 1.5
    end_existence: float = 1e-3
    tentative_existence: float = 1e-3
    drop_after_s: float = 3.0
    drop_tentative_after_s: float = 0.8
    most_tracks: int = 200
    lag_s: float = 1.0
    most_late: int = 32


@dataclass(frozen=True, slots=True)
class Scan:
    """What one sensor saw at one moment.

    Parameters
    ----------
    sensor : str
    time_s : float
    measurements : Measurements
    detection : float
        How probable it is that the sensor sees a thing in its view.
    clutter : float, or ClutterMap
        Measurements of nothing a scan and unit of measured volume.
    view : View, optional
        What it can see; everything, without one.
    classes : float64, shape (n, classes), optional
        How likely each measurement is of each class of things.
    """

    sensor: str
    time_s: float
    measurements: Measurements
    detection: float = 0.9
    clutter: float = 1e-6
    view: View | None = None
    classes: Array | None = None


@dataclass(frozen=True, slots=True)
class Tracks:
    """All tracks at one moment; every field but the first has a row for each.

    Parameters
    ----------
    began_m : float64, shape (n, 3)
        Where the first plot lay.
    recent_s : float64, shape (n, confirm_plots)
        When the last few plots came, newest last.
    sensors : bool, shape (n, sensors)
        Which supported it ever, in the order of the tracker's list.
    classes : float64, shape (n, classes)
        Log-likelihood of each class, gathered.
    """

    time_s: float
    mean: Array
    covariance: Array
    weight: Array
    existence: Array
    number: NDArray[np.int64]
    first_s: Array
    recent_s: Array
    began_m: Array
    confirmed: NDArray[np.bool_]
    sensors: NDArray[np.bool_]
    classes: Array

    @property
    def bank(self) -> Bank:
        """What the filters know."""
        return Bank(self.mean, self.covariance, self.weight)

    def __len__(self) -> int:
        return len(self.number)

    def take(self, which: NDArray[np.bool_] | Indices) -> Tracks:
        """Give some of the tracks."""
        rows = {f.name: getattr(self, f.name)[which] for f in fields(self) if f.name != "time_s"}
        return Tracks(time_s=self.time_s, **rows)

    def join(self, other: Tracks) -> Tracks:
        """Give both, one after the other."""
        rows = {
            f.name: np.concatenate([getattr(self, f.name), getattr(other, f.name)])
            for f in fields(self)
            if f.name != "time_s"
        }
        return Tracks(time_s=self.time_s, **rows)


CLASSES = 5
MOST_SENSORS = 64
CLASS_MEMORY = 0.98  # successive frames are not independent: what was told fades
LEAST_DOUBT = 1e-6


def no_tracks(options: TrackerOptions, time_s: float = -np.inf) -> Tracks:
    """Begin with none."""
    models = len(options.models)
    return Tracks(
        time_s, np.zeros((0, models, 6)), np.zeros((0, models, 6, 6)), np.zeros((0, models)),
        np.zeros(0), np.zeros(0, np.int64), np.zeros(0), np.zeros((0, options.confirm_plots)),
        np.zeros((0, 3)), np.zeros(0, np.bool_), np.zeros((0, MOST_SENSORS), np.bool_),
        np.zeros((0, CLASSES)),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one scan did.

    Parameters
    ----------
    tracks : Tracks
    owner : int64, shape (n,)
        The number of the track that a measurement most probably is of, 0 for none.
    unclaimed : float64, shape (n,)
        How probable it is that a measurement is of no track.
    """

    tracks: Tracks
    owner: NDArray[np.int64]
    unclaimed: Array


def advance(tracks: Tracks, time_s: float, options: TrackerOptions) -> Tracks:
    """Predict to `time_s`."""
    dt_s = time_s - tracks.time_s
    if dt_s <= 0 or not len(tracks):
        return replace(tracks, time_s=max(time_s, tracks.time_s))
    bank = predict(tracks.bank, options.models, round(dt_s, 6), options.stay_s)
    return replace(
        tracks,
        time_s=time_s,
        mean=bank.mean,
        covariance=bank.covariance,
        weight=bank.weight,
        existence=tracks.existence * np.exp(-dt_s / options.life_s),
    )


def take_in(
    tracks: Tracks, scan: Scan, density: Array, sensor: int, options: TrackerOptions
) -> Outcome:
    """Let one scan renew the tracks, which stand at its moment.

    Parameters
    ----------
    density : float64, shape (n,)
        Of clutter and of what is new, at each measurement.
    sensor : int
        Which column of `Tracks.sensors` is this scan's.
    """
    count = len(scan.measurements)
    owner, unclaimed = np.zeros(count, np.int64), np.ones(count)
    if not len(tracks):
        return Outcome(tracks, owner, unclaimed)
    seen = np.full(len(tracks), scan.detection * options.gate_probability)
    if scan.view is not None:
        seen *= scan.view.sees(mixed(tracks.bank)[0][:, :3])
    there = tracks.existence
    alone = 1 - there * seen
    threshold = gate_of(options.gate_probability, scan.measurements.values.shape[1])
    pairs = gate(tracks.bank, scan.measurements, threshold)
    rows, columns = pairs.rows, pairs.columns
    weights = (there * seen)[rows] * pairs.likelihoods(tracks.weight) / density[columns]
    choose = marginals if options.association == "joint" else nearest
    probable = choose(rows, columns, weights, alone)
    hit = np.bincount(rows, probable, len(tracks))
    existence = hit + np.maximum(1 - hit, 0) * there * (1 - seen) / alone
    existence = np.minimum(existence, 1 - LEAST_DOUBT)
    shares = probable / np.maximum(existence, 1e-12)[rows]
    bank = update(tracks.bank, pairs, shares)
    np.subtract.at(unclaimed, columns, probable)
    plotted = hit >= 0.5 * np.maximum(existence, 1e-12)
    owner = _owners(tracks.number, rows, columns, probable, count)
    after = replace(
        _noted(tracks, scan, plotted, sensor, pairs, shares),
        mean=bank.mean,
        covariance=bank.covariance,
        weight=bank.weight,
        existence=existence,
    )
    return Outcome(after, owner, np.maximum(unclaimed, 0.0))


def _owners(
    numbers: NDArray[np.int64], rows: Indices, columns: Indices, probable: Array, count: int
) -> NDArray[np.int64]:
    """The track that most probably has each measurement, if it is more probable than none."""
    owner = np.zeros(count, np.int64)
    order = np.argsort(probable, kind="stable")
    best = np.zeros(count)
    owner[columns[order]] = numbers[rows[order]]
    best[columns[order]] = probable[order]
    owner[best < 0.25] = 0
    return owner


def _noted(
    tracks: Tracks,
    scan: Scan,
    plotted: NDArray[np.bool_],
    sensor: int,
    pairs: Pairs,
    shares: Array,
) -> Tracks:
    """Note which tracks this scan's measurements renewed."""
    recent_s, sensors = tracks.recent_s.copy(), tracks.sensors.copy()
    recent_s[plotted, :-1] = recent_s[plotted, 1:]
    recent_s[plotted, -1] = scan.time_s
    sensors[plotted, sensor] = True
    classes = tracks.classes
    if scan.classes is not None:
        told = np.log(np.maximum(scan.classes, 1e-6))
        classes = classes.copy()
        classes[plotted] *= CLASS_MEMORY
        np.add.at(classes, pairs.rows, shares[:, None] * told[pairs.columns])
    return replace(tracks, recent_s=recent_s, sensors=sensors, classes=classes)


def born(
    scan: Scan,
    which: Indices,
    existence: Array,
    numbers: NDArray[np.int64],
    sensor: int,
    options: TrackerOptions,
) -> Tracks:
    """Begin a track at each of some measurements."""
    measured = scan.measurements
    assert measured.kind in PLACED
    values, spread = measured.values[which], measured.covariances[which]
    places = measured.places_m[which]
    covariance = np.zeros((len(which), 3, 3))
    width = 2 if measured.kind == "plan" else 3
    covariance[:, :width, :width] = spread[:, :width, :width]
    if width == 2:
        covariance[:, 2, 2] = 100.0**2  # nothing is known of the height
    sight = rates = None
    if measured.kind == "moving":
        assert measured.sensor_m is not None
        away = places - measured.sensor_m
        sight = away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 0.1)
        rates = values[:, 3]
    bank = start(
        places, covariance, len(options.models), speed_sigma_m_s=options.speed_sigma_m_s,
        sight=sight, range_rates_m_s=rates,
        rate_sigma_m_s=float(np.sqrt(spread[:, 3, 3].mean())) if rates is not None else 1.0,
    )  # fmt: skip
    count = len(which)
    recent_s = np.full((count, options.confirm_plots), -np.inf)
    recent_s[:, -1] = scan.time_s
    sensors = np.zeros((count, MOST_SENSORS), np.bool_)
    sensors[:, sensor] = True
    classes = np.zeros((count, CLASSES))
    if scan.classes is not None:
        classes = np.log(np.maximum(scan.classes[which], 1e-6))
    return Tracks(
        scan.time_s, bank.mean, bank.covariance, bank.weight, existence, numbers,
        np.full(count, scan.time_s), recent_s, places, np.zeros(count, np.bool_), sensors, classes,
    )  # fmt: skip


def judged(tracks: Tracks, options: TrackerOptions) -> Tracks:
    """Confirm what has become sure."""
    within = tracks.time_s - tracks.recent_s[:, 0] <= options.confirm_within_s
    sure = within & (tracks.existence >= options.confirm_existence)
    return replace(tracks, confirmed=tracks.confirmed | sure)


def alive(tracks: Tracks, time_s: float, options: TrackerOptions) -> Tracks:
    """Let go of what has become improbable, or has had no plot for too long."""
    silent_s = time_s - tracks.recent_s[:, -1]
    longest_s = options.drop_after_s + options.confirm_within_s
    keeps = (silent_s <= options.drop_after_s) & (tracks.existence >= options.end_existence)
    keeps &= time_s - tracks.recent_s[:, 0] <= longest_s
    waits = silent_s <= options.drop_tentative_after_s
    waits &= tracks.existence >= options.tentative_existence
    kept = np.where(tracks.confirmed, keeps, waits)
    return tracks if kept.all() else tracks.take(kept)
