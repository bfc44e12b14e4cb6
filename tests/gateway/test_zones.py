from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from havik.config.loader import SettingsError
from havik.config.settings import SiteSection
from havik.gateway.check import load_site
from havik.gateway.zones import zones_of

SITE = SiteSection(name="noord", latitude_deg=54.0, longitude_deg=4.0)
# One minute of latitude is 1,855.3 m at 54 degrees (WGS 84), one of longitude 1,093.4 m.
RING = [[4.0, 54.0], [4.001, 54.0], [4.001, 54.001], [4.0, 54.001], [4.0, 54.0]]


def collection(kind: str = "yard", ring: list[list[float]] = RING, **more: Any) -> dict[str, Any]:
    feature = {
        "type": "Feature",
        "properties": {"id": "yard-b", "kind": kind},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    return {"type": "FeatureCollection", "features": [feature | more]}


def written(folder: Path, content: dict[str, Any]) -> Path:
    file = folder / "zones.geojson"
    file.write_text(json.dumps(content))
    return file


@pytest.mark.parametrize(
    ("kind", "is_a"),
    [("prison", "perimeter"), ("yard", "yard"), ("facade", "facade"), ("approach", "approach")],
)
def test_a_polygon_is_a_zone_in_metres(tmp_path: Path, kind: str, is_a: str) -> None:
    (zone,) = zones_of(written(tmp_path, collection(kind)), SITE)
    assert (zone.id, zone.kind) == ("yard-b", is_a)
    east_m, north_m = zone.corners_m[2]
    assert east_m == pytest.approx(1093.4 * 0.06, abs=0.1)
    assert north_m == pytest.approx(1855.3 * 0.06, abs=0.1)


Content = dict[str, Any]
WRONG: list[tuple[Callable[[Content], Content], str]] = [
    (lambda one: one | {"type": "Feature"}, "no FeatureCollection"),
    (lambda _: collection(kind="moat"), "feature 0: .*moat"),
    (
        lambda _: collection(ring=[RING[0], RING[2], RING[1], RING[3], RING[0]]),
        "crosses itself",
    ),
    (lambda _: collection(ring=[RING[0], RING[1], RING[2], RING[3]]), "does not end where"),
    (lambda _: collection(ring=[[b, a] for a, b in RING]), "50 km from the site"),
    (lambda _: collection(ring=RING[:2]), "feature 0: "),
    (lambda _: collection(ring=[[4.0, 1e9]] * 5), "feature 0: "),
    (lambda _: collection(geometry={"type": "Point", "coordinates": [4, 54]}), "feature 0: "),
    (
        lambda _: collection(geometry={"type": "Polygon", "coordinates": [RING, RING]}),
        "1 holes",
    ),
    (lambda one: one | {"features": one["features"] * 2}, "yard-b is there twice"),
]


@pytest.mark.parametrize(("change", "problem"), WRONG)
def test_a_wrong_feature_is_named(
    tmp_path: Path, change: Callable[[dict[str, Any]], dict[str, Any]], problem: str
) -> None:
    file = written(tmp_path, change(collection()))
    with pytest.raises(SettingsError, match=rf"zones\.geojson: .*{problem}"):
        zones_of(file, SITE)


def test_what_is_no_geojson_is_said_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "zones.geojson"
    for content in (b"\xff\xfe", b"[" * 100_000, b"{}", b" " * (1 << 21)):
        file.write_bytes(content)
        with pytest.raises(SettingsError) as told:
            zones_of(file, SITE)
        assert "\n" not in str(told.value)
    with pytest.raises(SettingsError, match="no such file"):
        zones_of(tmp_path / "none.geojson", SITE)


def test_a_site_names_its_file_beside_it(tmp_path: Path) -> None:
    written(tmp_path, collection())
    site = tmp_path / "site.toml"
    site.write_text(
        'zones_file = "zones.geojson"\n[site]\nname = "n"\nlatitude_deg = 54\nlongitude_deg = 4\n'
    )
    assert [zone.id for zone in load_site(site).zones] == ["yard-b"]
