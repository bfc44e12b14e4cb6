from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from havik.signal.tracking.existence import CLASSES, Scan
from havik.signal.tracking.masks import View, Wall
from havik.signal.tracking.measurements import Measurements
from havik.signal.tracking.tracker import Estimate, Plot, Tracker, TrackerOptions

Path = Callable[[float], tuple[float, float, float]]
COVARIANCE = np.eye(3) * 0.25


def distance(estimate: Estimate, place_m: NDArray[np.float64]) -> float:
    """The squared Mahalanobis distance of a measured place."""
    apart = place_m - estimate.position_m
    spread = estimate.covariance[:3, :3] + COVARIANCE
    return float(apart @ np.linalg.solve(spread, apart))


def fly(
    tracker: Tracker, paths: list[Path], seconds: float, rng: np.random.Generator, missed: float = 0
) -> list[list[int]]:
    """Run paths past a 10 Hz sensor; give the track number of each path at each frame."""
    numbers: list[list[int]] = []
    for frame in range(int(seconds * 10)):
        time_s = frame / 10
        places: list[NDArray[np.float64]] = [np.array(path(time_s)) for path in paths]
        seen = [n for n in range(len(paths)) if rng.random() >= missed]
        plots = [Plot(places[n] + rng.normal(0, 0.5, 3), COVARIANCE) for n in seen]
        given = tracker.update("radar", time_s, plots)
        numbers.append([dict(zip(seen, given, strict=True)).get(n, 0) for n in range(len(paths))])
    return numbers


def test_one_thing_is_one_track_through_missed_frames() -> None:
    tracker = Tracker()
    rng = np.random.default_rng(4)
    numbers = fly(tracker, [lambda t: (12 * t, 50 - 3 * t, 20.0)], 10, rng, missed=0.3)
    assert len({n for (n,) in numbers if n}) == 1
    (track,) = tracker.tracks
    assert track.confirmed
    assert np.linalg.norm(track.estimate.velocity_m_s - [12, -3, 0]) < 1.5


def test_things_that_cross_keep_their_tracks() -> None:
    tracker = Tracker()
    paths: list[Path] = [lambda t: (-30 + 10 * t, 0.0, 10.0), lambda t: (0.0, -40 + 10 * t, 12.0)]
    numbers = fly(tracker, paths, 7, np.random.default_rng(5))
    assert [len({row[n] for row in numbers[5:]}) for n in (0, 1)] == [1, 1]


def test_clutter_that_never_repeats_is_not_confirmed() -> None:
    tracker = Tracker()
    rng = np.random.default_rng(6)
    for frame in range(300):
        plots = [Plot(rng.uniform(-100, 100, 3), COVARIANCE) for _ in range(3)]
        tracker.update("radar", frame / 10, plots)
        assert not [track for track in tracker.tracks if track.confirmed]
    assert len(tracker.tracks) < 60  # tentative ones are let go of


def test_a_thing_that_is_gone_ends() -> None:
    tracker = Tracker()
    fly(tracker, [lambda t: (t, 0.0, 5.0)], 2, np.random.default_rng(7))
    tracker.drop(4.8)
    assert tracker.tracks
    tracker.drop(5.0)
    assert not tracker.tracks


def test_two_sensors_feed_one_track() -> None:
    tracker = Tracker()
    for frame in range(20):
        for sensor, shift in (("east", 0.0), ("west", 0.05)):
            time_s = frame / 10 + shift
            tracker.update(sensor, time_s, [Plot(np.array([5 * time_s, 0.0, 9.0]), COVARIANCE)])
    (track,) = tracker.tracks
    assert track.sensors == {"east", "west"}


def test_a_plot_that_finds_no_room_begins_no_track_and_is_counted() -> None:
    tracker = Tracker(TrackerOptions(most_tracks=30))
    plots = [Plot(np.array([50.0 * n, 0.0, 9.0]), COVARIANCE) for n in range(100)]
    numbers = tracker.update("radar", 0.0, plots)
    assert numbers == [*range(1, 31), *[0] * 70]
    assert (len(tracker.tracks), tracker.left_out) == (30, 70)
    assert tracker.update("radar", 0.1, plots)[:30] == [*range(1, 31)]  # those it has go on


