"""Contraband finds: what somebody tells, checked and turned into the record; and back into words.

One line of a find on the command line is `CATEGORY[/SUB][:QUANTITY[UNIT]][:WEIGHTg[net]][#SEAL]`:

    phone                              one phone
    phone/mini:2                       two mini phones
    drugs/cannabis:1package:48.5g      one package, 48.5 g with its packaging
    drugs:3gnet#AA123456               3 g without packaging, sealed as AA123456

A weight without a word is gross, with the packaging: that is what a scale in a guard room shows.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from ..config.codes import Code, Language, codes
from ..config.settings import SiteSection
from .commands import RecordFind
from .errors import UsageError
from .messages import Find, FindItem, new_id

AHEAD_NS = 300_000_000_000
"""A find may lie so far in the future: clocks of desks and phones differ by minutes."""

MOST_ITEMS = 100
"""Lines of one find; a larger one is recorded as several."""

SHOWN = 40
"""So many characters of a wrong value are repeated in its refusal."""

PIECES = "pcs"
WEIGHT_UNITS = ("g", "gnet", "gr", "gram", "kg", "kilo", "mg")
GRAMMAR = "CATEGORY[/SUB][:QUANTITY[UNIT]][:WEIGHTg[net]][#SEAL]"

Record = TypeVar("Record", Find, FindItem)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CODE = re.compile(r"([a-z0-9_]+)(?:/([a-z0-9_]+))?")
_WEIGHT = re.compile(r"([0-9]+(?:\.[0-9]+)?)g(net)?")
_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]+)?)([a-z]{1,16})?")
_WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "nothing": "nothing found",
        "route": "assessed route",
        "net": "net",
        "gross_with_packaging": "gross",
        "seal": "seal",
    },
    "nl": {
        "nothing": "niets gevonden",
        "route": "vermoedelijke route",
        "net": "netto",
        "gross_with_packaging": "bruto",
        "seal": "zegel",
    },
}


def make_find(site: SiteSection, command: RecordFind, now_ns: int) -> Find:
    """Make the record that `command` asks for.

    Raises
    ------
    UsageError
        If something in it cannot be; one line that names the field and what would be right.
    """
    lists = codes()
    _known("place", command.place, lists.places)
    _known("method", command.method, lists.methods)
    if command.route is not None:
        _known("route", command.route, lists.routes)
    if command.negative_search and command.items:
        raise UsageError("items: a negative search found nothing; leave them out, or record a find")
    if not command.negative_search and not command.items:
        raise UsageError("items: say what was found, or record a negative search")
    if len(command.items) > MOST_ITEMS:
        raise UsageError(f"items: {len(command.items)} are too many; at most {MOST_ITEMS} a find")
    items = tuple(_checked(item, f"item {nth}") for nth, item in enumerate(command.items, 1))
    return _valid(
        Find(
            id=new_id(now_ns),
            site=site.name,
            time_ns=now_ns,
            mode=site.mode,
            find=new_id(now_ns),
            found_at_ns=_moment_ns(command.found_at, now_ns),
            place=command.place,
            method=command.method,
            place_ref=command.place_ref,
            route=command.route,
            incident=command.incident,
            negative_search=command.negative_search,
            items=items,
            finder_role=command.finder_role,
            note=command.note,
            proposal=command.proposal,
        )
    )


def parse_item(text: str) -> FindItem:
    """Read one line of a find, as this module's docstring describes it.

    Raises
    ------
    UsageError
        If `text` is not such a line, or its codes are not in the lists.
    """
    body, hash_sign, seal = text.partition("#")
    code, *parts = body.split(":")
    found = _CODE.fullmatch(code)
    if found is None or len(parts) > 2 or (hash_sign and not seal):
        raise UsageError(f"item {_shown(text)} is not of the form {GRAMMAR}, as phone/mini:2")
    weight = _WEIGHT.fullmatch(parts[-1]) if parts else None
    amounts = parts[:-1] if weight else parts
    if len(amounts) > 1:
        raise UsageError(f"item {_shown(text)}: the last part is no weight; write it as 48.5g")
    quantity = _QUANTITY.fullmatch(amounts[0]) if amounts else None
    if amounts and quantity is None:
        raise UsageError(
            f"item {_shown(text)}: {_shown(amounts[0])} is no quantity, as 2 or 1package, and no "
            "weight, as 48.5g; decimals have a point"
        )
    item = FindItem(
        category=found[1],
        sub=found[2],
        quantity=float(quantity[1]) if quantity else 1.0,
        unit=(quantity[2] if quantity else None) or PIECES,
        weight_g=float(weight[1]) if weight else None,
        weight_basis="net" if weight and weight[2] else None,
        seal=seal or None,
    )
    return _valid(_checked(item, f"item {_shown(text)}"))


def item_text(item: FindItem) -> str:
    """Write an item as `parse_item` reads it."""
    text = item.category if item.sub is None else f"{item.category}/{item.sub}"
    text += f":{plain(item.quantity)}{'' if item.unit == PIECES else item.unit}"
    if item.weight_g is not None:
        text += f":{plain(item.weight_g)}g{'net' if item.weight_basis == 'net' else ''}"
    return text if item.seal is None else f"{text}#{item.seal}"


def in_words(find: Find, language: Language = "en") -> str:
    """Tell a find to people in one line; a code that is in no list any more stands for itself."""
    words, lists = _WORDS[language], codes()
    what = ", ".join(_item_words(item, language) for item in find.items) or words["nothing"]
    place = _label(find.place, lists.places, language)
    where = place if find.place_ref is None else f"{place} {find.place_ref}"
    method = _label(find.method, lists.methods, language)
    line = f"{what}; {where}; {method}"
    if find.route is not None:
        line += f"; {words['route']}: {_label(find.route, lists.routes, language)}"
    return line


def _item_words(item: FindItem, language: Language) -> str:
    words = _WORDS[language]
    category = codes().categories.get(item.category)
    what = item.category if category is None else category.label(language)
    closer: list[str] = []
    if item.sub is not None:
        closer.append(_label(item.sub, {} if category is None else category.subs, language))
    if item.weight_g is not None:
        basis = words[item.weight_basis or "gross_with_packaging"]
        closer.append(f"{plain(item.weight_g)} g {basis}")
    if item.seal is not None:
        closer.append(f"{words['seal']} {item.seal}")
    counted = what if item.unit == PIECES else f"{item.unit} {what}"
    return f"{plain(item.quantity)} {counted}" + (f" ({', '.join(closer)})" if closer else "")


def _label(code: str, table: Mapping[str, Code], language: Language) -> str:
    return table[code].label(language) if code in table else code


def _known(field: str, code: str, table: Mapping[str, Code]) -> Code:
    if code in table:
        return table[code]
    raise UsageError(f"{field}: no code {_shown(code)}; {_nearest(code, table)}")


def _nearest(code: str, table: Iterable[str]) -> str:
    names = list(table)
    close = difflib.get_close_matches(code.lower()[:SHOWN], names, n=3, cutoff=0.6)
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"there are {', '.join(names)}" if names else "leave it out, there are none"


def _checked(item: FindItem, where: str) -> FindItem:
    """Check an item's codes and figures; a weight without a basis is gross."""
    category = _known(f"{where}, category", item.category, codes().categories)
    if item.sub is not None:
        _known(f"{where}, sub of {item.category}", item.sub, category.subs)
    if not (math.isfinite(item.quantity) and item.quantity > 0):
        raise UsageError(f"{where}, quantity: {item.quantity} is not above 0")
    if item.unit == PIECES and not float(item.quantity).is_integer():
        amount = plain(item.quantity)
        raise UsageError(
            f"{where}, quantity: {amount} is no number of pieces; a weight has its unit, as "
            f"{amount}g"
        )
    if item.unit in WEIGHT_UNITS:
        raise UsageError(f"{where}, unit: {item.unit} is a weight; give weight_g, in grams")
    if item.weight_g is None:
        if item.weight_basis is not None:
            raise UsageError(f"{where}, weight_basis: there is no weight_g; give it or leave both")
        return item
    if not (math.isfinite(item.weight_g) and item.weight_g > 0):
        raise UsageError(f"{where}, weight_g: {item.weight_g} is not above 0")
    return replace(item, weight_basis=item.weight_basis or "gross_with_packaging")


