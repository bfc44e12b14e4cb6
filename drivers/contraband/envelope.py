"""The JSON object in which a sensor's event comes over MQTT, and what all of them refuse.

    {"schema": "gw.event/1", "adapter": "fence_zone/1", "sensor": "fence-2", "seq": 1234,
     "t_sensor": "2026-07-02T04:11:09Z", "mode": "live", "data": {...}}

The envelope is the project's own. `t_sensor`, `seq` and `mode` may be missing; members that are
not known are ignored. An event that comes again with the same `sensor` and `seq` is dropped.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec

from ..errors import FrameError
from ..readings import EventMode, Reading

MOST_BYTES = 1 << 14
MOST_REMEMBERED = 1000
"""Numbers of events, so that one delivered twice counts once."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST_NS = (1 << 63) - 1

Data = TypeVar("Data", bound=msgspec.Struct)
Said = TypeVar("Said", bound=Reading)
Zoned = Annotated[datetime, msgspec.Meta(tz=True)]
Identity = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$(?!\n)")]


class Envelope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What stands around each event."""

    schema: Literal["gw.event/1"]
    adapter: str
    sensor: Identity
    seq: Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)] | None = None
    t_sensor: Zoned | None = None
    mode: EventMode = "live"
    data: msgspec.Raw


_envelopes = msgspec.json.Decoder(Envelope)


class EnvelopeDecoder(Generic[Data, Said]):
    """One payload in, its reading out.

    Parameters
    ----------
    adapter : str
        Whose events these are.
    data : type
        What `data` must fit.
    reading : callable
        Makes a reading of it, given the time (UTC, ns) and the mode. It may raise `FrameError`.
    """

    def __init__(
        self, adapter: str, data: type[Data], reading: Callable[[Data, int, EventMode], Said]
    ) -> None:
        self.refused: Counter[str] = Counter()
        self._adapter = adapter
        self._data = msgspec.json.Decoder(data)
        self._reading = reading
        self._seen: OrderedDict[tuple[str, int], None] = OrderedDict()

    def feed(self, data: bytes, time_ns: int) -> Iterator[Said]:
        """Give the reading in one payload, received at `time_ns` (UTC)."""
        try:
            yield self._read(data, time_ns)
        except FrameError as error:
            self.refused[error.reason] += 1

    def close(self) -> Iterator[Said]:
        """Give nothing: every payload was whole."""
        return iter(())

    def _read(self, data: bytes, time_ns: int) -> Said:
        if len(data) > MOST_BYTES:
            raise FrameError("payload too large")
        envelope = read_json(_envelopes, data)
        if envelope.adapter != self._adapter:
            raise FrameError("event of another adapter")
        inner = read_json(self._data, bytes(envelope.data))
        known_ns = None if envelope.t_sensor is None else to_ns(envelope.t_sensor)
        said = self._reading(inner, time_ns if known_ns is None else known_ns, envelope.mode)
        if envelope.seq is not None:
            self._once((envelope.sensor, envelope.seq))
        return said

    def _once(self, number: tuple[str, int]) -> None:
        if number in self._seen:
            raise FrameError("event that was there before")
        self._seen[number] = None
        if len(self._seen) > MOST_REMEMBERED:
            self._seen.popitem(last=False)


def read_json(decoder: msgspec.json.Decoder[Data], text: bytes) -> Data:
    """Read one object.

    Raises
    ------
    FrameError
        If it is not JSON, or does not fit.
    """
    try:
        return decoder.decode(text)
    except (msgspec.ValidationError, RecursionError):
        raise FrameError("object of another kind") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise FrameError("not JSON") from None


def wrap(
    adapter: str, data: msgspec.Struct, time_ns: int, seq: int, mode: EventMode, sensor: str
) -> bytes:
    """Write one payload; the time to the microsecond."""
    envelope = Envelope(
        schema="gw.event/1",
        adapter=adapter,
        sensor=sensor,
        seq=seq,
        t_sensor=EPOCH + timedelta(microseconds=time_ns // 1000),
        mode=mode,
        data=msgspec.Raw(msgspec.json.encode(data)),
    )
    return msgspec.json.encode(envelope)


def to_ns(moment: datetime) -> int | None:
    """UTC nanoseconds of a time with an offset; None where it is before 1970 or after 2262."""
    elapsed_ns = (moment - EPOCH) // timedelta(microseconds=1) * 1000
    return elapsed_ns if 0 <= elapsed_ns <= LATEST_NS else None


def members(value: Any) -> Iterator[tuple[str | None, Any]]:
    """Give every member and element of a decoded object, however deep, with its name."""
    waiting: list[tuple[str | None, Any]] = [(None, value)]
    while waiting:
        name, one = waiting.pop()
        yield name, one
        if isinstance(one, dict):
            waiting += one.items()  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType] - any JSON
        elif isinstance(one, list):
            waiting += ((None, inner) for inner in one)  # pyright: ignore[reportUnknownVariableType] - any JSON
