"""What waits for the broker: the newest state of each subject, and events in a bounded row.

While the broker is away states replace each other and detections go oldest first. Telling never
waits: the log and the broker are never in each other's way.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict

from .messages import AnyMessage
from .topics import Publication, publications

MOST_EVENTS = 2000
MOST_STATES = 5000

_KINDS = {"detections": "detection", "finds": "find", "replies": "reply"}


class Outbox:
    """What waits for the broker; never waits itself.

    Attributes
    ----------
    dropped : Counter
        What a full lane let go of, by kind.
    """

    def __init__(self) -> None:
        self.dropped: Counter[str] = Counter()
        self._events: OrderedDict[int, Publication] = OrderedDict()
        self._states: OrderedDict[str, tuple[Publication, ...]] = OrderedDict()
        self._retained: dict[str, Publication] = {}
        self._numbers = 0
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        """How many events, and topics with a new state, wait."""
        return len(self._events) + len(self._states)

    def tell(self, message: AnyMessage) -> None:
        """Hand over one message."""
        told = publications(message)
        if not told:
            return
        if told[-1].retain:
            self._tell_state(told)
        else:
            self._tell_event(told[0])
        self._filled.set()

    def again(self) -> None:
        """Tell every state that stands once more: the broker may have forgotten it."""
        for topic, publication in self._retained.items():
            self._states.setdefault(topic, (publication,))
        self._filled.set()

    @property
    def standing(self) -> set[str]:
        """The topics whose last payload is to be kept by the broker."""
        return set(self._retained)

    def put_back(self, publication: Publication) -> None:
        """Give back what the broker did not confirm; a newer state of the same topic stands."""
        topic = publication.topic
        if topic in self._retained:
            self._states.setdefault(topic, (self._retained[topic],))
            self._states.move_to_end(topic, last=False)
        elif topic in self._states or publication.retain:
            self._states[topic] = (publication, *self._states.get(topic, ()))
            self._states.move_to_end(topic, last=False)
        elif publication.qos:
            self._number(publication, first=True)
        else:
            self.dropped[_kind(publication)] += 1
        self._filled.set()

    async def next(self) -> Publication:
        """Wait for the next payload; states come before events, so that no flood hides an alarm."""
        (publication,) = await self.next_some(1)
        return publication

    async def next_some(self, most: int) -> list[Publication]:
        """Wait for the next payload; give it with those behind it, up to `most`."""
        while not self:
            self._filled.clear()
            await self._filled.wait()
        return [self._take() for _ in range(min(most, len(self)))]

    def _take(self) -> Publication:
        if not self._states:
            return self._events.popitem(last=False)[1]
        topic, (first, *rest) = self._states.popitem(last=False)
        if rest:
            self._states[topic] = tuple(rest)
            self._states.move_to_end(topic, last=False)
        return first

    def _tell_state(self, told: tuple[Publication, ...]) -> None:
        last = told[-1]
        if last.payload:
            self._retained[last.topic] = last
        else:
            self._retained.pop(last.topic, None)
        self._states[last.topic] = told  # in its place in the row, if an older one still waits
        if len(self._states) > MOST_STATES:
            oldest = next(iter(self._states))  # an incident is missed more than a track
            del self._states[next((one for one in self._states if "/tracks/" in one), oldest)]
            self.dropped["state"] += 1

    def _tell_event(self, publication: Publication) -> None:
        self._number(publication)
        if len(self._events) > MOST_EVENTS:
            oldest = next(iter(self._events))
            first = next((n for n, one in self._events.items() if one.qos == 0), oldest)
            self.dropped[_kind(self._events.pop(first))] += 1

    def _number(self, publication: Publication, *, first: bool = False) -> None:
        self._numbers += 1
        self._events[self._numbers] = publication
        if first:
            self._events.move_to_end(self._numbers, last=False)


def _kind(event: Publication) -> str:
    """What an event tells of, by the room of its topic."""
    return _KINDS[event.topic.split("/")[2]]