def test_a_frame_goes_to_the_tracks_that_it_is_nearest_to_by_the_filter() -> None:
    """The pairs of one frame are those of least summed distance, as `filters` gives it."""
    rng = np.random.default_rng(8)
    tracker = Tracker()
    places = rng.uniform(-20, 20, (6, 3))
    for step in range(5):
        tracker.update("radar", step / 10, [Plot(place, COVARIANCE) for place in places])
    moved = places + rng.normal(0, 0.2, places.shape)
    before = {track.number: track.estimate for track in tracker.tracks}
    numbers = tracker.update("radar", 0.4, [Plot(place, COVARIANCE) for place in moved])
    nearest = [min(before, key=lambda n: distance(before[n], place)) for place in moved]
    assert numbers == nearest


def test_a_late_frame_renews_its_track_and_turns_no_clock_back() -> None:
    tracker = Tracker()
    for step in range(20):
        tracker.update("east", step / 10, [Plot(np.array([step, 0.0, 9.0]), COVARIANCE)])
    (number,) = tracker.update("west", 1.85, [Plot(np.array([18.5, 0.0, 9.0]), COVARIANCE)])
    (track,) = tracker.tracks
    assert (number, track.time_s, track.last_plot_s) == (track.number, 1.9, 1.9)
    assert abs(track.estimate.position_m[0] - 19.0) < 0.5


def test_a_track_that_lives_on_a_plot_now_and_then_ends() -> None:
    """Twelve plots at 10 Hz, then one each 1.4 s, as clutter gives: five of them take 5.6 s."""
    tracker = Tracker()
    for step in range(12):
        tracker.update("radar", step / 10, [Plot(np.array([0.0, 0.0, 9.0]), COVARIANCE)])
    (first,) = (track.number for track in tracker.tracks)
    for number in range(1, 5):
        tracker.update("radar", 1.1 + 1.4 * number, [Plot(np.array([0.0, 0.0, 9.0]), COVARIANCE)])
    assert first not in {track.number for track in tracker.tracks}


def test_a_track_that_is_seen_in_one_frame_of_eight_goes_on() -> None:
    tracker = Tracker()
    for step in range(12):
        tracker.update("radar", step / 10, [Plot(np.array([0.0, 0.0, 9.0]), COVARIANCE)])
    (first,) = (track.number for track in tracker.tracks)
    for step in range(1, 100):
        seen = [Plot(np.array([0.0, 0.0, 9.0]), COVARIANCE)] if step % 8 == 0 else []
        tracker.update("radar", 1.1 + step / 10, seen)
    assert [track.number for track in tracker.tracks] == [first]


# Late scans.


def two_radars(rng: np.random.Generator) -> list[tuple[str, float, list[Plot]]]:
    """Three things past two radars, with clutter and misses; 5 s, ten frames a second each."""
    said: list[tuple[str, float, list[Plot]]] = []
    for frame in range(50):
        for sensor, shift in (("east", 0.0), ("west", 0.04)):
            t = frame / 10 + shift
            places = np.array(
                [[12 * t, 5.0, 9.0], [30 - 8 * t, 8.0, 12.0], [5.0, -20 + 9 * t, 7.0]]
            )
            places = places[rng.random(3) < 0.8] + rng.normal(0, 0.3, (3, 3))[:1]
            false = rng.uniform(-60, 60, (rng.poisson(0.5), 3))
            said.append((sensor, t, [Plot(p, COVARIANCE) for p in [*places, *false]]))
    return said


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_arrival_changes_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    said = two_radars(rng)
    in_order, late = Tracker(), Tracker()
    for sensor, time_s, plots in said:
        in_order.update(sensor, time_s, plots)
    # Every frame up to 0.4 s late: overtaken by at most eight others.
    arrivals = sorted(said, key=lambda one: one[1] + float(rng.uniform(0, 0.4)))
    for sensor, time_s, plots in arrivals:
        late.update(sensor, time_s, plots)
    assert late.too_late == 0
    assert len(in_order.tracks) == len(late.tracks) > 2
    for ours, theirs in zip(in_order.tracks, late.tracks, strict=True):
        assert np.array_equal(ours.estimate.mean, theirs.estimate.mean)
        assert np.array_equal(ours.estimate.covariance, theirs.estimate.covariance)
        assert (ours.existence, ours.confirmed) == (theirs.existence, theirs.confirmed)


