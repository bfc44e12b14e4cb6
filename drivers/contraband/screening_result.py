"""What an instrument at the gate decided: X-ray, body scanner, trace, Raman or Fourier, dog.

Over MQTT as JSON, or as the table that an instrument exports. `data` of the envelope (envelope.py);
the form is the project's own, its threat classes after the idea of DICOS' threat report:

    device        xray_baggage, xray_body, body_scanner, trace, raman, dog
    decision      clear, suspect, alarm, inconclusive, refused
    threat_class  list of drugs, phone, weapon, tool, explosive, tobacco, cash, other, unknown
    substances    list of {"name", "cas", "level"}       presumptive    true or false
    operator_ref, consumable_lot  opaque tokens          last_verification  time of the daily check
    image_ref     {"sha256", "uid", "held_in"}: where the image stays

A table begins with the line `time,device,decision` and, as wanted, `threat_class,substance,cas,
level,operator_ref,image_sha256,image_uid,held_in,consumable_lot,last_verification`; times are
ISO 8601 with offset; several threat classes of a row are parted by `;`.

Never an image: a payload with anything like one (a member or column so named, text long enough to
hold one, a list of numbers) is refused as a whole. A positive result is a presumption.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any

import msgspec

from ..driver import Driver
from ..errors import FrameError
from ..readings import (
    Decision,
    EventMode,
    ImageReference,
    Instrument,
    ScreeningResult,
    Substance,
    ThreatClass,
)
from .envelope import EPOCH, EnvelopeDecoder, Zoned, members, to_ns, wrap

ADAPTER = "screening_result/1"
MOST_TABLE_BYTES = 1 << 22
MOST_TEXT = 200
"""No member of a result is longer; the smallest image is."""

MOST_ELEMENTS = 32
TABLE_TOP = b"time,device,decision"
LIKE_AN_IMAGE = "anything like an image"

_IMAGE_COLUMNS = {"image_sha256": "sha256", "image_uid": "uid", "held_in": "held_in"}
_SUBSTANCE_COLUMNS = {"substance": "name", "cas": "cas", "level": "level"}
_REFERENCES = {"image_ref", "image_sha256", "image_uid"}
_COLUMNS = {
    *("time", "device", "decision", "threat_class", "operator_ref"),
    *("consumable_lot", "last_verification"),
    *_IMAGE_COLUMNS,
    *_SUBSTANCE_COLUMNS,
}
_IMAGE = re.compile(
    r"image|img|picture|photo|pixel|bitmap|thumb|dicom|dicos|jpe?g|png|tiff?|raster|frame|scan_?data",
    re.IGNORECASE,
)
_ENCODED = re.compile(r"data:|iVBORw0|/9j/|R0lGOD|Qk[01]|SUkqA|TU0AK|\x89PNG")

Token = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._:-]{1,64}$(?!\n)")]


class _Result(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    device: Instrument
    decision: Decision
    threat_class: Annotated[tuple[ThreatClass, ...], msgspec.Meta(max_length=16)] = ()
    substances: Annotated[tuple[Substance, ...], msgspec.Meta(max_length=16)] = ()
    presumptive: bool = True
    operator_ref: Token | None = None
    image_ref: ImageReference | None = None
    consumable_lot: Token | None = None
    last_verification: Zoned | None = None


class _Row(_Result, frozen=True, kw_only=True):
    time: Zoned


def _reading(result: _Result, time_ns: int, mode: EventMode) -> ScreeningResult:
    verified = result.last_verification
    if not all(math.isfinite(one.level) for one in result.substances if one.level is not None):
        raise FrameError("not a number")
    return ScreeningResult(
        time_ns=time_ns,
        device=result.device,
        decision=result.decision,
        threat_classes=result.threat_class,
        substances=result.substances,
        presumptive=result.presumptive,
        operator_ref=result.operator_ref,
        image=result.image_ref,
        consumable_lot=result.consumable_lot,
        last_verification_ns=None if verified is None else to_ns(verified),
        mode=mode,
    )


class Decoder(EnvelopeDecoder[_Result, ScreeningResult]):
    """One payload, or one table, in; results out."""

    def __init__(self) -> None:
        super().__init__(ADAPTER, _Result, _reading)

    def feed(self, data: bytes, time_ns: int) -> Iterator[ScreeningResult]:
        """Give the results in one payload, received at `time_ns` (UTC)."""
        if data.startswith((TABLE_TOP, b"\xef\xbb\xbf" + TABLE_TOP)):
            yield from self._table(data)
            return
        for result in super().feed(data, time_ns):
            if _holds_image(data):
                self.refused[LIKE_AN_IMAGE] += 1
                return
            yield result

    def _table(self, data: bytes) -> Iterator[ScreeningResult]:
        if len(data) > MOST_TABLE_BYTES:
            self.refused["table too long: cut it in parts"] += 1
            return
        lines = csv.reader(data.decode("utf-8-sig", "replace").splitlines())
        columns = [name.strip() for name in next(lines)]
        if any(_IMAGE.search(name) and name not in _REFERENCES for name in columns):
            self.refused[LIKE_AN_IMAGE] += 1
            return
        if not _COLUMNS.issuperset(columns) or len(set(columns)) < len(columns):
            self.refused["table with a column that is not known"] += 1
            return
        while True:
            try:
                cells = next(lines, None)
                if cells is None:
                    return
                if cells:
                    yield _result_in(columns, cells)
            except csv.Error:
                self.refused["row that cannot be read"] += 1
            except FrameError as error:
                self.refused[error.reason] += 1


def _result_in(columns: list[str], cells: list[str]) -> ScreeningResult:
    if len(cells) != len(columns):
        raise FrameError("row of another length")
    if any(len(cell) > MOST_TEXT or _ENCODED.match(cell) for cell in cells):
        raise FrameError(LIKE_AN_IMAGE)
    named = {name: cell.strip() for name, cell in zip(columns, cells, strict=True) if cell.strip()}
    image = _moved(named, _IMAGE_COLUMNS)
    substance = _moved(named, _SUBSTANCE_COLUMNS)
    classes = named.pop("threat_class", "")
    row: dict[str, Any] = {
        **named,
        "threat_class": [one.strip() for one in classes.split(";") if one.strip()],
        "substances": [substance] if substance else [],
        "image_ref": image or None,
    }
    try:
        result = msgspec.convert(row, _Row, strict=False)
    except msgspec.ValidationError:
        raise FrameError("row that cannot be read") from None
    time_ns = to_ns(result.time)
    if time_ns is None:
        raise FrameError("row that cannot be read")
    return _reading(result, time_ns, "live")


def _moved(named: dict[str, str], columns: dict[str, str]) -> dict[str, str]:
    """Take some columns' cells out of a row, under the names of a part of the result."""
    return {key: named.pop(column) for column, key in columns.items() if column in named}


