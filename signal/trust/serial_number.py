"""Serial numbers of aircraft as ANSI/CTA-2063-A writes them.

    MMMM L SSS...     M: manufacturer code  L: how many S follow, 1..9 and A..F  S: serial number

Digits and capital letters without O and I, which look like 0 and 1.
"""

from __future__ import annotations

import re

_FORM = re.compile(r"[0-9A-HJ-NP-Z]{4}([1-9A-F])([0-9A-HJ-NP-Z]{1,15})")


def is_well_formed(serial_number: str) -> bool:
    """Whether `serial_number` can have been given out under ANSI/CTA-2063-A."""
    found = _FORM.fullmatch(serial_number)
    return found is not None and int(found[1], 16) == len(found[2])