def test_a_late_scan_renames_no_track() -> None:
    tracker = Tracker()
    here, there = (
        [Plot(np.array([0.0, 0.0, 9.0]), COVARIANCE)],
        [Plot(np.full(3, 50.0), COVARIANCE)],
    )
    for step in range(8):
        tracker.update("east", step / 10, here)
    (before,) = (track.number for track in tracker.tracks)
    tracker.update("west", 0.05, there)  # something else, and as early as the first
    assert before in {track.number for track in tracker.tracks}
    assert {*tracker.update("east", 0.8, here)} == {before}


def test_what_is_too_late_is_left_out_and_counted() -> None:
    tracker = Tracker(TrackerOptions(lag_s=0.5, most_late=8))
    for step in range(20):
        tracker.update("east", step / 10, [Plot(np.array([step, 0.0, 9.0]), COVARIANCE)])
    state = tracker.arrays
    assert tracker.update("west", 1.3, [Plot(np.array([99.0, 0.0, 9.0]), COVARIANCE)]) == [0]
    assert tracker.too_late == 1 and tracker.arrays is state
    for step in range(40):
        tracker.update("fast", 1.9 + step / 1000, [])
    assert tracker.update("west", 1.9, [Plot(np.array([99.0, 0.0, 9.0]), COVARIANCE)]) == [0]
    assert tracker.too_late == 2  # in time, but before forty other scans


# Crossings, drops, bearings, classes.


@pytest.mark.parametrize("seed", range(10))
def test_crossings_keep_identity_through_missed_frames(seed: int) -> None:
    """At right angles and at one height: each must leave on its own course."""
    tracker = Tracker()
    paths: list[Path] = [lambda t: (-30 + 10 * t, 0.0, 10.0), lambda t: (0.0, -30 + 10 * t, 10.0)]
    numbers = fly(tracker, paths, 6, np.random.default_rng(seed), missed=0.3)
    first = {row[0] for row in numbers[8:20] if row[0]}
    second = {row[1] for row in numbers[8:20] if row[1]}
    courses = {t.number: t.estimate.velocity_m_s for t in tracker.tracks if t.confirmed}
    for number in first & courses.keys():
        assert courses[number][0] > 5 > abs(courses[number][1])
    for number in second & courses.keys():
        assert courses[number][1] > 5 > abs(courses[number][0])
    assert first & courses.keys() and second & courses.keys()


@pytest.mark.parametrize("seed", range(10))
def test_the_track_stays_with_the_aircraft_when_it_drops_something(seed: int) -> None:
    """It hovers at 12 m; the package falls by g, and echoes as often as the aircraft does."""
    rng = np.random.default_rng(seed)
    tracker = Tracker()
    before = 0

    def drone(t: float) -> tuple[float, float, float]:
        return (min(-60 + 12 * t, 0.0), 0.0, 12.0)

    for frame in range(110):
        time_s = frame / 10
        places = [drone(time_s)]
        fallen_m = 4.905 * (time_s - 8.0) ** 2
        if time_s > 8.0 and fallen_m < 12.0:
            places.append((0.3, 0.0, 11.7 - fallen_m))
        seen = [np.array(p) + rng.normal(0, 0.3, 3) for p in places if rng.random() < 0.7]
        tracker.update("radar", time_s, [Plot(place, COVARIANCE) for place in seen])
        if frame == 78:
            (before,) = (t.number for t in tracker.tracks if t.confirmed)
    (track,) = (t for t in tracker.tracks if t.number == before)
    assert track.estimate.position_m == pytest.approx([0.0, 0.0, 12.0], abs=1.0)


def bearing(azimuth_deg: float, place: tuple[float, float, float], time_s: float) -> Scan:
    values = np.radians([[azimuth_deg]])
    spread = np.radians([[[2.0]]]) ** 2
    measured = Measurements("bearing", values, spread, np.array(place))
    return Scan("finder", time_s, measured, detection=0.1, clutter=1 / (2 * np.pi))


def test_a_bearing_begins_nothing_and_supports_what_lies_there() -> None:
    tracker = Tracker()
    assert tracker.take(bearing(90.0, (-100.0, 0.0, 5.0), 0.0)) == [0]
    assert tracker.tracks == []
    for step in range(10):
        tracker.update("radar", step / 10, [Plot(np.array([0.0, 0.0, 9.0]), np.eye(3) * 9.0)])
    (before,) = tracker.tracks
    assert tracker.take(bearing(200.0, (-100.0, 0.0, 5.0), 1.0)) == [0]
    (number,) = tracker.take(bearing(90.0, (-100.0, 0.0, 5.0), 1.0))
    (track,) = tracker.tracks
    assert number == before.number
    assert track.sensors == {"radar", "finder"}