def _holds_image(payload: bytes) -> bool:
    """Whether anything in a payload could be an image; of what is no JSON nobody can tell."""
    try:
        value: Any = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return True
    for name, one in members(value):
        if name is not None and name not in _REFERENCES and _IMAGE.search(name):
            return True
        if isinstance(one, str) and (len(one) > MOST_TEXT or _ENCODED.match(one)):
            return True
        if isinstance(one, list) and len(one) > MOST_ELEMENTS:  # pyright: ignore[reportUnknownArgumentType] - any JSON
            return True
    return False


DRIVER = Driver(
    name="screening-result",
    wire="mqtt",
    reads="decisions of X-ray, body scanner, trace, Raman and dogs; a reference, never an image",
    documents=("JSON and CSV of the project's own; NEMA IIC (DICOS) for the idea of the report",),
    decoder=Decoder,
)


def encode(result: ScreeningResult, seq: int, sensor: str = "screening") -> bytes:
    """Write one payload; the inverse of decoding, its times to the microsecond."""
    verified_ns = result.last_verification_ns
    data = _Result(
        device=result.device,
        decision=result.decision,
        threat_class=result.threat_classes,
        substances=result.substances,
        presumptive=result.presumptive,
        operator_ref=result.operator_ref,
        image_ref=result.image,
        consumable_lot=result.consumable_lot,
        last_verification=None
        if verified_ns is None
        else EPOCH + timedelta(microseconds=verified_ns // 1000),
    )
    return wrap(ADAPTER, data, result.time_ns, seq, result.mode, sensor)
