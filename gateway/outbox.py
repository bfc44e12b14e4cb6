"""What waits for the broker: the newest state of each subject, and events in a bounded row.

While the broker is away states replace each other and detections go oldest first. Telling never
waits: the log and the broker are never in each other's way. What rests on claims alone has a row of
its own, behind the rest: no flood of them holds up what was measured.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict

from .messages import AnyMessage, Detection, Track
from .topics import Publication, publications

MOST_EVENTS = 2000
MOST_STATES = 5000
"""Of each row."""

_KINDS = {
    "custody": "custody",
    "detections": "detection",
    "finds": "find",
    "flights": "noted flight",
    "proposals": "proposal",
    "replies": "reply",
}


class Outbox:
    """What waits for the broker; never waits itself.

    Attributes
    ----------
    dropped : Counter
        What a full lane let go of, by kind.
    """

    def __init__(self) -> None:
        self.dropped: Counter[str] = Counter()
        self._measured, self._claimed = _Row(self.dropped), _Row(self.dropped)
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        """How many events, and topics with a new state, wait."""
        return len(self._measured) + len(self._claimed)

    def tell(self, message: AnyMessage) -> None:
        """Hand over one message."""
        told = publications(message)
        if not told:
            return
        row, other = self._measured, self._claimed
        if _is_claim(message):
            row, other = other, row
        if told[-1].retain:
            other.forget(told[-1].topic)  # a claim that was measured, or is no more
            row.tell_state(told)
        else:
            row.tell_event(told[0])
        self._filled.set()

    def again(self) -> None:
        """Tell every state that stands once more: the broker may have forgotten it."""
        self._measured.again()
        self._claimed.again()
        self._filled.set()

    @property
    def standing(self) -> set[str]:
        """The topics whose last payload is to be kept by the broker."""
        return self._measured.standing | self._claimed.standing

    def put_back(self, publication: Publication) -> None:
        """Give back what the broker did not confirm; a newer state of the same topic stands."""
        claimed = self._claimed.knows(publication.topic)
        (self._claimed if claimed else self._measured).put_back(publication)
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
        return (self._measured if self._measured else self._claimed).take()


class _Row:
    """States, then events, in their order."""

    def __init__(self, dropped: Counter[str]) -> None:
        self._dropped = dropped
        self._events: OrderedDict[int, Publication] = OrderedDict()
        self._states: OrderedDict[str, tuple[Publication, ...]] = OrderedDict()
        self._retained: dict[str, Publication] = {}
        self._numbers = 0

    def __len__(self) -> int:
        return len(self._events) + len(self._states)

    @property
    def standing(self) -> set[str]:
        return set(self._retained)

    def knows(self, topic: str) -> bool:
        return topic in self._retained or topic in self._states

    def forget(self, topic: str) -> None:
        self._retained.pop(topic, None)
        self._states.pop(topic, None)

    def again(self) -> None:
        for topic, publication in self._retained.items():
            self._states.setdefault(topic, (publication,))

    def put_back(self, publication: Publication) -> None:
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
            self._dropped[_kind(publication)] += 1

    def take(self) -> Publication:
        if not self._states:
            return self._events.popitem(last=False)[1]
        topic, (first, *rest) = self._states.popitem(last=False)
        if rest:
            self._states[topic] = tuple(rest)
            self._states.move_to_end(topic, last=False)
        return first

    def tell_state(self, told: tuple[Publication, ...]) -> None:
        last = told[-1]
        if last.payload:
            self._retained[last.topic] = last
        else:
            self._retained.pop(last.topic, None)
        self._states[last.topic] = told  # in its place in the row, if an older one still waits
        if len(self._states) > MOST_STATES:
            oldest = next(iter(self._states))  # an incident is missed more than a track
            del self._states[next((one for one in self._states if "/tracks/" in one), oldest)]
            self._dropped["state"] += 1

    def tell_event(self, publication: Publication) -> None:
        self._number(publication)
        if len(self._events) > MOST_EVENTS:
            oldest = next(iter(self._events))
            first = next((n for n, one in self._events.items() if one.qos == 0), oldest)
            self._dropped[_kind(self._events.pop(first))] += 1

    def _number(self, publication: Publication, *, first: bool = False) -> None:
        self._numbers += 1
        self._events[self._numbers] = publication
        if first:
            self._events.move_to_end(self._numbers, last=False)


def _is_claim(message: AnyMessage) -> bool:
    """Whether a message rests on what somebody claimed alone."""
    match message:
        case Detection(kind=kind):
            return kind == "remote-id"
        case Track(basis=basis):
            return basis == "claimed"
        case _:
            return False


def _kind(event: Publication) -> str:
    """What an event tells of, by the room of its topic."""
    return _KINDS[event.topic.split("/")[2]]
