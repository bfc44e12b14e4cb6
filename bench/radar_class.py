"""The class of a target from radar chips, on recordings that the training did not see.

`havik bench radar-class` alone deals the recordings of RAD-DAR into five folds, where the folder
that `HAVIK_DATA` names has them; with TRAIN.npz it does the same with that file, and with TRAIN.npz
and TEST.npz it learns from the one and judges by the other. Each chip is judged alone.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..signal.radar.chip_features import Array, Mask
from ..signal.radar.target_class import TOGETHER, ChipModel, class_probabilities
from .chip_files import ChipFileError, Chips, read_chips, write_model
from .chip_training import TrainingError, held_out, train
from .rows import Row

FOLDS = 5
FOLD_SEED = 1
"""As the ridge that it is compared with deals the recordings."""

AIMS = {"accuracy": 0.95, "drone_recall": 0.95, "drone_precision": 0.93, "us_per_chip": 50.0}
RIDGE = {"accuracy": 0.882, "drone_recall": 0.887, "drone_precision": 0.766}
"""Ridge regression on all cells between the middle 21 of Doppler, same folds."""


class Scores(msgspec.Struct, frozen=True, kw_only=True):
    """How chips were named.

    `confusion` counts the named classes by the true one, `by_recording` by the recording.
    `calibration_error` is the expected one, over ten bins of confidence. Time is the processor's,
    of one core, features included.
    """

    accuracy: float
    drone_recall: float | None  # None without drones
    drone_precision: float | None  # None if nothing was named one
    us_per_chip: float
    chips: int
    calibration_error: float
    confusion: dict[str, dict[str, int]]
    by_recording: dict[str, dict[str, int]]


def judge(
    train_file: Path, test_file: Path | None = None, *, model_file: Path | None = None
) -> Scores:
    """Learn from one file and judge by another, or by five folds of the same.

    Parameters
    ----------
    train_file, test_file : path
    model_file : path, optional
        Where the model of all the training's chips is kept.

    Raises
    ------
    ChipFileError, TrainingError
        If a file cannot be used; the text says why and what to do.
    """
    chips = read_chips(train_file)
    test = None if test_file is None else read_chips(test_file)
    if test is None and model_file is None:
        return judge_by_folds(chips)
    model = train(chips)
    if model_file is not None:
        write_model(model, model_file)
    if test is None:
        return judge_by_folds(chips)
    return score(test, *named(model, test), model.classes)


def judge_by_folds(chips: Chips, seed: int = FOLD_SEED) -> Scores:
    """Name each chip by a model of the other folds' recordings."""
    classes = tuple(np.unique(chips.truth).tolist())
    probabilities = np.zeros((len(chips), len(classes)), np.float32)
    took_s = 0.0
    for held, others in folds(chips, seed):
        probabilities[held], fold_s = named(train(chips.of(others)), chips.of(held))
        took_s += fold_s
    return score(chips, probabilities, took_s, classes)


def folds(chips: Chips, seed: int) -> Iterator[tuple[Mask, Mask]]:
    """What is judged, and what is learned from: no other copy of a chip that is judged."""
    prints = np.array([hash(chip.tobytes()) for chip in chips.power_db])
    for held in held_out(chips, FOLDS, seed):
        yield held, ~held & ~np.isin(prints, prints[held])


def named(model: ChipModel, chips: Chips) -> tuple[Array, float]:
    """The probabilities of each class, and what they take of one core, in seconds."""
    from threadpoolctl import threadpool_limits  # comes with scikit-learn

    with threadpool_limits(1):
        class_probabilities(model, chips.power_db[:TOGETHER])  # wakes the libraries
        start = time.thread_time()
        probabilities = class_probabilities(model, chips.power_db)
        return probabilities, time.thread_time() - start


def score(chips: Chips, probabilities: Array, took_s: float, classes: Sequence[str]) -> Scores:
    """Compare the most probable class of each chip with the truth."""
    found = np.array(classes)[probabilities.argmax(axis=1)]
    right = found == chips.truth
    drones, called = chips.truth == "drone", found == "drone"
    return Scores(
        accuracy=float(right.mean()),
        drone_recall=_share(called & drones, drones),
        drone_precision=_share(called & drones, called),
        us_per_chip=took_s / len(chips) * 1e6,
        chips=len(chips),
        calibration_error=_calibration_error(probabilities.max(axis=1), right),
        confusion=_counts(chips.truth, found),
        by_recording=_counts(chips.recordings, found),
    )


def _share(some: Mask, of: Mask) -> float | None:
    total = int(of.sum())
    return int(some.sum()) / total if total else None


def _calibration_error(confidence: Array, right: Mask) -> float:
    """Confidence less share of right ones, in tenths of confidence, by their chips."""
    tenth = np.minimum((confidence * 10).astype(int), 9)
    apart = [abs(float(confidence[tenth == bin_].mean()) - float(right[tenth == bin_].mean()))
             * int((tenth == bin_).sum()) for bin_ in np.unique(tenth)]  # fmt: skip
    return sum(apart) / len(right)


def _counts(rows: NDArray[np.str_], found: NDArray[np.str_]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for row, name in zip(rows.tolist(), found.tolist(), strict=True):
        of_row = counts.setdefault(row, {})
        of_row[name] = of_row.get(name, 0) + 1
    return counts


def run() -> list[Row]:
    folder = Path(os.environ.get("HAVIK_DATA", Path(__file__).parents[2] / "shared/data"))
    file = folder / "radar/raddar_train_centidb.npz"
    if not file.is_file():
        return []
    try:
        return as_rows(judge_by_folds(read_chips(file)))
    except TrainingError:  # scikit-learn is an extra
        return []


def as_rows(scores: Scores) -> list[Row]:
    """The figures that were aimed at, each beside its aim."""
    units = {"us_per_chip": "µs"}
    return [
        Row(bench="radar-class", name=f"{name.replace('_', ' ')}, {scores.chips:,} chips",
            value=value, unit=units.get(name, "of 1"), floor=aim, floor_name="aim")
        for name, aim in AIMS.items()
        if (value := getattr(scores, name)) is not None
    ]  # fmt: skip


__all__ = ["ChipFileError", "Scores", "TrainingError", "as_rows", "judge", "run"]
