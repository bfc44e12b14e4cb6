"""Learn the class of a target from radar chips: `havik bench radar-class TRAIN.npz`.

The recordings are few, and each has habits of its own. The line of what stands still is in nine of
ten chips of people and in hardly one of drones, because people were slow: a tenth of the chips are
learned twice, the second time with another chip's line or without their own. Confidence is fitted
on recordings that the machine did not see. The same chips and seed give the same model.

Needs scikit-learn, which the extra `training` brings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from ..signal.radar.chip_features import (
    BODY,
    DOPPLERS,
    MIDDLE,
    Array,
    Mask,
    chip_features,
    floors_db,
    standing_lines,
    without_lines,
)
from ..signal.radar.target_class import ChipModel, TargetClass, kernel_sums, scaled
from .chip_files import Chips

if TYPE_CHECKING:
    from sklearn.svm import SVC

COST = 30.0
"""Of a chip on the wrong side, against the smoothness of the border."""

WIDTH = 0.2
"""Of the kernel, over the number of features."""

TWICE = 0.1
"""The share of chips that are learned with their line changed too."""

SHIFT = 8
"""Doppler cells that a borrowed line may move."""

HELD_OUT = 4
"""Parts of the recordings that confidence is fitted on, each in its turn."""


class TrainingError(ValueError):
    """Chips that nothing can be learned from; the text says why."""


def train(chips: Chips, seed: int = 0) -> ChipModel:
    """Learn a model.

    Raises
    ------
    TrainingError
        If there are not two recordings each of two classes, or scikit-learn is not installed.
    """
    classes, labels = np.unique(chips.truth, return_inverse=True)
    _check(chips, classes)
    rng = np.random.default_rng(seed)
    features = chip_features(chips.power_db)
    changed = _changed(chips, rng)
    twice = rng.random(len(chips)) < TWICE
    mean = features.mean(axis=0)
    scale = features.std(axis=0) + np.float32(1e-3)
    names = cast("tuple[TargetClass, ...]", tuple(classes.tolist()))

    def learn(some: Mask) -> ChipModel:
        learned = np.concatenate([features[some], changed[some & twice]])
        truth = np.concatenate([labels[some], labels[some & twice]])
        return _machine(names, scaled(learned, mean, scale), truth, mean, scale)

    seen: list[Array] = []
    truth: list[NDArray[np.intp]] = []
    for held in held_out(chips, HELD_OUT, seed):
        both = np.concatenate([features[held], changed[held]])
        seen.append(kernel_sums(scaled(both, mean, scale), learn(~held)))
        truth += [labels[held], labels[held]]
    whole = learn(np.ones(len(chips), np.bool_))
    return _with_confidence(whole, np.concatenate(seen), np.concatenate(truth))


def held_out(chips: Chips, parts: int, seed: int) -> Iterator[Mask]:
    """Deal each class's recordings into parts: which chips are in each, one after the other."""
    rng = np.random.default_rng(seed)
    dealt = [rng.permutation(np.unique(chips.recordings[chips.truth == name]))
             for name in np.unique(chips.truth)]  # fmt: skip
    for part in range(parts):
        yield np.isin(chips.recordings, np.concatenate([names[part::parts] for names in dealt]))


def _check(chips: Chips, classes: NDArray[np.str_]) -> None:
    counts = {name: len(np.unique(chips.recordings[chips.truth == name])) for name in classes}
    few = [name for name, count in counts.items() if count < 2]
    if few or len(counts) < 2:
        told = f"one recording of {few[0]} alone" if few else f"nothing but {classes[0]}"
        raise TrainingError(f"there is {told} to learn from; give two classes, two rec of each")
    if find_spec("sklearn") is None:
        raise TrainingError("scikit-learn is not installed; pip install 'havik[training]'")


def _changed(chips: Chips, rng: np.random.Generator) -> Array:
    """The features of each chip with another's line, or without its own if it has one."""
    floor = floors_db(chips.power_db)
    over = chips.power_db - floor
    lines = standing_lines(over)
    has_line: Mask = lines.max(axis=1)
    changed = without_lines(over, lines)
    if has_line.any():
        lent = rng.choice(np.flatnonzero(has_line), len(chips))
        lined = _lay(changed, over[lent], lines[lent], rng)
        changed = np.where(has_line[:, None, None], changed, lined)
    return chip_features(changed + floor)


def _lay(bare: Array, over: Array, lines: Mask, rng: np.random.Generator) -> Array:
    """Lay others' lines over chips, in one direction or the other and somewhat moved."""
    turned = rng.random(len(bare)) < 0.5
    over = np.where(turned[:, None, None], over[:, :, ::-1], over)
    lines = np.where(turned[:, None], lines[:, ::-1], lines)
    come = np.arange(DOPPLERS) - rng.integers(-SHIFT, SHIFT + 1, len(bare))[:, None]
    inside = (come >= 0) & (come < DOPPLERS) & (np.abs(np.arange(DOPPLERS) - MIDDLE) >= BODY)
    come = np.clip(come, 0, DOPPLERS - 1)
    there = np.take_along_axis(lines, come, axis=1) & inside
    laid = np.take_along_axis(over, np.broadcast_to(come[:, None], over.shape), axis=2)
    return np.where(there[:, None], np.maximum(bare, laid), bare)


def _machine(
    classes: tuple[TargetClass, ...],
    features: Array,
    labels: NDArray[np.intp],
    mean: Array,
    scale: Array,
) -> ChipModel:
    """A support vector machine as a model, its confidence not yet fitted."""
    from sklearn.svm import SVC

    width = WIDTH / features.shape[1]
    machine = SVC(C=COST, gamma=width, class_weight="balanced", cache_size=500.0)
    machine.fit(features, labels)
    weights, offsets = _pairs(machine, len(classes))
    return ChipModel(
        classes=classes,
        mean=mean,
        scale=scale,
        supports=machine.support_vectors_.astype(np.float32),
        weights=weights,
        offsets=offsets,
        width=width,
        slopes=np.zeros((len(offsets), len(classes)), np.float32),
        biases=np.zeros(len(classes), np.float32),
    )


def _pairs(machine: SVC, classes: int) -> tuple[Array, Array]:
    """Weights of each support in each pair's decision, above zero for the first of the two.

    The layout is libsvm's: row j - 1 of `dual_coef_` holds, for the supports of class i < j, their
    part in the pair (i, j), and row i the part of those of class j. With two classes alone
    scikit-learn turns the sign.
    """
    ends = np.cumsum(machine.n_support_)
    rows = [slice(end - count, end) for end, count in zip(ends, machine.n_support_, strict=True)]
    pairs = [(i, j) for i in range(classes) for j in range(i + 1, classes)]
    weights = np.zeros((len(machine.support_vectors_), len(pairs)), np.float32)
    for pair, (i, j) in enumerate(pairs):
        weights[rows[i], pair] = machine.dual_coef_[j - 1, rows[i]]
        weights[rows[j], pair] = machine.dual_coef_[i, rows[j]]
    return weights, machine.intercept_.astype(np.float32)


def _with_confidence(model: ChipModel, seen: Array, labels: NDArray[np.intp]) -> ChipModel:
    """Fit logarithms of odds to decisions on recordings that were held out."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(max_iter=1000).fit(seen, labels)
    slopes, biases = fitted.coef_.T, fitted.intercept_
    if len(model.classes) == 2:  # then there is one row alone, for the second class
        slopes = np.concatenate([-slopes, slopes], axis=1) / 2
        biases = np.concatenate([-biases, biases]) / 2
    return replace(model, slopes=slopes.astype(np.float32), biases=biases.astype(np.float32))
