import pytest

from havik.config.zones import Corner, crosses_itself

SQUARE = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)]
PLAIN = {
    "triangle": SQUARE[:3],
    "square": SQUARE,
    "with a notch": [*SQUARE[:3], (5.0, 1.0), (0.0, 10.0)],
    "with a corner on an edge's way": [(0.0, 0.0), (5.0, 0.0), *SQUARE[1:]],
}
CROSSED = {
    "bow tie": [SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]],
    "a corner touches another edge": [*SQUARE[:3], (5.0, 0.0)],
    "a corner twice": [*SQUARE, (5.0, 5.0), SQUARE[1], (8.0, 5.0)],
    "there and back along an edge": [*SQUARE[:3], (10.0, 2.0), (0.0, 2.0), (12.0, 2.0)],
}


@pytest.mark.parametrize("corners", PLAIN.values(), ids=PLAIN)
def test_a_plain_edge_does_not_cross_itself(corners: list[Corner]) -> None:
    for first in range(len(corners)):
        turned = [*corners[first:], *corners[:first]]
        assert not crosses_itself(turned)
        assert not crosses_itself(turned[::-1])


@pytest.mark.parametrize("corners", CROSSED.values(), ids=CROSSED)
def test_a_crossed_edge_is_seen_from_any_corner(corners: list[Corner]) -> None:
    for first in range(len(corners)):
        turned = [*corners[first:], *corners[:first]]
        assert crosses_itself(turned)
        assert crosses_itself(turned[::-1])
