"""The class of a target from its radar chips, with a confidence that was fitted.

A support vector machine with Gaussian kernels over `chip_features` decides between each two
classes; a multinomial logistic function, fitted on recordings that the machine had not seen, makes
probabilities of its decisions (Platt 1999, for several classes). Without a model everything is
`unknown`: none is shipped, because the licence of the recordings is not settled.

Cost: the features, and for each chip as many products as supports times features.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from .chip_features import DOPPLERS, FEATURES, RANGES, Array, Mask, chip_features

TargetClass = Literal["drone", "bird", "person", "vehicle", "unknown"]
CLASSES: tuple[TargetClass, ...] = get_args(TargetClass)

SURE = 0.5
"""A class less probable than this is not named."""

FAR = 5.0
"""Standard deviations beyond which a feature counts no more: nothing like it was learned."""

TOGETHER = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipModel:
    """What was learned.

    Parameters
    ----------
    classes : tuple of str
        In the order of the probabilities, without `unknown`.
    mean, scale : float32, shape (features,)
        Of the features.
    supports : float32, shape (supports, features)
        Scaled features of chips that were learned from.
    weights : float32, shape (supports, pairs)
        Of each support in the decision between two classes.
    offsets : float32, shape (pairs,)
    width : float
        Of the kernel: exp(-width * squared distance).
    slopes : float32, shape (pairs, classes)
        From decisions to logarithms of odds.
    biases : float32, shape (classes,)

    Raises
    ------
    ValueError
        If the parts do not fit together; the text says which.
    """

    classes: tuple[TargetClass, ...]
    mean: Array
    scale: Array
    supports: Array
    weights: Array
    offsets: Array
    width: float
    slopes: Array
    biases: Array

    def __post_init__(self) -> None:
        classes, features, supports = len(self.classes), len(FEATURES), len(self.supports)
        pairs = classes * (classes - 1) // 2
        shapes = {
            "mean": (features,),
            "scale": (features,),
            "supports": (supports, features),
            "weights": (supports, pairs),
            "offsets": (pairs,),
            "slopes": (pairs, classes),
            "biases": (classes,),
        }
        if classes < 2 or not set(self.classes) <= set(CLASSES) - {"unknown"}:
            raise ValueError("its classes are not at least two of those that there are")
        for name, shape in shapes.items():
            part: Array = getattr(self, name)
            if part.shape != shape:
                raise ValueError(f"{name} has the shape {part.shape} instead of {shape}")
            if part.dtype != np.float32 or not np.isfinite(part).all():
                raise ValueError(f"{name} holds what is no number of single precision")
        if not (np.isfinite(self.width) and self.width > 0 and (self.scale > 0).all()):
            raise ValueError("width and scales are not above zero")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassedTarget:
    """What a target is, and how probable that is."""

    target_class: TargetClass
    confidence: float | None  # of that class; None for `unknown`


UNKNOWN = ClassedTarget(target_class="unknown", confidence=None)


def classify_chips(
    model: ChipModel | None, chips: Array, *, sure: float = SURE
) -> list[ClassedTarget]:
    """Name the target of each chip.

    Parameters
    ----------
    model : ChipModel or None
        Without one, every target is unknown.
    chips : float32, shape (n, 11, 61)
        Power in dB, as the model's chips had it. One with a cell that is no number is unknown.
    sure : float
        What is less probable is not named.

    Raises
    ------
    ValueError
        If the chips have another shape.
    """
    _check(chips)
    if model is None:
        return [UNKNOWN] * len(chips)
    whole: Mask = np.isfinite(chips).min(axis=(1, 2))
    probabilities = class_probabilities(model, np.where(whole[:, None, None], chips, 0))
    best: list[int] = probabilities.argmax(axis=1).tolist()
    found: list[ClassedTarget] = []
    for is_whole, index, row in zip(whole.tolist(), best, probabilities, strict=True):
        confidence = float(row[index])
        known = is_whole and confidence >= sure
        found.append(
            ClassedTarget(target_class=model.classes[index], confidence=confidence)
            if known
            else UNKNOWN
        )
    return found


def class_probabilities(model: ChipModel, chips: Array) -> Array:
    """How probable each class is; float32, shape (n, classes), rows of sum 1.

    Parameters
    ----------
    model : ChipModel
    chips : float32, shape (n, 11, 61)
        Power in dB, finite.

    Raises
    ------
    ValueError
        If the chips have another shape.
    """
    _check(chips)
    blocks = [
        softmax(decisions(model, chips[at : at + TOGETHER]) @ model.slopes + model.biases)
        for at in range(0, len(chips), TOGETHER)
    ]
    return np.concatenate(blocks) if blocks else np.empty((0, len(model.classes)), np.float32)


def decisions(model: ChipModel, chips: Array) -> Array:
    """How far each chip is on one side between each two classes; shape (n, pairs)."""
    return kernel_sums(scaled(chip_features(chips), model.mean, model.scale), model)


def kernel_sums(features: Array, model: ChipModel) -> Array:
    """The weighted kernels over scaled features of shape (n, features)."""
    doubled = (model.supports + model.supports).T
    near: Array = (features @ doubled).astype(np.float32, copy=False)
    near -= np.square(features).sum(axis=1)[:, None]
    near -= np.square(model.supports).sum(axis=1)
    near *= np.float32(model.width)
    sums: Array = np.exp(near, out=near) @ model.weights + model.offsets
    return sums


def scaled(features: Array, mean: Array, scale: Array) -> Array:
    """Features in standard deviations, within `FAR` of the mean."""
    within: Array = np.clip((features - mean) / scale, -FAR, FAR)
    return within


def softmax(odds: Array) -> Array:
    """Rows of logarithms of odds to probabilities."""
    powers: Array = np.exp(odds - odds.max(axis=1, keepdims=True))
    powers /= powers.sum(axis=1, keepdims=True)
    return powers


def _check(chips: Array) -> None:
    if chips.ndim != 3 or chips.shape[1:] != (RANGES, DOPPLERS):
        raise ValueError(f"chips of the shape {chips.shape} instead of (n, {RANGES}, {DOPPLERS})")
