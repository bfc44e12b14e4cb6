"""Zones from GeoJSON (RFC 7946): a FeatureCollection of polygons, longitude before latitude.

Each feature's properties name the zone: `id`, and `kind`, one of `perimeter` (or `prison`), `yard`,
`facade` and `approach`. A polygon with a hole is refused: give the ring around a prison as the
whole area, for of two zones the smaller one names a place.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from ..config.loader import SettingsError
from ..config.settings import Latitude, Longitude, Name, SiteSection, Zone
from ..config.zones import crosses_itself
from ..drivers.readings import Position
from .plan import Plan

MOST_BYTES = 1 << 20
FARTHEST_M = 50_000.0


class _Properties(msgspec.Struct, frozen=True):
    id: Name
    kind: Literal["prison", "perimeter", "yard", "facade", "approach"]


class _Geometry(msgspec.Struct, frozen=True):
    type: Literal["Polygon"]
    coordinates: list[Annotated[list[tuple[Longitude, Latitude]], msgspec.Meta(min_length=4)]]


class _Feature(msgspec.Struct, frozen=True):
    type: Literal["Feature"]
    properties: _Properties
    geometry: _Geometry


class _Collection(msgspec.Struct, frozen=True):
    type: Literal["FeatureCollection"]
    features: list[msgspec.Raw]


def zones_of(file: Path, site: SiteSection) -> tuple[Zone, ...]:
    """Read the zones of `file`, in metres about the site's origin.

    Raises
    ------
    SettingsError
        If the file cannot be used: each problem names its feature and the remedy.
    """
    try:
        data = file.read_bytes()[: MOST_BYTES + 1]
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SettingsError(file, [f"{reason}; name a GeoJSON file that is there"]) from None
    if len(data) > MOST_BYTES:
        raise SettingsError(file, [f"more than {MOST_BYTES} bytes; keep the zones alone"])
    try:
        features = msgspec.json.decode(data, type=_Collection).features
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SettingsError(file, [f"no FeatureCollection: {error}; export GeoJSON"]) from None
    plan, zones, problems = Plan(site), list[Zone](), list[str]()
    for number, raw in enumerate(features):
        try:
            zones.append(_zone(msgspec.json.decode(raw, type=_Feature), plan))
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
            problems.append(f"feature {number}: {_lower(str(error))}; mend that feature")
    names = [zone.id for zone in zones]
    twice = sorted({name for name in names if names.count(name) > 1})
    problems += [f"zone {name} is there twice; give each an id of its own" for name in twice]
    if problems:
        raise SettingsError(file, problems)
    return tuple(zones)


def _zone(feature: _Feature, plan: Plan) -> Zone:
    name, rings = feature.properties.id, feature.geometry.coordinates
    if len(rings) != 1:
        raise ValueError(f"{name} has {len(rings) - 1} holes, which a zone cannot have")
    ring = rings[0]
    if ring[0] != ring[-1]:
        raise ValueError(f"the ring of {name} does not end where it begins")
    corners = list[tuple[float, float]]()
    for longitude, latitude in ring[:-1]:
        at = plan.to_enu(Position(latitude_deg=latitude, longitude_deg=longitude))
        corners.append((round(float(at[0]), 2), round(float(at[1]), 2)))
    if max(max(map(abs, corner)) for corner in corners) > FARTHEST_M:
        raise ValueError(f"{name} lies over 50 km from the site; are its latitudes first?")
    if crosses_itself(corners):
        raise ValueError(f"the ring of {name} crosses itself")
    kind = feature.properties.kind
    return Zone(id=name, kind="perimeter" if kind == "prison" else kind, corners_m=tuple(corners))


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
