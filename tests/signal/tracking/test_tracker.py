from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

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
