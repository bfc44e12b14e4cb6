from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from havik.signal.radar.chip_features import DOPPLERS, FEATURES, RANGES
from havik.signal.radar.target_class import (
    UNKNOWN,
    ChipModel,
    class_probabilities,
    classify_chips,
)

COUNT = len(FEATURES)
PEAK = FEATURES.index("peak_over_floor_db")


def by_peak() -> ChipModel:
    """Drone at a peak of 20 dB over the floor, vehicle at 40: two supports, one feature alone."""
    scale = np.full(COUNT, 1e6, np.float32)
    scale[PEAK] = 10.0
    mean, supports = np.zeros(COUNT, np.float32), np.zeros((2, COUNT), np.float32)
    mean[PEAK] = 30.0
    supports[:, PEAK] = -1.0, 1.0
    return ChipModel(
        classes=("drone", "vehicle"),
        mean=mean,
        scale=scale,
        supports=supports,
        weights=np.array([[1.0], [-1.0]], np.float32),
        offsets=np.zeros(1, np.float32),
        width=1.0,
        slopes=np.array([[2.0, -2.0]], np.float32),
        biases=np.zeros(2, np.float32),
    )


def chip(peak_db: float) -> np.ndarray[Any, np.dtype[np.float32]]:
    cells = np.zeros((1, RANGES, DOPPLERS), np.float32)
    cells[0, 5, 30] = peak_db
    return cells


def test_without_a_model_everything_is_unknown() -> None:
    assert classify_chips(None, np.concatenate([chip(20), chip(40)])) == [UNKNOWN, UNKNOWN]


def test_a_chip_is_named_with_its_probability() -> None:
    drone, vehicle = classify_chips(by_peak(), np.concatenate([chip(20), chip(40)]))
    assert (drone.target_class, vehicle.target_class) == ("drone", "vehicle")
    # the kernels are 1 and exp(-4); odds of four times their difference
    expected = 1 / (1 + np.exp(-4 * (1 - np.exp(-4.0))))
    assert drone.confidence == pytest.approx(expected, abs=1e-4)
    assert vehicle.confidence == pytest.approx(expected, abs=1e-4)


def test_what_is_not_sure_or_no_number_is_unknown() -> None:
    chips = np.concatenate([chip(30), chip(20), chip(20)])
    chips[2, 0, 0] = np.nan
    found = classify_chips(by_peak(), chips, sure=0.6)
    assert [target.target_class for target in found] == ["unknown", "drone", "unknown"]
    assert found[0].confidence is None


def test_no_chips_give_no_classes() -> None:
    assert classify_chips(by_peak(), chip(1)[:0]) == []
    assert class_probabilities(by_peak(), chip(1)[:0]).shape == (0, 2)


@pytest.mark.parametrize("shape", [(1, 61, 11), (11, 61), (2, 11, 60)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"instead of \(n, 11, 61\)"):
        classify_chips(None, np.zeros(shape, np.float32))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"classes": ("drone",)}, "classes"),
        ({"classes": ("drone", "unknown")}, "classes"),
        ({"mean": np.zeros(3, np.float32)}, "mean has the shape"),
        ({"offsets": np.full(1, np.nan, np.float32)}, "offsets holds what is no number"),
        ({"biases": np.zeros(2)}, "biases holds what is no number"),
        ({"width": 0.0}, "not above zero"),
        ({"scale": np.zeros(COUNT, np.float32)}, "not above zero"),
    ],
)
def test_parts_that_do_not_fit_are_refused(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        replace(by_peak(), **wrong)
