"""From a found DroneID burst to its message, and from a message to a burst.

soft symbols (`droneid_symbols.py`), descrambling (`scrambler.py`), rate matching
(`rate_matching.py`), turbo code (`turbo.py`), both CRCs and fields (`droneid_payload.py`).

Cost: 4 ms for a clean burst, at most 20 ms for one that cannot be decoded.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from . import turbo
from .channel import Segment
from .crc import crc24a
from .droneid_payload import DroneIdMessage, decode_block, encode_block, to_bits
from .droneid_symbols import BITS, soft_bits
from .rate_matching import gather, spread
from .scrambler import INITIAL, gold

STREAM_BITS = 1408 + 4


def decode_burst(
    segment: Segment, start_s: float, carrier_hz: float, symbols: int
) -> DroneIdMessage | None:
    """Read one burst; the arguments are those of `soft_bits`.

    Returns
    -------
    DroneIdMessage or None
        None for a burst that is cut, too weak or encrypted: which, cannot be told.
    """
    soft = soft_bits(segment, start_s, carrier_hz, symbols)
    if soft is None:
        return None
    block = decode_soft(soft)
    return None if block is None else decode_block(block)


def decode_soft(soft: NDArray[np.float32]) -> bytes | None:
    """The transport block of 7,200 soft bits as they came off the air; None if CRC24A is wrong."""
    plain = soft * (1 - 2 * gold(INITIAL, BITS).astype(np.float32))
    bits = turbo.decode(gather(plain, STREAM_BITS), _is_right)
    return None if bits is None else np.packbits(bits).tobytes()


def air_bits(message: DroneIdMessage) -> NDArray[np.uint8]:
    """The bits that a burst carries, uint8 of 0 and 1, shape (7200,), in the order of the air."""
    coded = turbo.encode(to_bits(encode_block(message)))
    return spread(coded, BITS) ^ gold(INITIAL, BITS)


def _is_right(bits: NDArray[np.uint8]) -> bool:
    block = np.packbits(bits).tobytes()
    return any(block) and crc24a(block) == 0  # a block of zeros has a right CRC by accident
