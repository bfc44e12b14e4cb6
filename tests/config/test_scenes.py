from __future__ import annotations

from pathlib import Path

import pytest

from havik.config.loader import SettingsError
from havik.config.scenes import Drone, load_scene

ROOT = Path(__file__).parents[2]
SITE = """
[site]
name = "s"
latitude_deg = 55.5
longitude_deg = 3.5
"""
SCENE = """
name = "test"
site = "site.toml"
seed = 1
length_s = 10.0

[[things]]
kind = "drone"
name = "d"
serial_number = "ZZZZC0000001"
operator_m = [0, 0, 0]
from_m = [0, 0, 5]
acceleration_m_s2 = 5.0
legs = [{ to_m = [10, 0, 5], speed_m_s = 5.0, wait_s = 3.0, drop_after_s = 1.0 }]
"""
WALK = """
[[things]]
kind = "person"
name = "p"
from_m = [0, 0, 0]
acceleration_m_s2 = 1.0
legs = [{ to_m = [10, 0, 0], speed_m_s = 1.0, drop_after_s = 0.0 }]
"""
BOW_TIE = (
    SITE
    + """
[[zones]]
id = "yard"
kind = "yard"
corners_m = [[0, 0], [10, 10], [10, 0], [0, 10]]
"""
)


def written(folder: Path, scene: str, site: str = SITE) -> Path:
    (folder / "site.toml").write_text(site)
    file = folder / "scene.toml"
    file.write_text(scene)
    return file


def test_a_scene_comes_with_its_site(tmp_path: Path) -> None:
    scene, site = load_scene(written(tmp_path, SCENE))
    assert isinstance(scene.things[0], Drone)
    assert scene.things[0].legs[0].drop_after_s == 1.0
    assert site.site.name == "s"


@pytest.mark.parametrize(
    ("before", "after", "key", "remedy"),
    [
        ("from_m = [0, 0, 5]", "from_m = [0, 0, -5]", "things[0].from_m", "below ground; raise"),
        ("[10, 0, 5]", "[10, 0, -1]", "things[0].legs[0].to_m", "below ground; raise"),
        ("drop_after_s = 1.0", "drop_after_s = 4.0", "legs[0].drop_after_s", "at most 3"),
        ("speed_m_s = 5.0", "speed_m_s = inf", "things[0].legs[0].speed_m_s", "finite"),
        ("[10, 0, 5]", "[inf, 0, 5]", "things[0].legs[0].to_m[0]", "finite"),
        ("speed_m_s", "sped_m_s", "sped_m_s", "did you mean `speed_m_s`?"),
        ('kind = "drone"', 'kind = "dragon"', "things[0]", "dragon"),
        ('"ZZZZC0000001"', '"with space"', "things[0].serial_number", "give such a value"),
        ("length_s = 10.0", "length_s = 0", "length_s", "give such a value"),
        ("seed = 1", "", "seed", "is missing; add it"),
        ("seed = 1", "seed = 1\nsede = 2", "sede", "did you mean `seed`?"),
    ],
)
def test_a_fault_names_file_key_and_remedy(
    tmp_path: Path, before: str, after: str, key: str, remedy: str
) -> None:
    assert before in SCENE
    file = written(tmp_path, SCENE.replace(before, after))
    with pytest.raises(SettingsError) as caught:
        load_scene(file)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(str(file))
    assert key in line and remedy in line


def test_only_a_drone_drops_things(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"things\[1\].legs\[0\].drop_after_s.*remove it"):
        load_scene(written(tmp_path, SCENE + WALK))


def test_two_things_of_one_name_are_refused(tmp_path: Path) -> None:
    twice = SCENE + SCENE[SCENE.index("[[things]]") :]
    with pytest.raises(SettingsError, match="d is there twice"):
        load_scene(written(tmp_path, twice))


def test_the_sites_faults_name_the_sites_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"site\.toml: `zones\[0\]\.corners_m`.*yard crosses"):
        load_scene(written(tmp_path, SCENE, BOW_TIE))
    with pytest.raises(SettingsError, match=r"none\.toml.*name a settings file"):
        load_scene(written(tmp_path, SCENE.replace("site.toml", "none.toml")))


@pytest.mark.parametrize("file", sorted((ROOT / "config/scenes").glob("*.toml")), ids=str)
def test_every_scene_of_ours_loads(file: Path) -> None:
    scene, site = load_scene(file)
    assert scene.name == file.stem
    assert site.sensors and site.zones
