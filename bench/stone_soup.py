"""A peer beside ours: Stone Soup's trackers on the same plots, in an environment of its own.

`PYTHON -I bench/stone_soup.py METHOD < scene.json` is run by `bench/tracks.py` with the interpreter
that HAVIK_PEERS names (stonesoup and pyehm installed). METHOD is `gnn` or `ehm`. It answers with
one JSON object: the seconds that its tracker took, and its tracks' places in each scan.
This file imports nothing of Havik, and Havik nothing of Stone Soup.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import numpy as np

GATE_SIGMAS, GATE_SHARE = 3.5, 0.9989
START = datetime(2026, 1, 1, tzinfo=UTC)


def _of(module: str, name: str) -> Any:
    return getattr(import_module(f"stonesoup.{module}"), name)


def tracker(method: str, scene: dict[str, Any], measured: Any, feed: list[Any]) -> Any:
    """Put Stone Soup's parts together: two-dimensional Kalman filters, three plots to begin."""
    sigma_m, density = scene["sigma_m"], scene["density"]
    axis = _of("models.transition.linear", "ConstantVelocity")
    moving = _of("models.transition.linear", "CombinedLinearGaussianTransitionModel")(
        [axis(density), axis(density)]
    )
    predictor = _of("predictor.kalman", "KalmanPredictor")(moving)
    updater = _of("updater.kalman", "KalmanUpdater")(measured)
    distance = _of("hypothesiser.distance", "DistanceHypothesiser")
    mahalanobis = _of("measures", "Mahalanobis")
    nearest = _of("dataassociator.neighbour", "GNNWith2DAssignment")
    near = distance(predictor, updater, mahalanobis(), missed_distance=GATE_SIGMAS)
    kind = "MultiTargetTracker"
    associator = nearest(near)
    if method == "ehm":
        probable = _of("hypothesiser.probability", "PDAHypothesiser")(
            predictor,
            updater,
            clutter_spatial_density=scene["clutter"] / scene["side_m"] ** 2,
            prob_detect=scene["detection"],
            prob_gate=GATE_SHARE,
        )
        associator = _of("plugins.pyehm", "JPDAWithEHM2")(probable)
        kind = "MultiTargetMixtureTracker"
    old = _of("deleter.time", "UpdateTimeStepsDeleter")
    wide = _of("deleter.error", "CovarianceBasedDeleter")((12 * sigma_m) ** 2, mapping=[0, 2])
    begin = _of("initiator.simple", "MultiMeasurementInitiator")(
        _of("types.state", "GaussianState")(
            np.zeros((4, 1)), np.diag([0, 15.0**2, 0, 15.0**2]), timestamp=START
        ),
        deleter=old(2),
        data_associator=nearest(near),
        updater=updater,
        measurement_model=measured,
        min_points=3,
    )
    return _of("tracker.simple", kind)(
        initiator=begin,
        deleter=_of("deleter.multi", "CompositeDeleter")([old(5), wide], intersect=False),
        detector=feed,
        data_associator=associator,
        updater=updater,
    )


def main() -> None:
    """Read a scene from standard input, track, answer on standard output."""
    scene: dict[str, Any] = json.load(sys.stdin)
    measured = _of("models.measurement.linear", "LinearGaussian")(
        4, (0, 2), np.eye(2) * scene["sigma_m"] ** 2
    )
    detection = _of("types.detection", "Detection")
    feed: list[Any] = []
    for second, plots in enumerate(scene["plots_m"]):
        now = START + timedelta(seconds=second)
        seen = {
            detection(np.array([[x], [y]]), timestamp=now, measurement_model=measured)
            for x, y in plots
        }
        feed.append((now, seen))
    running = iter(tracker(sys.argv[1], scene, measured, feed))
    took_s, places = 0.0, list[list[list[float]]]()
    for _ in feed:
        before = time.perf_counter()
        _, tracks = next(running)
        took_s += time.perf_counter() - before
        places.append([[float(t.state_vector[0]), float(t.state_vector[2])] for t in tracks])
    json.dump({"seconds": took_s, "tracks_m": places}, sys.stdout)


if __name__ == "__main__":
    main()
