from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havik.gateway.log.merkle import EMPTY_ROOT, Frontier, leaf_hash, peak_ends, tree_root

# The vectors of the certificate-transparency project's Merkle tree tests (RFC 6962 and RFC 9162
# define the same tree): the leaves, and the root over the first 0, 1, 2, ... of them.
LEAVES = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657",
          "606162636465666768696a6b6c6d6e6f")  # fmt: skip
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
# The same tests' reference tree: nodes by level, each over 2^level leaves.
NODES = {
    (0, 1): "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    (0, 4): "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    (1, 1): "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    (1, 2): "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    (2, 1): "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
}


def plain_root(leaves: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1, as it is written there."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + plain_root(leaves[:split]) + plain_root(leaves[split:])).digest()


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size: int) -> None:
    assert tree_root(bytes.fromhex(leaf) for leaf in LEAVES[:size]).hex() == ROOTS[size]


@pytest.mark.parametrize(("place", "node"), NODES.items())
def test_published_nodes(place: tuple[int, int], node: str) -> None:
    level, number = place
    below = LEAVES[number << level : (number + 1) << level]
    assert tree_root(bytes.fromhex(leaf) for leaf in below).hex() == node


def test_the_empty_tree() -> None:
    assert EMPTY_ROOT.hex() == ROOTS[0]
    assert Frontier().root == EMPTY_ROOT


@given(st.lists(st.binary(max_size=4), max_size=40))
def test_the_growing_tree_is_the_plain_definition_at_every_size(leaves: list[bytes]) -> None:
    frontier = Frontier()
    for number, leaf in enumerate(leaves):
        frontier.append(leaf_hash(leaf))
        assert frontier.size == number + 1
        assert frontier.root == plain_root(leaves[: number + 1])


@given(st.lists(st.binary(max_size=4), max_size=40), st.binary(max_size=4))
def test_the_completed_peaks_are_enough_to_go_on(leaves: list[bytes], more: bytes) -> None:
    first = Frontier()
    completed = [first.append(leaf_hash(leaf)) for leaf in leaves]
    peaks = [completed[end - 1] for end in peak_ends(len(leaves))]
    resumed = Frontier(len(leaves), peaks)
    assert resumed.root == first.root
    resumed.append(leaf_hash(more))
    assert resumed.root == plain_root([*leaves, more])


@pytest.mark.parametrize(
    ("size", "ends"), [(0, []), (1, [1]), (8, [8]), (11, [8, 10, 11]), (15, [8, 12, 14, 15])]
)
def test_peaks_end_where_the_bits_of_the_size_do(size: int, ends: list[int]) -> None:
    assert peak_ends(size) == ends


@pytest.mark.parametrize(("size", "peaks"), [(0, 1), (3, 1), (4, 2)])
def test_a_wrong_number_of_peaks_is_refused(size: int, peaks: int) -> None:
    with pytest.raises(ValueError, match=f"a tree of {size} leaves"):
        Frontier(size, [EMPTY_ROOT] * peaks)
