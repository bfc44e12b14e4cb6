"""Radar chips and models of them as files: plain arrays in .npz, never pickled objects.

Chips as RAD-DAR's are kept: `x` int16, shape (n, 11, 61), hundredths of a dB; `cls` the class of
each; `rec` its recording within the class (a file that is only scored may be without).
"""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from ..signal.radar.chip_features import DOPPLERS, RANGES, Array
from ..signal.radar.target_class import ChipModel, TargetClass

MOST_BYTES = 1 << 30
"""Of the arrays of a file, unpacked."""

CLASS_OF: dict[str, TargetClass] = {
    "cars": "vehicle", "car": "vehicle", "vehicle": "vehicle",
    "drones": "drone", "drone": "drone",
    "people": "person", "person": "person",
    "birds": "bird", "bird": "bird",
}  # fmt: skip
"""By what `cls` says, in small letters."""


class ChipFileError(ValueError):
    """A file that cannot be used; the text says why and what is wanted."""


@dataclass(frozen=True, slots=True)
class Chips:
    """Chips of which the truth is known.

    Parameters
    ----------
    power_db : float32, shape (n, 11, 61)
    truth : str array, shape (n,)
        The class of each.
    recordings : str array, shape (n,)
        `class/recording` of each.
    """

    power_db: Array
    truth: NDArray[np.str_]
    recordings: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.power_db)

    def of(self, some: NDArray[np.bool_]) -> Chips:
        """Only some of them."""
        return Chips(self.power_db[some], self.truth[some], self.recordings[some])


def read_chips(file: Path) -> Chips:
    """Read chips from a file.

    Raises
    ------
    ChipFileError
        If it is no such file.
    """
    arrays = _arrays(file)
    missing = [name for name in ("x", "cls") if name not in arrays]
    if missing:
        raise ChipFileError(f"{file}: no array {missing[0]}; wanted are x, cls and rec")
    cells, names = arrays["x"], arrays["cls"]
    if cells.ndim != 3 or cells.shape[1:] != (RANGES, DOPPLERS):
        wanted = f"(n, {RANGES}, {DOPPLERS})"
        raise ChipFileError(f"{file}: x has the shape {cells.shape}; wanted is {wanted}")
    if cells.dtype.kind not in "iu":
        told = f"x holds {cells.dtype}; wanted are whole hundredths of a dB, as int16"
        raise ChipFileError(f"{file}: {told}")
    if not len(cells):
        raise ChipFileError(f"{file}: no chips in it; give one with at least one chip")
    recordings = arrays.get("rec", np.zeros(len(cells), "U1"))
    for name, array in (("cls", names), ("rec", recordings)):
        if array.shape != (len(cells),):
            raise ChipFileError(f"{file}: {name} is not one name for each of {len(cells)} chips")
    truth = [CLASS_OF.get(str(name).lower()) for name in names.tolist()]
    if None in truth:
        foreign = str(names[truth.index(None)])[:40]
        told = f"cls says {foreign!r}; wanted are Cars, Drones, People or Birds"
        raise ChipFileError(f"{file}: {told}")
    where = [f"{name}/{recording}" for name, recording in zip(names, recordings, strict=True)]
    power_db = cells.astype(np.float32) / np.float32(100)
    return Chips(power_db, np.array(truth, np.str_), np.array(where, np.str_))


def write_model(model: ChipModel, file: Path) -> None:
    """Write a model; `read_model` gives it back.

    Raises
    ------
    ChipFileError
        If it cannot be written.
    """
    parts = {field.name: np.asarray(getattr(model, field.name)) for field in fields(model)}
    try:
        with file.open("wb") as out:
            np.savez_compressed(out, allow_pickle=False, **cast("dict[str, Any]", parts))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ChipFileError(f"{file}: {reason}; name another file") from None


def read_model(file: Path) -> ChipModel:
    """Read what `write_model` wrote.

    Raises
    ------
    ChipFileError
        If it is no model.
    """
    parts: dict[str, Any] = dict(_arrays(file))
    try:
        parts["classes"] = tuple(map(str, parts["classes"].tolist()))
        parts["width"] = float(parts["width"])
        return ChipModel(**parts)
    except (KeyError, TypeError, ValueError) as error:
        raise ChipFileError(f"{file}: no model of radar chips: {error}") from None


def _arrays(file: Path) -> dict[str, NDArray[Any]]:
    try:
        with zipfile.ZipFile(file) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MOST_BYTES:
                raise ChipFileError(f"{file}: more than {MOST_BYTES >> 20} MiB of arrays")
        with np.load(file, allow_pickle=False) as stored:
            arrays: dict[str, Any] = {name: stored[name] for name in stored.files}
        if not all(isinstance(array, np.ndarray) for array in arrays.values()):
            raise ValueError("a member that is no array")
        return arrays
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ChipFileError(f"{file}: {reason}; give a .npz file of chips") from None
    except ChipFileError:
        raise
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, NotImplementedError,
            RuntimeError, MemoryError, KeyError, AttributeError):  # fmt: skip
        raise ChipFileError(
            f"{file}: no .npz file of plain arrays; wanted are x, cls and rec"
        ) from None