def test_bearings_from_two_places_draw_a_track_to_where_they_cross() -> None:
    """A radar that is sure to 10 m across, and finders 100 m west and south, sure to 0.1 degree."""
    tracker = Tracker(TrackerOptions(gate_probability=0.99999))
    for step in range(20):
        time_s = step / 10
        tracker.update("radar", time_s, [Plot(np.array([6.0, -5.0, 9.0]), np.eye(3) * 100.0)])
        for azimuth, place in ((90.0, (-100.0, 0.0, 9.0)), (0.0, (0.0, -100.0, 9.0))):
            values, spread = np.radians([[azimuth]]), np.radians([[[0.1]]]) ** 2
            exact = Measurements("bearing", values, spread, np.array(place))
            tracker.take(Scan(f"finder {azimuth}", time_s, exact, 0.5, 1 / (2 * np.pi)))
    (track,) = tracker.tracks
    assert track.estimate.position_m[:2] == pytest.approx([0.0, 0.0], abs=0.5)


def test_ranges_alone_sharpen_along_the_sight() -> None:
    tracker = Tracker()
    for step in range(10):
        tracker.update("radar", step / 10, [Plot(np.array([0.0, 50.0, 9.0]), np.eye(3) * 9.0)])
    (before,) = tracker.tracks
    values, spread = np.array([[50.0]]), np.array([[[0.01]]])
    scan = Scan("altimeter", 0.9, Measurements("range", values, spread, np.array([0.0, 0.0, 9.0])),
                clutter=1e-3)  # fmt: skip
    assert tracker.take(scan) == [before.number]
    (after,) = tracker.tracks
    variance = np.diag(after.estimate.covariance) / np.diag(before.estimate.covariance)
    assert variance[1] < 0.1 and variance[0] > 0.9


def test_what_echoes_tell_of_the_class_is_gathered() -> None:
    tracker = Tracker()
    likely = np.array([0.6, 0.2, 0.1, 0.05, 0.05])
    for step in range(10):
        place = np.array([3.0 * step / 10, 0.0, 9.0])
        tracker.update("radar", step / 10, [Plot(place, COVARIANCE, likely)])
        tracker.update("blind", step / 10 + 0.05, [Plot(place, COVARIANCE)])
    (track,) = tracker.tracks
    assert len(track.classes) == CLASSES
    assert int(track.classes.argmax()) == 0
    # Ten times three to one, less what fades: 0.98 a scan leaves 9.1 of 10.
    assert track.classes[0] - track.classes[1] == pytest.approx(9.1 * np.log(3), rel=0.1)


def test_two_tracks_of_one_thing_become_the_older() -> None:
    """Two radars that disagree by 4 m begin two tracks; when they agree again one is left."""
    tracker = Tracker()
    for step in range(60):
        shift = 6.0 if step < 10 else 0.0
        place = np.array([4.0 * step / 10, 0.0, 9.0])
        tracker.update("east", step / 10, [Plot(place, COVARIANCE)])
        tracker.update("west", step / 10, [Plot(place + np.array([0, shift, 0]), COVARIANCE)])
    assert [track.number for track in tracker.tracks if track.confirmed] == [1]


def test_a_thing_behind_a_wall_is_waited_for() -> None:
    """Unseen where nothing could be seen, it is as probable as before; in view it is not."""
    hides = View(np.array([0.0, -50.0, 2.0]), walls=(Wall((-50.0, -5.0), (50.0, -5.0), 20.0),))
    left: list[float] = []
    for view in (hides, View(np.array([0.0, -50.0, 2.0]))):
        tracker = Tracker()
        for step in range(10):
            tracker.update("radar", step / 10, [Plot(np.array([0.0, 0.0, 9.0]), COVARIANCE)])
        for step in range(10, 30):
            tracker.update("radar", step / 10, [], view)
        left += [track.existence for track in tracker.tracks] or [0.0]
    assert left[0] > 0.9 > 0.5 > left[1]
