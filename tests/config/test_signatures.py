from __future__ import annotations

import pytest

from havik.config.signatures import signatures
from havik.gateway.library import library

LABELS = {
    "dji-ocusync-video", "elrs", "crossfire", "frsky", "flysky", "spektrum", "analog-video",
    "wifi-drone", "wifi", "bluetooth", "lte", "nr", "cv2x", "microwave-oven",
}  # fmt: skip


def test_the_library_names_every_link() -> None:
    assert {one.label for one in signatures().values()} == LABELS


@pytest.mark.parametrize("name", signatures())
def test_a_signature_says_where_its_figures_come_from(name: str) -> None:
    one = signatures()[name]
    assert len(one.source) > 15
    assert all(low <= high for low, high in (*one.bands_mhz, *one.features.values()))
    assert one.bursts == 1 or one.period_s > 0


def test_the_radio_stage_takes_the_library_whole() -> None:
    assert [one.name for one in library().signatures] == list(signatures())
