from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from havik.gateway.cli.find_commands import known_finds
from havik.gateway.cli.import_commands import import_register
from havik.gateway.cli.report_commands import (
    ReportOptions,
    draw,
    make_vmr,
    write_csv,
    write_json,
    write_text,
)
from havik.gateway.errors import UsageError
from havik.gateway.log.verify import verify
from havik.gateway.register import COLUMNS

if TYPE_CHECKING:
    from tests.gateway.conftest import Havik

# The minister's letter of 2022: finds by four months.
LETTER = {2019: (1760, 1467, 1340), 2020: (1182, 1252, 1514), 2021: (806, 928, 1017)}
TOTALS = {2019: 4567, 2020: 3948, 2021: 2751}
SITES = 24


def rows_of_the_letter() -> list[str]:
    """As many item lines as the letter counts, of 24 sites; its shares of 2021 in every year."""
    rows: list[str] = []
    for year, counts in LETTER.items():
        nth = 0
        for period, count in enumerate(counts):
            for _ in range(count):
                nth += 1
                share = nth / TOTALS[year]
                category = "drugs" if share <= 0.69 else "phone"
                place = ("cell", "intake", "yard")[(share > 0.31) + (share > 0.59)]
                day = f"{year}-{1 + 4 * period + nth % 4:02d}-{1 + nth % 28:02d}"
                rows.append(
                    f"pi-{nth % SITES:02d},{year}-{nth},{day}T12:00:00+01:00,{place},other,"
                    f"{category},1,pcs,,"
                )
    return rows


def written(path: Path, rows: list[str]) -> Path:
    path.write_text("\n".join([",".join(COLUMNS), *rows]) + "\n", encoding="utf-8")
    return path


def taken(folder: Path, file: Path) -> dict[str, Any]:
    out = io.StringIO()
    import_register(folder, file, "live", as_json=True, out=out)
    told: dict[str, Any] = json.loads(out.getvalue())
    return told


def reported(folder: Path, years: str) -> list[dict[str, Any]]:
    out = io.StringIO()
    write_json(make_vmr(folder, ReportOptions(years=years)), out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_register_of_the_letters_counts_gives_back_the_letters_table(tmp_path: Path) -> None:
    file = written(tmp_path / "register.csv", rows_of_the_letter())
    told = taken(tmp_path / "log", file)
    assert (told["rows"], told["added"], told["refused"]) == (11266, 11266, [])
    years = reported(tmp_path / "log", "2019..2021")
    assert {one["year"]: (one["vmr1"], one["vmr2"], one["vmr3"]) for one in years} == LETTER
    assert {one["year"]: one["total"] for one in years} == TOTALS
    last = years[-1]
    assert round(last["by_category"]["drugs"], 2) == 0.69
    assert round(last["by_place"]["cell"], 2) == 0.31
    assert round(last["by_place"]["intake"], 2) == 0.28
    assert last["basis"] == "item_lines"
    assert [one["sites"] for one in last["periods"]] == [SITES] * 3
    assert taken(tmp_path / "log", file)["unchanged"] == 11266  # twice adds nothing
    assert reported(tmp_path / "log", "2021")[0]["total"] == 2751


ONE = "noord,r1,2021-03-02T09:10:00+01:00,cell,dog,phone,1,pcs,,"


def test_the_good_rows_go_in_and_a_corrected_file_brings_the_rest(tmp_path: Path) -> None:
    bad = "noord,r1,2021-03-02T09:10:00+01:00,cell,dog,fone,1,pcs,,"
    told = taken(tmp_path / "log", written(tmp_path / "a.csv", [ONE, bad]))
    assert (told["added"], [one["row"] for one in told["refused"]]) == (1, [3])
    mended = written(tmp_path / "b.csv", [ONE, bad.replace("fone", "sim")])
    told = taken(tmp_path / "log", mended)
    assert (told["added"], told["corrected"], told["refused"]) == (0, 1, [])
    (find,) = known_finds(tmp_path / "log").values()
    assert (find.version, [item.category for item in find.items]) == (2, ["phone", "sim"])
    assert verify(tmp_path / "log").ok


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "row 1: no column site"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"site,find_ref\n", "row 1: no column found_at"),
    ],
)
def test_a_file_that_is_no_register_is_refused_with_its_name(
    tmp_path: Path, content: bytes, says: str
) -> None:
    file = tmp_path / "register.csv"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=says) as refusal:
        taken(tmp_path / "log", file)
    assert str(file) in str(refusal.value)
    assert not (tmp_path / "log").exists()
    with pytest.raises(UsageError, match="cannot be read"):
        taken(tmp_path / "log", tmp_path / "nothing.csv")


