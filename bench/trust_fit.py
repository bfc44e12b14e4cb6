"""Fit the spoof score's weights anew: `python -m havik.bench.trust_fit` writes them.

The flights are simulated, from seeds that the bench never uses.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tomli_w

from ..config import trust
from ..signal.trust.behaviour import REASONS
from ..signal.trust.score import Weights, fit
from ..simulators.remote_id.claims import KINDS, Flight, honest, spoofed

FIT_SEED = 2_063
EACH = 300


def flights(seed: int, each: int) -> list[Flight]:
    """`each` flights of every kind of lie, and five times as many honest ones as of one kind."""
    rng = np.random.default_rng(seed)
    return [honest(rng) for _ in range(5 * each)] + [
        spoofed(kind, rng) for kind in KINDS for _ in range(each)
    ]


def fitted(seed: int = FIT_SEED, each: int = EACH) -> Weights:
    """Fit on the flights of `seed`."""
    told = flights(seed, each)
    return fit(np.array([one.behaviour.figures() for one in told]), [one.is_spoof for one in told])


def main() -> None:
    """Write the weights into the package's settings."""
    weights = fitted()
    table = {
        "bias": weights.bias,
        "weights": dict(zip(REASONS, weights.of.tolist(), strict=True)),
    }
    head = "# The spoof score's weights, from simulated flights: python -m havik.bench.trust_fit\n"
    Path(trust.FILE).write_text(head + tomli_w.dumps(table))


if __name__ == "__main__":
    main()
