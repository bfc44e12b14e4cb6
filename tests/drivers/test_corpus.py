"""What the campaigns of hostile bytes found (`havik bench fuzz --corpus`), replayed."""

from __future__ import annotations

from pathlib import Path

import pytest

from havik.bench.fuzz import Fuzzer, seeds
from havik.drivers.catalogue import DRIVERS

CORPUS = Path(__file__).with_name("corpus")


@pytest.mark.parametrize("name", DRIVERS)
def test_nothing_in_the_corpus_raises(name: str) -> None:
    decoder = DRIVERS[name].decoder()
    for file in sorted((CORPUS / name).glob("*")):
        list(decoder.feed(file.read_bytes(), 1))
    list(decoder.close())
    assert len(decoder.refused) < 100  # reasons are fixed texts


@pytest.mark.parametrize("name", DRIVERS)
def test_nor_does_a_short_campaign(name: str) -> None:
    fuzzer = Fuzzer(name, seeds(name), seed=7)
    fuzzer.run(300)
    assert fuzzer.reasons
