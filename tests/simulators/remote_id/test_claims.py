from __future__ import annotations

import numpy as np
import pytest

from havik.gateway.trust import shipped_weights
from havik.simulators.remote_id.claims import KINDS, honest, spoofed


def test_a_seed_gives_the_same_flight() -> None:
    flights = [honest(np.random.default_rng(5)) for _ in range(2)]
    assert flights[0] == flights[1]


@pytest.mark.parametrize("kind", KINDS)
def test_shipped_weights_tell_each_lie_from_honest_flights(kind: str) -> None:
    rng = np.random.default_rng(31)
    weights = shipped_weights()
    truth = [weights.probability(honest(rng).behaviour.figures()) for _ in range(30)]
    lies = [weights.probability(spoofed(kind, rng).behaviour.figures()) for _ in range(15)]
    assert np.median(lies) > 0.7
    assert np.median(truth) < 0.1