def test_the_table_for_people_says_its_basis_and_its_day(tmp_path: Path) -> None:
    negative = "noord,r2,2021-06-02T09:10:00+02:00,yard,yard_inspection,,,,,true"
    taken(tmp_path / "log", written(tmp_path / "a.csv", [ONE, negative]))
    options = ReportOptions(years="2021", as_of="2026-11-25T00:00+01:00")
    out = io.StringIO()
    write_text(make_vmr(tmp_path / "log", ReportOptions(years="2021")), out)
    text = out.getvalue()
    for word in ("item_lines", "as of ", "phone 100%", "1 searches that found nothing", "VMR 1"):
        assert word in text
    earlier = make_vmr(tmp_path / "log", options)
    assert earlier.as_of == "2026-11-25T00:00:00+01:00"


def test_a_spreadsheet_gets_one_line_a_figure(tmp_path: Path) -> None:
    taken(tmp_path / "log", written(tmp_path / "a.csv", [ONE]))
    out = io.StringIO()
    write_csv(make_vmr(tmp_path / "log", ReportOptions(years="2021")), out)
    lines = out.getvalue().splitlines()
    assert lines[0] == "year,figure,code,value,basis,as_of"
    cells = [line.split(",")[:5] for line in lines[1:]]
    assert ["2021", "count", "vmr1", "1", "item_lines"] in cells
    assert ["2021", "by_place", "cell", "1.0", "item_lines"] in cells


def test_the_picture_is_a_png(tmp_path: Path) -> None:
    taken(tmp_path / "log", written(tmp_path / "a.csv", [ONE]))
    report = make_vmr(tmp_path / "log", ReportOptions(years="2020..2021", basis="objects"))
    draw(report, tmp_path / "vmr.png")
    assert (tmp_path / "vmr.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UsageError, match="--png"):
        draw(report, tmp_path / "no" / "vmr.png")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (ReportOptions(years="soon"), "--year"),
        (ReportOptions(years="2021", basis="pounds"), "--basis"),
        (ReportOptions(years="2021", mode="dry"), "--mode"),
        (ReportOptions(years="2021", as_of="2021-01-01"), "--as-of"),
        (ReportOptions(years="2021", time_zone="Mars"), "--time-zone"),
    ],
)
def test_a_wrong_option_is_refused_in_one_line(
    tmp_path: Path, options: ReportOptions, says: str
) -> None:
    taken(tmp_path / "log", written(tmp_path / "a.csv", [ONE]))
    with pytest.raises(UsageError, match=says):
        make_vmr(tmp_path / "log", options)


def test_the_commands_end_with_the_right_codes(tmp_path: Path, havik: Havik) -> None:
    file = written(tmp_path / "a.csv", [ONE, ONE.replace("cell,", "jail,")])
    log = ("--log", str(tmp_path / "log"))
    code, text, refusals = havik("find", "import", file, *log)
    assert code == 1
    assert "row 3: place: no code `jail`" in refusals
    assert "1 finds added" in text
    code, text, _ = havik("log", "report", "vmr", "--year", "2021", "--json", *log)
    assert (code, json.loads(text)["total"]) == (0, 1)
    assert havik("log", "report", "vmr", "--year", "2021", "--json", "--csv", *log)[0] == 2
