"""What a radio label is worth: fitted on simulated training trials, apart from the scored ones.

    python -m havik.bench.label_trust

writes `config/signatures/trust.toml`. For each label a logistic function of the logarithm of the
deciding surprise is fitted by Newton's method; a penalty keeps labels with few trials near the rate
that the label had at all. `HAVIK_BENCH_TRIALS` is the number of trials for each link and ratio.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ..config.signatures import TRUST
from ..signal.radio.links.catalogue import LINKS
from .radio_labels import RATIOS_DB, Name, trial

PENALTY = 1.0
FEW = 40
"""Names of a label below which all labels together are taken."""

TURNS = 50

CARD = """\
# What a radio label is worth: confidence = 1 / (1 + exp(-(offset + slope * ln(nats)))), with the
# surprise that decided. Fitted on simulated links (signal/radio/links) at {ratios} dB in-band,
# {trials} trials each, seeds that no scored trial has; no recording was used.
# Not for ratios, links or receivers that the simulation does not know.
# Made by: python -m havik.bench.label_trust
"""


def fitted(names: Iterable[Name]) -> dict[str, tuple[float, float]]:
    """Offset and slope by label; `any` is all labels together."""
    by_label: dict[str, list[Name]] = defaultdict(list)
    for name in names:
        if name.nats > 0:
            by_label[name.label].append(name)
            by_label["any"].append(name)
    return {label: _logistic(of) for label, of in sorted(by_label.items()) if len(of) >= FEW}


def _logistic(names: list[Name]) -> tuple[float, float]:
    level = np.log([max(name.nats, 1.0) for name in names])
    right = np.array([name.right for name in names], float)
    middle = float(level.mean())
    share = (right.sum() + 1) / (len(right) + 2)
    columns: NDArray[np.float64] = np.stack([np.ones_like(level), level - middle], axis=1)
    prior = np.array([np.log(share / (1 - share)), 0.0])
    weights = prior.copy()
    for _ in range(TURNS):
        chance = 1 / (1 + np.exp(-np.clip(columns @ weights, -30, 30)))
        slope = columns.T @ (right - chance) - PENALTY * (weights - prior)
        curve = (columns.T * (chance * (1 - chance))) @ columns + PENALTY * np.eye(2)
        weights = weights + np.linalg.solve(curve, slope)
    return float(weights[0] - weights[1] * middle), float(weights[1])


def toml(found: dict[str, tuple[float, float]], trials: int) -> str:
    """The file's text, with its card."""
    card = CARD.format(ratios=", ".join(map(str, RATIOS_DB)), trials=trials)
    tables = [
        f"\n[{label}]\noffset = {offset:.3f}\nslope = {slope:.3f}\n"
        for label, (offset, slope) in found.items()
    ]
    return card + "".join(tables)


def main() -> None:
    """Fit, and write the file."""
    trials = int(os.environ.get("HAVIK_BENCH_TRIALS", "3"))
    names = [
        name
        for link in LINKS
        if link != "noise"
        for ratio_db in RATIOS_DB
        for nth in range(trials)
        for name in trial(link, ratio_db, nth, training=True).names
    ]
    TRUST.write_text(toml(fitted(names), trials), encoding="utf-8")


if __name__ == "__main__":
    main()
