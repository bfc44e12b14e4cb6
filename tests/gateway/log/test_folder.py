from __future__ import annotations

import stat
from pathlib import Path

import pytest

from havik.gateway.errors import UsageError
from havik.gateway.log import folder as place
from havik.gateway.log.notes import NoteError


@pytest.mark.parametrize(
    ("data", "folder"),
    [
        ("/srv/data", Path("/srv/data/havik/log")),
        ("", Path.home() / ".local/share/havik/log"),
        ("not/absolute", Path.home() / ".local/share/havik/log"),  # the specification: ignore it
    ],
)
def test_the_default_is_in_the_users_data_folder(data: str, folder: Path) -> None:
    assert place.default_folder({"XDG_DATA_HOME": data}) == folder
    assert place.default_folder({}) == Path.home() / ".local/share/havik/log"


def test_a_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    place.prepare(tmp_path / "a/b")
    place.prepare(tmp_path / "a/b")
    assert stat.S_IMODE((tmp_path / "a/b").stat().st_mode) == 0o700


@pytest.mark.usefixtures("no_right_to_write")
def test_a_folder_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"not yours to write.*--log PATH"):
        place.prepare(tmp_path)


def test_either_key_says_that_a_log_is_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no central log"):
        place.require(tmp_path)
    for name in ("log.pub", "log.key"):
        (tmp_path / name).write_text("")
        place.require(tmp_path)
        (tmp_path / name).unlink()


def test_a_key_is_made_once_and_both_halves_are_one_pair(tmp_path: Path) -> None:
    signer = place.make_signer(tmp_path)
    assert place.make_signer(tmp_path).write() == signer.write()
    assert place.read_signer(tmp_path).verifier == place.read_verifier(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["log.key", "log.pub"]


def test_two_logs_have_two_names(tmp_path: Path) -> None:
    names = set[str]()
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        names.add(place.make_signer(tmp_path / name).name)
    assert len(names) == 2


def test_a_stop_between_the_halves_or_inside_one_leaves_a_log_that_can_be_made(
    tmp_path: Path,
) -> None:
    place.make_signer(tmp_path)
    (tmp_path / "log.key").rename(tmp_path / "log.new")  # written, but not yet in its place
    signer = place.make_signer(tmp_path)
    assert place.read_verifier(tmp_path) == signer.verifier
    assert not (tmp_path / "log.new").exists()


@pytest.mark.parametrize("text", [b"", b"\n", b"no key\n", b"\xff\n"])
def test_a_damaged_key_is_refused(tmp_path: Path, text: bytes) -> None:
    place.make_signer(tmp_path)
    whole = (tmp_path / "log.pub").read_bytes()
    for damaged in (text, whole[:-1], whole + b"\n"):
        (tmp_path / "log.pub").write_bytes(damaged)
        with pytest.raises(NoteError):
            place.read_verifier(tmp_path)
    (tmp_path / "log.key").write_bytes(text)
    with pytest.raises(NoteError):
        place.read_signer(tmp_path)
