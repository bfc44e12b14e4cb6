"""The ASTERIX categories as tables: items in the order of the wire, and what they hold.

EUROCONTROL-SPEC-0149, parts 2b (CAT 034, edition 1.27), 4 (048, 1.21), 9 (062, 1.18; 065, 1.3) and
22 (015, 1.2). Numbers are big-endian; a row of `VALUES` names an attribute of `AirReport`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .asterix_items import Compound, Explicit, Extended, Fixed, Form, Profile, Repeated

NAUTICAL_MILE_M = 1852.0
FOOT_M = 0.3048
TURN_DEG = 360.0


@dataclass(frozen=True, slots=True)
class Value:
    """One number or text in an item: its last bit's distance from the item's end, and its width."""

    attribute: str
    item: str
    bits: int
    low_bit: int = 0
    step: float = 1.0
    signed: bool = False
    form: Literal["number", "whole", "octal", "hex", "ia5"] = "number"


def _profile(text: str, forms: dict[str, Form]) -> Profile:
    """Read `name:octets` for a fixed item, `name` for one in `forms`, `-` for a spare."""
    rows: list[tuple[str, Form] | None] = []
    for word in text.split():
        name, _, octets = word.partition(":")
        form = Fixed(int(octets)) if octets else forms.get(name, Explicit())
        rows.append(None if name == "-" else (name, form))
    return rows


PROFILES: dict[int, Profile] = {
    15: _profile(
        "010:2 000:1 015:1 020:1 030:1 145:3 161:2 170:1 050:2 270 300 400:5 600 601 602 "
        "603 604 605 480 625 626 627 628 630 631 SP",
        {
            "270": Compound(2, 2, 2, 2),
            "300": Repeated(2),
            "600": Compound(8, 5, 5),
            "601": Compound(3, 3, 3, 3, 3, 2, 2, 2),
            "602": Compound(5, 5, 5, 4),
            "603": Compound(3, 4, 4),
            "604": Compound(3, 3, 3, 2, 2, 2),
            "605": Compound(2, 4, 2, 2),
            "480": Repeated(5),
            "625": Compound(3, 3, 3, 3, 3, 4, 2, 4),
            "626": Compound(3, 2, 2, 3, 1, 1, 1, 1, 1, 1),
            "627": Compound(2, 2, 2, 2, 3, 4),
            "628": Compound(2, 2, 2, 2, 3, 4),
            "630": Compound(1, 1, 2, 1),
            "631": Repeated(8),
        },
    ),
    34: _profile(
        "010:2 000:1 030:3 020:1 041:2 050 060 070 100:8 110:1 120:8 090:2 RE SP",
        {
            "050": Compound(1, None, None, 1, 1, 2),
            "060": Compound(1, None, None, 1, 1, 1),
            "070": Repeated(2),
        },
    ),
    48: _profile(
        "010:2 140:3 020 040:4 070:2 090:2 130 220:3 240:6 250 161:2 042:4 200:4 170 210:4 "
        "030 080:2 100:4 110:2 120 230:2 260:7 055:1 050:2 065:1 060:2 SP RE",
        {
            "020": Extended(),
            "030": Extended(),
            "120": Compound(2, Repeated(6)),
            "130": Compound(1, 1, 1, 1, 1, 1, 1),
            "170": Extended(),
            "250": Repeated(8),
        },
    ),
    62: _profile(
        "010:2 - 015:1 070:3 105:8 100:6 185:4 210:2 060:2 245:7 380 040:2 080 290 200:1 "
        "295 136:2 130:2 135:2 220:2 390 270 300:1 110 120:2 510 500 340 - - - - - RE SP",
        {
            "080": Extended(),
            "110": Compound(1, 4, 6, 2, 2, 1, 1),
            "270": Extended(),
            "290": Compound(1, 1, 1, 1, 2, 1, 1, 1, 1, 1),
            "295": Compound(*[1] * 31),
            "340": Compound(2, 4, 2, 2, 2, 1),
            "380": Compound(
                3, 6, 2, 2, 2, 2, 2, Extended(), Repeated(15), 2, 2, 7, 2, 2, 2, 2, 2, 2, 1, 8, 1,
                6, 2, 1, Repeated(8), 2, 2, 2,
            ),
            "390": Compound(
                2, 7, 4, 1, 4, 1, 4, 4, 3, 2, 2, Repeated(4), 6, 1, 7, 7, 2, 7
            ),
            "500": Compound(4, 2, 4, 1, 1, 2, 2, 1),
            "510": Extended(3),
        },
    ),
    65: _profile("010:2 000:1 015:1 030:3 020:1 040:1 050:1 - - - - - RE SP", {}),
}  # fmt: skip

_SOURCE = (
    Value("area_code", "010", 8, 8, form="whole"),
    Value("source_code", "010", 8, form="whole"),
)
_TYPE = Value("message_type", "000", 8, form="whole")

VALUES: dict[int, tuple[Value, ...]] = {
    15: (
        *_SOURCE,
        _TYPE,
        Value("time_of_day_s", "145", 24, step=1 / 128),
        Value("track_number", "161", 16, form="whole"),
    ),
    34: (
        *_SOURCE,
        _TYPE,
        Value("time_of_day_s", "030", 24, step=1 / 128),
        Value("azimuth_deg", "020", 8, step=TURN_DEG / 2**8),
        Value("rotation_s", "041", 16, step=1 / 128),
    ),
    48: (
        *_SOURCE,
        Value("time_of_day_s", "140", 24, step=1 / 128),
        Value("range_m", "040", 16, 16, NAUTICAL_MILE_M / 256),
        Value("azimuth_deg", "040", 16, step=TURN_DEG / 2**16),
        Value("mode_3a", "070", 12, form="octal"),
        Value("pressure_altitude_m", "090", 14, step=25 * FOOT_M, signed=True),
        Value("aircraft_address", "220", 24, form="hex"),
        Value("callsign", "240", 48, form="ia5"),
        Value("track_number", "161", 12, form="whole"),
        Value("x_m", "042", 16, 16, NAUTICAL_MILE_M / 128, signed=True),
        Value("y_m", "042", 16, step=NAUTICAL_MILE_M / 128, signed=True),
        Value("ground_speed_m_s", "200", 16, 16, NAUTICAL_MILE_M / 2**14),
        Value("course_deg", "200", 16, step=TURN_DEG / 2**16),
        Value("height_m", "110", 14, step=25 * FOOT_M, signed=True),
    ),
    62: (
        *_SOURCE,
        Value("time_of_day_s", "070", 24, step=1 / 128),
        Value("latitude_deg", "105", 32, 32, 180 / 2**25, signed=True),
        Value("longitude_deg", "105", 32, step=180 / 2**25, signed=True),
        Value("x_m", "100", 24, 24, 0.5, signed=True),
        Value("y_m", "100", 24, step=0.5, signed=True),
        Value("velocity_x_m_s", "185", 16, 16, 0.25, signed=True),
        Value("velocity_y_m_s", "185", 16, step=0.25, signed=True),
        Value("mode_3a", "060", 12, form="octal"),
        Value("callsign", "245", 48, form="ia5"),
        Value("track_number", "040", 16, form="whole"),
        Value("pressure_altitude_m", "136", 16, step=25 * FOOT_M, signed=True),
        Value("geometric_altitude_m", "130", 16, step=6.25 * FOOT_M, signed=True),
        Value("climb_m_s", "220", 16, step=6.25 * FOOT_M / 60, signed=True),
    ),
    65: (*_SOURCE, _TYPE, Value("time_of_day_s", "030", 24, step=1 / 128)),
}
