from __future__ import annotations

import pytest

from havik.signal.trust.serial_number import is_well_formed


@pytest.mark.parametrize(
    ("serial_number", "well_formed"),
    [
        ("MFR1C123456789ABC", True),  # ANSI/CTA-2063-A: C is twelve
        ("AAAA1Z", True),
        ("AAAAF123456789ABCDEF", True),
        ("MFR1C123456789AB", False),  # eleven
        ("MFR1C123456789ABCD", False),  # thirteen
        ("MFRO1A", False),  # no letter O
        ("MFRI1A", False),
        ("MFR10", False),
        ("MFR1G1234567890ABCDEF", False),  # lengths end at F
        ("mfr11a", False),
        ("AAAA1Z\n", False),
        ("", False),
    ],
)
def test_serial_numbers(serial_number: str, well_formed: bool) -> None:
    assert is_well_formed(serial_number) is well_formed
