from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from havik.bench.track_growth import seconds_a_scan
from havik.bench.track_scenes import easy, hard
from havik.bench.track_vectors import errors, read
from havik.bench.tracks import interval, score, track


def test_the_easy_scene_is_the_published_one() -> None:
    """What the published benchmark draws for five things and seed 3, written down from it."""
    scene = easy(5, 3)
    assert scene.plots_m[0][0] == pytest.approx([2247.23887492, 1598.62488452])
    assert scene.plots_m[99][-1] == pytest.approx([3174.67237503, 2775.66949442])
    assert scene.truth_m[99, 4] == pytest.approx([2001.35372137, 2235.20188333])
    assert [len(scene.plots_m[0]), sum(map(len, scene.plots_m))] == [20, 2488]


def test_hard_pairs_meet_in_one_point() -> None:
    scene = hard(6, 4)
    for first in (0, 2, 4):
        apart_m = np.linalg.norm(scene.truth_m[:, first] - scene.truth_m[:, first + 1], axis=1)
        assert apart_m.min() == pytest.approx(0.0, abs=1e-9)
        assert 20 <= int(apart_m.argmin()) < 80
    seen = np.mean([len(plots) for plots in scene.plots_m])
    assert seen == pytest.approx(6 * 0.6 + 200, abs=5)


def test_a_scene_is_tracked_nearly_as_well_as_can_be() -> None:
    """With perfect association and a true start a Kalman filter is 11.4 m off for five things."""
    scene = easy(5, 1, scans=60)
    places, took_s = track(scene)
    told = score(scene, places, took_s)
    assert told.gospa_m < 13.0
    assert (told.missed, told.false) == (0.0, 0.0)


def test_an_interval_is_students() -> None:
    """Of 1 to 10: mean 5.5, standard error 0.957, times 2.262."""
    low, high = interval([float(n) for n in range(1, 11)])
    assert low == pytest.approx(3.334, abs=1e-3)
    assert high == pytest.approx(7.666, abs=1e-3)


def test_the_growth_is_measured() -> None:
    assert seconds_a_scan(4, 2) > 0


def test_vectors_are_read_as_they_stand() -> None:
    text = "1\n2\nNUM=2\n10.0,0.5,1.0\n10.2,0.5,1.0\n1\n4.8,8.8,0.5,0.9\nNUM=0\n0\n"
    ((first, second),) = read(text)
    assert first.points.shape == (2, 3) and second.points.shape == (0, 3)
    assert first.truth.tolist() == [[4.8, 8.8, 0.5, 0.9]]
    assert second.truth.shape == (0, 4)


def test_the_group_trackers_references_are_followed(recordings: Path) -> None:
    """320 references of six tests; one test here, the bench has them all."""
    tests = read((recordings / "radar/gtracker_testdata.dat").read_text())
    assert sum(len(frame.truth) for frames in tests for frame in frames) == 320
    apart, missed = errors(tests[0])
    assert missed == 0
    assert np.sqrt(np.mean(np.square(apart))) < 0.3
