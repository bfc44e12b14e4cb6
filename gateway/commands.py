"""What a console may ask over MQTT: `havik/<site>/commands/<name>`, one JSON object.

The answer comes on `havik/<site>/replies/<command id>`, after the record is durable.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from .errors import UsageError
from .messages import FindItem, Reference

Text = Annotated[str, msgspec.Meta(max_length=200)]
Identifier = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{1,64}$(?!\n)")]


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all commands share; `id` is the console's own and comes back in the reply."""

    id: Identifier


class Acknowledge(Command, frozen=True, kw_only=True):
    """A person has seen the alarm."""

    incident: Identifier
    by: Reference


class Note(Command, frozen=True, kw_only=True):
    """A remark on an incident."""

    incident: Identifier
    by: Reference
    text: Text


class Dispatch(Command, frozen=True, kw_only=True):
    """A unit is sent; `unit` is an opaque reference."""

    incident: Identifier
    unit: Reference
    by: Reference
    zone: Identifier | None = None


class Suspect(Command, frozen=True, kw_only=True):
    """A person suspects a drop in a zone: it is on hold until it is searched."""

    incident: Identifier
    zone: Identifier
    by: Reference


class OpenSearch(Command, frozen=True, kw_only=True):
    """The search of a zone begins, with its checklist."""

    incident: Identifier
    zone: Identifier
    by: Reference
    unit: Reference | None = None


class Check(Command, frozen=True, kw_only=True):
    """Items of a search's checklist were looked at."""

    incident: Identifier
    zone: Identifier
    items: Annotated[tuple[Identifier, ...], msgspec.Meta(min_length=1, max_length=50)]
    by: Reference


class CloseSearch(Command, frozen=True, kw_only=True):
    """The search of a zone is over: its list is done and its result is recorded."""

    incident: Identifier
    zone: Identifier
    by: Reference


class Link(Command, frozen=True, kw_only=True):
    """A recorded find is of that flight; the incident may be closed."""

    find: Identifier
    incident: Identifier
    by: Reference


class Shelve(Command, frozen=True, kw_only=True):
    """Silence an alarm source until a moment, ISO 8601 with its offset."""

    source: Identifier
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    until: str
    by: Reference


class Unshelve(Command, frozen=True, kw_only=True):
    """Let a shelved alarm source speak again."""

    source: Identifier
    by: Reference


class Release(Command, frozen=True, kw_only=True):
    """Lift the hold of a zone that has been searched; `by` is the role where none is given."""

    incident: Identifier
    zone: Identifier
    by: Reference
    role: Reference | None = None


class Close(Command, frozen=True, kw_only=True):
    """End an incident with its outcome, a code."""

    incident: Identifier
    by: Reference
    outcome: str
    text: Text | None = None


class RecordFind(Command, frozen=True, kw_only=True):
    """Record a find, or a search that found nothing; `found_at` is ISO 8601 with its offset."""

    place: str
    method: str
    found_at: str | None = None
    place_ref: Reference | None = None
    route: str | None = None
    incident: Identifier | None = None
    negative_search: bool = False
    items: tuple[FindItem, ...] = ()
    finder_role: Reference | None = None
    note: Text | None = None
    proposal: Identifier | None = None


class CorrectFind(Command, frozen=True, kw_only=True):
    """Record the next version of a find: what is told replaces, what is not told stays.

    `clear` names what the find said and should not say at all. Of which flight it is, is told by
    `link` alone.
    """

    find: Identifier
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    by: Reference
    place: str | None = None
    method: str | None = None
    found_at: str | None = None
    place_ref: Reference | None = None
    route: str | None = None
    negative_search: bool | None = None
    items: tuple[FindItem, ...] | None = None
    finder_role: Reference | None = None
    note: Text | None = None
    clear: tuple[Literal["place_ref", "route", "finder_role", "note"], ...] = ()


class HandOver(Command, frozen=True, kw_only=True):
    """Record that what was found went from one to another; both sign for it.

    `item` is a line of the find, all of it otherwise; `handed_at` is ISO 8601 with its offset, now
    otherwise; `reason` tells why the seal is another one, or broken.
    """

    find: Identifier
    giver: Reference
    receiver: Reference
    item: Annotated[int, msgspec.Meta(ge=1)] | None = None
    handed_at: str | None = None
    place_ref: Reference | None = None
    seal: Reference | None = None
    seal_intact: bool = True
    condition: Text | None = None
    reason: Text | None = None
    photo_sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")] | None = None


AnyCommand = (
    Acknowledge
    | Note
    | Dispatch
    | Suspect
    | OpenSearch
    | Check
    | CloseSearch
    | Release
    | Close
    | RecordFind
    | CorrectFind
    | HandOver
    | Link
    | Shelve
    | Unshelve
)

COMMANDS: dict[str, type[AnyCommand]] = {
    "acknowledge": Acknowledge,
    "note": Note,
    "dispatch": Dispatch,
    "suspect": Suspect,
    "search": OpenSearch,
    "check": Check,
    "search-done": CloseSearch,
    "release": Release,
    "close": Close,
    "find": RecordFind,
    "correct": CorrectFind,
    "handover": HandOver,
    "link": Link,
    "shelve": Shelve,
    "unshelve": Unshelve,
}


def read(name: str, payload: bytes) -> AnyCommand:
    """Read the command `name` from its payload.

    Raises
    ------
    UsageError
        If there is no such command, or the payload is not one.
    """
    if name not in COMMANDS:
        raise UsageError(f"no command `{name}`; there are {', '.join(COMMANDS)}")
    try:
        return msgspec.json.decode(payload, type=COMMANDS[name])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"not a `{name}` command: {_in_words(error)}") from None


def _in_words(error: Exception) -> str:
    """Say what is wrong for a person, the field first: no pattern, and a weight by its unit."""
    what, _, at = str(error).partition(" - at `$.")
    field = at.rstrip("`")
    if field.endswith("photo_sha256"):
        what = "64 digits and letters a to f are a SHA-256"
    elif "regex" in what:
        what = "at most 64 letters, digits and . _ : - are allowed, never a name"
        what = "at most 16 small letters" if field.endswith(".unit") else what
    elif "unknown field `weight`" in what:
        what = "a weight has a unit; give weight_g, in grams"
    elif "> 0.0" in what:
        what = "it is not above 0"
    elif "length <= 200" in what:
        what = "at most 200 characters are allowed"
    return f"{field}: {what[:1].lower()}{what[1:]}" if field else what


class _OnlyId(msgspec.Struct):
    id: Identifier


def command_id(payload: bytes) -> str | None:
    """The id of a command that may be malformed otherwise, so that its refusal finds its way."""
    try:
        return msgspec.json.decode(payload, type=_OnlyId).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
