from __future__ import annotations

import msgspec
import numpy as np
import pytest

from havik.bench.label_trust import fitted, toml
from havik.bench.radio_labels import Name
from havik.config.signatures import Trust as Read
from havik.signal.radio.signature import Trust


def test_a_known_logistic_is_found_again() -> None:
    """Names right with probability 1 / (1 + exp(4 - ln nats)) are worth so much."""
    rng = np.random.default_rng(11)
    nats = np.exp(rng.uniform(2, 6, 4000))
    chance = 1 / (1 + np.exp(4 - np.log(nats)))
    right = rng.uniform(size=4000) < chance
    names = [Name("x", float(n), 0.5, bool(r)) for n, r in zip(nats, right, strict=True)]
    offset, slope = fitted(names)["x"]
    said = [Trust(offset, slope).confidence(one) for one in (10.0, 50.0, 300.0)]
    assert said == pytest.approx([1 / (1 + np.exp(4 - np.log(n))) for n in (10, 50, 300)], abs=0.05)


def test_a_name_that_was_always_right_is_not_certain() -> None:
    """Laplace's rule of 98 in 98 is 99/100; the names themselves pull up from there, not to 1."""
    names = [Name("x", 30.0, 0.5, right=True)] * 98
    assert 0.99 < Trust(*fitted(names)["x"]).confidence(30.0) < 0.999


def test_few_names_have_no_row_of_their_own() -> None:
    assert "x" not in fitted([Name("x", 30.0, 0.5, right=True)] * 39)


def test_the_file_is_read_as_it_was_written() -> None:
    text = toml({"any": (-1.5, 0.25)}, 3)
    assert msgspec.toml.decode(text, type=dict[str, Read]) == {"any": Read(-1.5, 0.25)}
    assert text.startswith("# What a radio label is worth")
