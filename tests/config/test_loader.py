from __future__ import annotations

from pathlib import Path

import pytest

from havik.config.loader import SettingsError, load
from havik.config.settings import Settings

SITE = '[site]\nname = "noord"\nlatitude_deg = 54.1\nlongitude_deg = 4.2\n'


def problems(tmp_path: Path, text: str) -> tuple[str, ...]:
    file = tmp_path / "site.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load(file, Settings)
    assert all(line.startswith(str(file)) for line in str(caught.value).splitlines())
    return caught.value.problems


def test_a_good_file_becomes_settings(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text(
        SITE + '[[sensors]]\nby = "serial"\nid = "radar-1"\ndriver = "ti-mmwave"\nport = "/dev/x"\n'
    )
    settings = load(file, Settings)
    assert settings.site.name == "noord"
    assert settings.sensors[0].id == "radar-1"
    assert settings.alarm.flight_gap_s == 30.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ("`site` is missing",)),
        ("site = 3", ("expected `object`, got `int`",)),
        (SITE + "[sitee]\nx = 1", ("unknown key `sitee`", "did you mean `site`")),
        (SITE + 'mod = "live"', ("unknown key `site.mod`", "did you mean `mode`")),
        (SITE + 'mode = "war"', ("`site.mode`", "invalid enum value 'war'")),
        (SITE.replace("54.1", "95.0"), ("`site.latitude_deg`", "<= 90")),
        (SITE.replace('"noord"', '"a/b"'), ("`site.name`", "matching regex")),
        (SITE + "[broker]\nport = 0", ("`broker.port`", ">= 1")),
        (SITE + '[broker]\npassword = "x"', ("unknown key `broker.password`",)),
        (SITE + '[[sensors]]\nby = "serial"\nid = "a"', ("`sensors[0].driver` is missing",)),
        (SITE + '[[sensors]]\nby = "smoke"', ("`sensors[0].by`", "invalid value 'smoke'")),
        (SITE + "[site", ("not TOML",)),
        (SITE + "[alarm]\nflight_gap_s = inf", ("`alarm.flight_gap_s`: inf is not", "give one")),
        (SITE + "altitude_hae_m = nan", ("`site.altitude_hae_m`: nan is not", "give one")),
        (SITE + '[broker]\nhost = ""', ("`broker.host`", "length >= 1")),
        (SITE + '[broker]\nhost = "a\\u0000b"', ("`broker.host`", "control character")),
    ],
)
def test_a_fault_names_its_key_and_the_remedy(
    tmp_path: Path, text: str, words: tuple[str, ...]
) -> None:
    (problem,) = problems(tmp_path, text)
    for word in words:
        assert word in problem


def test_a_number_or_text_that_nothing_can_use_is_found_in_any_table(tmp_path: Path) -> None:
    yard = '[[zones]]\nid = "y"\nkind = "yard"\ncorners_m = [[0, 0], [inf, 0], [0, 9.5]]\n'
    radar = '[[sensors]]\nby = "recording"\nid = "r"\ndriver = "x"\nfile = "a\\nb"\n'
    assert problems(tmp_path, SITE + radar + yard) == (
        "`sensors[0].file`: holds a control character; write it without",
        "`zones[0].corners_m[1][0]`: inf is not a finite number; give one",
    )


def test_a_name_ends_with_no_line_feed(tmp_path: Path) -> None:
    problem, _ = problems(tmp_path, SITE.replace('"noord"', '"noord\\n"'))
    assert "`site.name`" in problem


def test_all_faults_show_at_once(tmp_path: Path) -> None:
    text = SITE + '[broker]\nport = "x"\n[[sensors]]\nby = "mqtt"\n[[zones]]\nid = 4\n'
    assert len(problems(tmp_path, text)) == 3


@pytest.mark.parametrize("name", ["absent.toml", "."])
def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="name a settings file that is there"):
        load(tmp_path / name, Settings)


def test_binary_is_not_toml(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_bytes(bytes(range(128, 256)))
    with pytest.raises(SettingsError, match="not TOML"):
        load(file, Settings)