def _moment_ns(text: str | None, now_ns: int) -> int:
    """Nanoseconds since 1970 of an ISO 8601 moment."""
    if text is None:
        return now_ns
    found_ns = moment_ns("found_at", text)
    if found_ns > now_ns + AHEAD_NS:
        raise UsageError(
            f"found_at: {_shown(text)} lies in the future; check the date and the offset"
        )
    return found_ns


def moment_ns(field: str, text: str) -> int:
    """Nanoseconds since 1970 of an ISO 8601 moment that carries its offset.

    Raises
    ------
    UsageError
        If it is none; the line names the field.
    """
    form = "write it as 2026-11-05T23:58+01:00, with its offset from UTC"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{field}: {_shown(text)} is no moment; {form}") from None
    if moment.utcoffset() is None:
        raise UsageError(f"{field}: {_shown(text)} has no offset from UTC; {form}")
    since_ns = (moment - _EPOCH) // timedelta(microseconds=1) * 1000
    if since_ns < 0:
        raise UsageError(f"{field}: {_shown(text)} lies before 1970; {form}")
    return since_ns


def outcome_of(code: str) -> str:
    """Hold an incident's outcome to the code list.

    Raises
    ------
    UsageError
        If it is not in the list.
    """
    _known("outcome", code, codes().outcomes)
    return code


def _valid(record: Record) -> Record:
    """Hold a record to its type's own limits: lengths, and tokens that are no names."""
    try:
        return msgspec.convert(msgspec.to_builtins(record), type(record))
    except msgspec.ValidationError as error:
        what, _, at = str(error).partition(" - at ")
        if "regex" in what:
            what = "at most 64 letters, digits and . _ : - are allowed, never a name"
            what = "at most 16 small letters" if at.endswith(".unit`") else what
        raise UsageError(f"{at.strip('`$.') or 'item'}: {what[:1].lower()}{what[1:]}") from None


def _shown(text: str) -> str:
    """What somebody wrote, so that it stays on one line and short."""
    cut = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    return f"`{cut}`" if cut.isprintable() else f"`{cut!a}`"


def plain(number: float) -> str:
    """A number without an exponent that reads back as the same."""
    text = format(Decimal(repr(float(number))), "f")
    return text.removesuffix(".0")
