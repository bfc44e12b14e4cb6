"""The geometry that a zone's corners must have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from .settings import Zone

Corner = tuple[float, float]


def zone_problems(zones: Sequence[Zone]) -> Iterator[str]:
    """Give what is wrong with zones beyond their types, one line each."""
    for number, zone in enumerate(zones):
        if crosses_itself(zone.corners_m):
            yield (
                f"`zones[{number}].corners_m`: the edge of {zone.id} crosses itself; "
                "give its corners in their order along the edge"
            )


def crosses_itself(corners: Sequence[Corner]) -> bool:
    """Whether two edges of a polygon meet elsewhere than at the corner that they share.

    Parameters
    ----------
    corners : sequence of (float, float)
        In order along the edge, in metres; the last is joined to the first.
    """
    edges = list(zip(corners, [*corners[1:], corners[0]], strict=True))
    return any(
        _meet(*first, *second)
        for (i, first), (j, second) in combinations(enumerate(edges), 2)
        if j - i not in (1, len(edges) - 1)
    )


def _meet(a: Corner, b: Corner, c: Corner, d: Corner) -> bool:
    """Whether the segments a-b and c-d have a point in common."""
    sides = (_side(a, b, c), _side(a, b, d), _side(c, d, a), _side(c, d, b))
    if sides[0] * sides[1] < 0 and sides[2] * sides[3] < 0:
        return True
    touching = ((a, b, c), (a, b, d), (c, d, a), (c, d, b))
    return any(side == 0 and _between(*where) for side, where in zip(sides, touching, strict=True))


def _side(a: Corner, b: Corner, p: Corner) -> int:
    """On which side of the line from a to b is p: -1, 1, or 0 for on it."""
    turn = (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])
    return (turn > 0) - (turn < 0)


def _between(a: Corner, b: Corner, p: Corner) -> bool:
    """Whether p, which lies on the line through a and b, lies between them."""
    return all(min(a[i], b[i]) <= p[i] <= max(a[i], b[i]) for i in (0, 1))
