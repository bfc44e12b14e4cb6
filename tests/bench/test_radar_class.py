from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from havik.bench import chip_training, radar_class
from havik.bench.chip_files import ChipFileError, Chips, read_chips, read_model, write_model
from havik.bench.chip_training import TrainingError, train
from havik.gateway.cli.main import main
from havik.signal.radar.target_class import class_probabilities, decisions

REAL = "radar/raddar_train_centidb.npz"


def simulated(each: int = 40, seed: int = 5) -> dict[str, Any]:
    """Chips that are easy to tell: small drones, long cars, wide walkers; four recordings each."""
    rng = np.random.default_rng(seed)
    power = rng.exponential(size=(3 * each, 11, 61))
    names = np.repeat(["Cars", "Drones", "People"], each)
    power[names == "Cars", 3:9, 29:32] += 3000
    power[names == "Drones", 5, 30] += 300
    power[names == "People", 5, 22:39] += 3000
    cells = (-11200 + 1000 * np.log10(power)).astype(np.int16)
    return {"x": cells, "cls": names, "rec": np.tile(["a", "b", "c", "d"], 3 * each // 4)}


def saved(folder: Path, **changed: Any) -> Path:
    file = folder / "chips.npz"
    np.savez(file, **{**simulated(), **changed})
    return file


def ran(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr(sys, "argv", ["havik", "bench", "radar-class", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.fixture(scope="module")
def chips(tmp_path_factory: pytest.TempPathFactory) -> Chips:
    return read_chips(saved(tmp_path_factory.mktemp("chips")))


def test_what_is_easy_is_learned(chips: Chips, tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", **simulated(seed=6))
    other = read_chips(tmp_path / "other.npz")
    model = train(chips)
    scores = radar_class.score(other, *radar_class.named(model, other), model.classes)
    assert (scores.accuracy, scores.drone_recall, scores.drone_precision) == (1, 1, 1)
    assert scores.confusion == {
        "vehicle": {"vehicle": 40}, "drone": {"drone": 40}, "person": {"person": 40},
    }  # fmt: skip


def test_the_same_seed_gives_the_same_model_and_a_file_keeps_it(
    chips: Chips, tmp_path: Path
) -> None:
    model = train(chips, seed=3)
    for name in ("one", "two"):
        write_model(train(chips, seed=3), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    kept = read_model(tmp_path / "one")
    np.testing.assert_array_equal(
        class_probabilities(kept, chips.power_db), class_probabilities(model, chips.power_db)
    )


def test_the_decisions_are_the_library_s(chips: Chips, monkeypatch: pytest.MonkeyPatch) -> None:
    from sklearn.svm import SVC

    from havik.signal.radar.chip_features import chip_features
    from havik.signal.radar.target_class import scaled

    labels = np.unique(chips.truth, return_inverse=True)[1]
    monkeypatch.setattr(chip_training, "TWICE", 0.0)
    model = train(chips)
    features = scaled(chip_features(chips.power_db), model.mean, model.scale)
    machine = SVC(C=chip_training.COST, gamma=model.width, class_weight="balanced",
                  decision_function_shape="ovo").fit(features, labels)  # fmt: skip
    np.testing.assert_allclose(
        decisions(model, chips.power_db), machine.decision_function(features), atol=1e-3
    )


def test_two_classes_are_told_apart_too(chips: Chips) -> None:
    two = chips.of(chips.truth != "person")
    model = train(two)
    found = np.array(model.classes)[class_probabilities(model, two.power_db).argmax(axis=1)]
    assert (found == two.truth).all()


def test_scores_are_those_of_the_counts() -> None:
    truth = np.array(["drone", "drone", "drone", "person", "person"])
    cells = np.zeros((5, 11, 61), np.float32)
    certain = np.array([[1, 0], [1, 0], [0, 1], [1, 0], [0, 1]], np.float32)
    scores = radar_class.score(Chips(cells, truth, truth), certain, 5e-5, ("drone", "person"))
    assert scores.accuracy == pytest.approx(3 / 5)
    assert scores.drone_recall == pytest.approx(2 / 3)
    assert scores.drone_precision == pytest.approx(2 / 3)
    assert scores.us_per_chip == pytest.approx(10)
    assert scores.calibration_error == pytest.approx(2 / 5)  # wholly certain, 3 of 5 right
    assert scores.confusion == {"drone": {"drone": 2, "person": 1},
                                "person": {"drone": 1, "person": 1}}  # fmt: skip


def test_no_fold_learns_from_what_it_is_judged_by(chips: Chips) -> None:
    copied = Chips(
        np.concatenate([chips.power_db, chips.power_db[:10]]),
        np.concatenate([chips.truth, chips.truth[:10]]),
        np.concatenate([chips.recordings, np.repeat("Cars/copy", 10)]),
    )
    judged = np.zeros(len(copied), int)
    for held, others in radar_class.folds(copied, 1):
        judged += held
        assert not set(copied.recordings[held]) & set(copied.recordings[others])
        seen = {chip.tobytes() for chip in copied.power_db[others]}
        assert not any(chip.tobytes() in seen for chip in copied.power_db[held])
    assert (judged == 1).all()


def test_real_recordings_that_were_held_out(
    recordings: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """A tenth of the chips, two thirds of the recordings learned: nine of ten are right."""
    with np.load(recordings / REAL) as stored:
        arrays: dict[str, Any] = {name: stored[name][::10] for name in ("x", "cls", "rec")}
    where = np.array([f"{a}/{b}" for a, b in zip(arrays["cls"], arrays["rec"], strict=True)])
    number = np.unique(where, return_inverse=True)[1]
    for name, some in (("train", number % 3 > 0), ("test", number % 3 == 0)):
        np.savez(tmp_path / f"{name}.npz", **{key: array[some] for key, array in arrays.items()})
    model = tmp_path / "model.npz"
    words = tmp_path / "train.npz", tmp_path / "test.npz", "--json", "--model", model
    assert ran(monkeypatch, *words) == 0
    scores = json.loads(capsys.readouterr().out)
    assert {"accuracy", "drone_recall", "drone_precision", "us_per_chip"} <= set(scores)
    assert scores["accuracy"] > 0.85 and scores["drone_recall"] > 0.8
    assert scores["chips"] == int((number % 3 == 0).sum())
    assert set(read_model(model).classes) == {"drone", "person", "vehicle"}


SHORT = np.zeros((120, 11, 60), np.int16)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"x": SHORT}, r"x has the shape (120, 11, 60); wanted is (n, 11, 61)"),
        ({"x": np.zeros((120, 11, 61))}, "x holds float64; wanted are whole hundredths of a dB"),
        ({"x": np.full((120, 11, 61), "loud")}, "wanted are whole hundredths of a dB"),
        ({"x": np.zeros((0, 11, 61), np.int16), "cls": [], "rec": []}, "no chips in it"),
        ({"x": np.array([{}] * 120, object)}, "no .npz file of plain arrays"),
        ({"cls": ["Cars"]}, "cls is not one name for each of 120 chips"),
        ({"rec": ["a"]}, "rec is not one name for each of 120 chips"),
        ({"cls": ["Submarines"] * 120}, "cls says 'Submarines'; wanted are Cars, Drones, People"),
        ({"cls": ["Cars"] * 120}, "nothing but vehicle to learn from; give two classes"),
        ({"rec": ["a"] * 120}, "one recording of drone alone to learn from; give two classes"),
    ],
)  # fmt: skip
def test_a_hostile_file_is_one_clear_line(
    changed: dict[str, Any], told: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    file = saved(tmp_path, **changed)
    assert ran(monkeypatch, file, file, "--json") == 2
    out, line = capsys.readouterr()
    assert out == "" and line.count("\n") == 1 and told in line


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-300])


def _bent(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[200:260] = bytes(60)
    file.write_bytes(bytes(data))


def _removed(file: Path) -> None:
    file.unlink()


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _text(file: Path) -> None:
    file.write_text("x,cls,rec\n" * 99)


def _without(file: Path) -> None:
    np.savez(file, **{key: array for key, array in simulated().items() if key != "cls"})


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_removed, "no such file or directory"),
        (_empty, "no .npz file"),
        (_text, "no .npz file"),
        (_cut, "no .npz file"),
        (_bent, "no .npz file"),
        (_without, "no array cls; wanted are x, cls and rec"),
    ],
)  # fmt: skip
def test_what_is_no_file_of_chips_is_one_clear_line(
    spoil: Callable[[Path], None], told: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    file = saved(tmp_path)
    spoil(file)
    assert ran(monkeypatch, file) == 2
    line = capsys.readouterr().err
    assert line.count("\n") == 1 and told in line


def test_a_third_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = saved(tmp_path)
    assert ran(monkeypatch, file, file, file) == 2
    assert "one file more than TRAIN.npz and TEST.npz" in capsys.readouterr().err


def test_chips_are_no_model(tmp_path: Path) -> None:
    with pytest.raises(ChipFileError, match="no model of radar chips"):
        read_model(saved(tmp_path))


def test_without_the_library_the_extra_is_named(
    chips: Chips, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        return None

    monkeypatch.setattr(chip_training, "find_spec", missing)
    with pytest.raises(TrainingError, match=r"pip install 'havik\[training\]'"):
        train(chips)
